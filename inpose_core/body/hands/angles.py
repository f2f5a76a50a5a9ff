# SPDX-License-Identifier: Apache-2.0
"""Convert finger rotations to curl, spread and twist and back, and keep them within what fingers can do."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray
from ..quaternions import (
    conjugate_quaternion,
    matrix_to_quaternion,
    multiply_quaternions,
    quaternion_to_matrix,
)
from .joints import LEFT_AXES, MIRROR, PHALANX_COUNT

_TO_AXES: Final[FloatArray] = np.repeat(matrix_to_quaternion(LEFT_AXES), PHALANX_COUNT, axis=0)
"""(15, 4) from along, out of the nail and across to the T-pose."""

_FINGER_LIMITS_DEG: Final = (
    ((-25.0, 95.0), (-30.0, 30.0), (-25.0, 25.0)),
    ((-5.0, 115.0), (-10.0, 10.0), (-10.0, 10.0)),
    ((-5.0, 90.0), (-10.0, 10.0), (-10.0, 10.0)),
)
_THUMB_LIMITS_DEG: Final = (
    ((-30.0, 70.0), (-60.0, 30.0), (-45.0, 45.0)),
    ((-15.0, 70.0), (-15.0, 15.0), (-20.0, 20.0)),
    ((-15.0, 90.0), (-8.0, 8.0), (-12.0, 12.0)),
)
LIMITS_RAD: Final[FloatArray] = np.radians(np.array((_THUMB_LIMITS_DEG, *(_FINGER_LIMITS_DEG,) * 4)).reshape(15, 3, 2))
"""(15, 3, 2) lowest and highest curl, spread and twist of each joint: what hands can do without force."""


def rotations_of_angles(angles_rad: FloatArray) -> FloatArray:
    """Return the local rotations (..., 2, 15, 4) of curl, spread and twist (..., 2, 15, 3) of both hands."""
    half = 0.5 * np.asarray(angles_rad, dtype=np.float64)
    zero = np.zeros(half.shape[:-1])
    curl = np.stack((np.cos(half[..., 0]), zero, zero, -np.sin(half[..., 0])), axis=-1)
    spread = np.stack((np.cos(half[..., 1]), zero, np.sin(half[..., 1]), zero), axis=-1)
    twist = np.stack((np.cos(half[..., 2]), np.sin(half[..., 2]), zero, zero), axis=-1)
    own = multiply_quaternions(curl, multiply_quaternions(spread, twist))
    left = multiply_quaternions(_TO_AXES, multiply_quaternions(own, conjugate_quaternion(_TO_AXES)))
    left[..., 1, :, :] *= MIRROR
    return left


def angles_of_rotations(wxyz: FloatArray) -> FloatArray:
    """Return curl, spread and twist (..., 2, 15, 3) of local rotations (..., 2, 15, 4) of both hands."""
    left = np.array(wxyz, dtype=np.float64)
    left[..., 1, :, :] *= MIRROR
    own = multiply_quaternions(conjugate_quaternion(_TO_AXES), multiply_quaternions(left, _TO_AXES))
    R = quaternion_to_matrix(own)
    curl = -np.arctan2(R[..., 1, 0], R[..., 0, 0])
    spread = np.arcsin(np.clip(-R[..., 2, 0], -1.0, 1.0))
    twist = np.arctan2(R[..., 2, 1], R[..., 2, 2])
    return np.stack((curl, spread, twist), axis=-1)


def within_limits(wxyz: FloatArray) -> FloatArray:
    """Return local rotations (..., 2, 15, 4) whose angles are within `LIMITS_RAD`."""
    angles = angles_of_rotations(wxyz)
    # A joint that is bent far beyond its limit reads as bent backwards by the rest of the turn.
    beyond = angles[..., 0] < LIMITS_RAD[:, 0, 0] - np.pi / 2
    angles[..., 0] = np.where(beyond, angles[..., 0] + 2 * np.pi, angles[..., 0])
    return rotations_of_angles(np.clip(angles, LIMITS_RAD[..., 0], LIMITS_RAD[..., 1]))


def global_rotations(local_wxyz: FloatArray) -> FloatArray:
    """Return each joint's rotation relative to the hand, (..., 15, 4), from those relative to the joint before."""
    result = np.array(local_wxyz, dtype=np.float64).reshape(*local_wxyz.shape[:-2], -1, PHALANX_COUNT, 4)
    for number in range(1, PHALANX_COUNT):
        result[..., number, :] = multiply_quaternions(result[..., number - 1, :], result[..., number, :])
    return result.reshape(local_wxyz.shape)


def local_rotations(global_wxyz: FloatArray) -> FloatArray:
    """Return the inverse of `global_rotations`."""
    result = np.array(global_wxyz, dtype=np.float64).reshape(*global_wxyz.shape[:-2], -1, PHALANX_COUNT, 4)
    above = result[..., :-1, :].copy()
    result[..., 1:, :] = multiply_quaternions(conjugate_quaternion(above), result[..., 1:, :])
    return result.reshape(global_wxyz.shape)
