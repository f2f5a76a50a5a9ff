# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a change of a rotation channel's components into a small turn, for each rotation mode of Blender."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core import FloatArray, conjugate_quaternion, multiply_quaternions, rotvec_to_quaternion

_STEP: Final[float] = 1e-5


def turn_axes(values: FloatArray, mode: str) -> FloatArray:
    """Return the turn per unit of each component, (F, 3, C) in radians, in the frame in which the channel turns.

    Args:
        values: (F, C) the channel.
        mode: the bone's rotation mode: ``QUATERNION``, ``AXIS_ANGLE`` or an order of Euler angles, as ``XYZ``.
    """
    here = channel_rotation(values, mode)
    back = conjugate_quaternion(here)
    columns = []
    for component in range(values.shape[1]):
        moved = values.copy()
        moved[:, component] += _STEP
        turn = multiply_quaternions(channel_rotation(moved, mode), back)
        columns.append(2 * np.where(turn[:, :1] < 0, -1.0, 1.0) * turn[:, 1:] / _STEP)
    return np.stack(columns, axis=-1)


def channel_rotation(values: FloatArray, mode: str) -> FloatArray:
    """Return the rotations (F, 4) of a channel (F, C), as Blender evaluates it: quaternions are normalised."""
    if mode == "QUATERNION":
        length = np.linalg.norm(values, axis=1, keepdims=True)
        return np.where(length > 0, values / np.maximum(length, 1e-12), np.array([1.0, 0.0, 0.0, 0.0]))
    if mode == "AXIS_ANGLE":
        axis = values[:, 1:]
        length = np.linalg.norm(axis, axis=1, keepdims=True)
        axis = np.where(length > 0, axis / np.maximum(length, 1e-12), np.array([0.0, 1.0, 0.0]))
        return np.asarray(rotvec_to_quaternion(values[:, :1] * axis))
    result = np.tile((1.0, 0.0, 0.0, 0.0), (len(values), 1))
    for letter in mode:  # the first letter's turn comes first
        place = "XYZ".index(letter)
        vector = np.zeros((len(values), 3))
        vector[:, place] = values[:, place]
        result = multiply_quaternions(rotvec_to_quaternion(vector), result)
    return result
