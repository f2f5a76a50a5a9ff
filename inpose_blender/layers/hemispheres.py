# SPDX-License-Identifier: GPL-3.0-or-later
"""Write rotations so that Blender blends a strip with what plays below along the short way. No bpy here.

Blender blends the numbers of a channel. A quaternion and its negative are one rotation, and so are Euler angles that
differ by whole turns; but halfway between the two is another rotation.
"""

from __future__ import annotations

import numpy as np

from ..core import FloatArray


def nearest_to(channel: str, values: FloatArray, at: int, below: FloatArray) -> FloatArray:
    """Return the same rotations, (F, components), written so that one of them is nearest to the one below it.

    Args:
        channel: name of the property.
        values: rotations, continuous in time.
        at: index of the frame in the middle of the blend.
        below: (components,) what plays there below.
    """
    if channel == "rotation_quaternion":
        return -values if values[at] @ below < 0 else values
    if channel == "rotation_euler":
        return values + 2 * np.pi * np.round((below - values[at]) / (2 * np.pi))
    return values
