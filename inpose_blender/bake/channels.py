# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold animated properties of an armature object, and express rotations in the mode of their bone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np
from mathutils import Euler, Quaternion
from numpy.typing import NDArray

from ..core import FloatArray

AT_REST: Final[Mapping[str, tuple[float, ...]]] = {
    "location": (0.0, 0.0, 0.0),
    "scale": (1.0, 1.0, 1.0),
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
    "rotation_euler": (0.0, 0.0, 0.0),
}
"""What a bone's properties are while it rests."""


@dataclass(frozen=True)
class Channel:
    """Hold one animated property: ``values`` is (F, components), or (1, components) for a constant."""

    data_path: str
    group: str
    values: FloatArray
    kept: NDArray[np.int64] | None = None
    """Which of the frames get a key; None: all that there are values for."""
    slopes: FloatArray | None = None
    """(K, components) change per frame at the keys, for a smooth curve; None: straight lines."""
    held: bool = False
    """Each key holds its value up to the next one."""


def channel_path(bone_name: str, channel: str) -> str:
    """Return the path of a bone's property, from the armature object."""
    return f'pose.bones["{bpy.utils.escape_identifier(bone_name)}"].{channel}'


def rotation_channel(name: str, mode: str, basis: FloatArray) -> Channel:
    """Express a rotation (F, 4) in the bone's own rotation mode; a channel of another mode would move nothing."""
    if mode == "QUATERNION":
        return Channel(channel_path(name, "rotation_quaternion"), name, basis)
    if mode == "AXIS_ANGLE":
        sine = np.linalg.norm(basis[:, 1:], axis=1, keepdims=True)
        angle = 2 * np.arctan2(sine, basis[:, :1])
        axis = np.where(sine > 1e-9, basis[:, 1:] / np.maximum(sine, 1e-9), np.array([0.0, 1.0, 0.0]))
        return Channel(channel_path(name, "rotation_axis_angle"), name, np.hstack((angle, axis)))
    previous = Euler((0.0, 0.0, 0.0), mode)
    eulers = np.empty((len(basis), 3))
    for frame, quaternion in enumerate(basis.tolist()):
        previous = Quaternion(quaternion).to_euler(mode, previous)
        eulers[frame] = previous
    return Channel(channel_path(name, "rotation_euler"), name, eulers)
