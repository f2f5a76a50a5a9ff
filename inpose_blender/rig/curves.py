# SPDX-License-Identifier: GPL-3.0-or-later
"""Know which property has a bone's rotation, and what the keys of an F-curve say without its modifiers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core import FloatArray


def rotation_property(mode: str) -> str:
    """Return the name of the property for rotations in the rotation mode of a bone or an object."""
    return {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(mode, "rotation_euler")


def values_of_keys(curve: Any, frames: Iterable[float]) -> FloatArray:
    """Return the values of an F-curve at frames, (F,), without its modifiers.

    Modifiers stay on the curve. New keys with these values let it go as before; the modifiers would count twice in
    values with them.
    """
    on = [modifier for modifier in curve.modifiers if not modifier.mute]
    for modifier in on:
        modifier.mute = True
    try:
        return np.array([curve.evaluate(frame) for frame in frames])
    finally:
        for modifier in on:
            modifier.mute = False
