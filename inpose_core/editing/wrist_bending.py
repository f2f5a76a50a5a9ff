# SPDX-License-Identifier: Apache-2.0
"""Bring wrists that bend further than wrists can back into their range.

The forearm is asked first: the elbow swivels about the line from shoulder to wrist, so that the hand keeps its place
and its rotation. What is then still beyond the range, the hand itself turns back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.motion import Motion
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    multiply_quaternions,
    quaternion_to_matrix,
)
from ..body.skeleton import ELBOW_JOINTS, WRIST_JOINTS
from ..body.wrists import RANGES_DEG, WristTurns, beyond_anatomy_deg, rotation_of_turns, wrist_turns
from ..numerics.filters import gaussian_filter
from ..sampling.elbow_swivel import swivel_elbows
from .meeting import mixed

_SMOOTHING_S: Final[float] = 0.05
_MIRRORED: Final[FloatArray] = np.array((1.0, 1.0, -1.0, -1.0))
"""Turns a quaternion of a right wrist into that of a left one, and back."""
_ROLL: Final[int] = 2
_NOTHING_DEG: Final[float] = 1e-3


def unbend_wrists(motion: Motion, share: FloatArray, amount: float) -> Motion:
    """Return the motion with wrists within their range; the wrists stay in place.

    Args:
        motion: the motion.
        share: (F,) influence of the edit.
        amount: how much of what is beyond the range is removed, 0 to 1.
    """
    every = np.ones((len(motion), 2), np.bool_)
    rotations = swivel_elbows(motion.rotations_wxyz, motion.skeleton, every)
    for side in (0, 1):
        rotations[:, WRIST_JOINTS[side]] = _within_range(rotations, side, motion.fps)
    return mixed(motion, replace(motion, rotations_wxyz=continuous_signs(rotations)), amount * share)


def beyond_anatomy(motion: Motion) -> BoolArray:
    """Return when the left and the right wrist bend further than wrists can, (F, 2)."""
    turns = (wrist_turns(quaternion_to_matrix(_against_forearm(motion.rotations_wxyz, side))) for side in (0, 1))
    return np.stack([beyond_anatomy_deg(of_side).max(axis=-1) > _NOTHING_DEG for of_side in turns], axis=1)


def _against_forearm(rotations_wxyz: FloatArray, side: int) -> FloatArray:
    """Return the rotation of a wrist against its forearm as that of a left one, (F, 4)."""
    forearm, hand = rotations_wxyz[:, ELBOW_JOINTS[side]], rotations_wxyz[:, WRIST_JOINTS[side]]
    local = multiply_quaternions(conjugate_quaternion(forearm), hand)
    return local * _MIRRORED if side else local


def _within_range(rotations_wxyz: FloatArray, side: int, fps: float) -> FloatArray:
    """Return the rotations of one hand, (F, 4), as near as the range of its wrist lets them."""
    local = _against_forearm(rotations_wxyz, side)
    turns = np.stack(wrist_turns(quaternion_to_matrix(local)), axis=-1)
    # A hand that rolls over the back of the range must not come in again at the other end.
    roll_deg = np.degrees(np.unwrap(np.radians(turns[:, _ROLL])))
    turns[:, _ROLL] = roll_deg - 360.0 * np.round(np.median(roll_deg) / 360.0)
    low, high = RANGES_DEG[:, 0], RANGES_DEG[:, 1]
    back = gaussian_filter(np.clip(turns, low, high) - turns, _SMOOTHING_S * fps, "nearest")
    bent = rotation_of_turns(WristTurns(*np.clip(turns + back, low, high).T))
    return multiply_quaternions(rotations_wxyz[:, ELBOW_JOINTS[side]], bent * _MIRRORED if side else bent)
