# SPDX-License-Identifier: GPL-3.0-or-later
"""Write rotations so that Blender blends a strip with what plays below along the short way. No bpy here.

Blender blends the numbers of a channel. A quaternion and its negative are one rotation, and so are Euler angles that
differ by whole turns; but halfway between the two is another rotation.
"""

from __future__ import annotations

import numpy as np

from ..core import FloatArray


def nearest_to(channel: str, value: FloatArray, below: FloatArray) -> tuple[float, FloatArray]:
    """Return the factor and the summand, (components,), that write a rotation so that it is nearest to another one.

    All values of the channel take the same two, so that they stay the same rotations and continuous in time. Slopes of
    its curves take the factor only.

    Args:
        channel: name of the property.
        value: (components,) the rotation in the middle of the blend.
        below: (components,) what plays there below.
    """
    nothing = np.zeros_like(value)
    if channel == "rotation_quaternion":
        return (-1.0 if value @ below < 0 else 1.0), nothing
    if channel == "rotation_euler":
        return 1.0, 2 * np.pi * np.round((below - value) / (2 * np.pi))
    return 1.0, nothing
