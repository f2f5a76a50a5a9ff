# SPDX-License-Identifier: Apache-2.0
"""Swivel elbows about the line from shoulder to wrist where a wrist would bend further than wrists can.

Shoulder and hand stay where they are, so nothing that is measured changes. The prior estimates the elbow from where
head and hands are; what the hand's rotation rules out, it does not always see.

The settings were chosen on real recordings (A-Frame, IWER, Beat Saber), where the true elbows are unknown, and the
errors of the test people's elbows were seen before. Wrists that stay within their ranges cost accuracy where captured
hands are turned further: the mean error of the elbows grows from 6.2 to 6.8 cm on UI-PRMD 910 and from 3.4 to 3.5 on
908; on CMU it stays the same. (A squared cost of the wrist has 10.4 cm on 910.)
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.quaternions import (
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
    rotvec_to_quaternion,
)
from ..body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS, Skeleton
from ..body.wrists import RANGES_DEG, wrist_turns
from ..numerics.filters import gaussian_filter
from ..recording.types import Sensors
from .gaps import fading

_SWIVELS_DEG: Final[FloatArray] = np.arange(-60.0, 61.0, 5.0)
_MARGIN_DEG: Final[float] = 3.0
"""So far within its range a wrist is brought, because smoothing takes some of it back."""
_BEYOND_DEVIATION_DEG: Final[float] = 1.0
_SWIVEL_DEVIATION_DEG: Final[float] = 12.0
"""A larger swivel is less probable. With this value, the mean error of captured people's elbows changes by less than a
millimetre, if their own wrists stay within the range."""
_NOT_THE_ELBOW_DEG: Final[float] = 5.0
"""A wrist that stays further beyond its range than this, whatever the elbow does, counts little more (Geman-McClure):
then the device is held or worn in another way than InPose thinks, and the elbow is not at fault."""
_SMOOTHING_FRAMES: Final[float] = 3.0
_MIRROR: Final[FloatArray] = np.diag((-1.0, 1.0, 1.0))


def swivel_solved_elbows(rotations_wxyz: FloatArray, skeleton: Skeleton, sensors: Sensors) -> FloatArray:
    """Return global rotations (F, 22, 4) of a solution with swivelled arms.

    Only a hand whose rotation is measured tells how its wrist bends. An arm keeps its elbow where elbow or upper arm
    are measured, and for a moment before and after.

    Args:
        rotations_wxyz: (F, 22, 4).
        skeleton: the body that was solved.
        sensors: what was measured of it.
    """
    turned = sensors.rotation_known
    anything = sensors.measured | turned
    hands = np.stack([_any_of(turned, sensors.joints, wrist) for wrist in WRIST_JOINTS], axis=1)
    held = [
        _any_of(anything, sensors.joints, elbow) | _any_of(turned, sensors.joints, shoulder)
        for elbow, shoulder in zip(ELBOW_JOINTS, SHOULDER_JOINTS, strict=True)
    ]
    return swivel_elbows(rotations_wxyz, skeleton, hands, 1 - fading(np.stack(held, axis=1)))


def swivel_elbows(
    rotations_wxyz: FloatArray, skeleton: Skeleton, measured: BoolArray, share: FloatArray | None = None
) -> FloatArray:
    """Return global rotations (F, 22, 4) with swivelled arms.

    Args:
        rotations_wxyz: (F, 22, 4).
        skeleton: the body that was solved.
        measured: (F, 2) whether the rotations of the left and the right hand are measured.
        share: (F, 2) how much of its swivel each elbow takes, 0 to 1; None: all of it.
    """
    swivelled = np.array(rotations_wxyz)
    for side in (0, 1):
        shoulder, elbow, wrist = SHOULDER_JOINTS[side], ELBOW_JOINTS[side], WRIST_JOINTS[side]
        upper_m = rotate_vector(rotations_wxyz[:, shoulder], skeleton.offsets_m[elbow])
        to_wrist_m = upper_m + rotate_vector(rotations_wxyz[:, elbow], skeleton.offsets_m[wrist])
        axis = to_wrist_m / np.maximum(np.linalg.norm(to_wrist_m, axis=1, keepdims=True), 1e-9)
        R = quaternion_to_matrix(rotations_wxyz[:, [elbow, wrist]])
        bent = measured[:, side] & (_beyond_deg(R[:, 0], R[:, 1], side).max(axis=1) > 0.0)
        if not bent.any():
            continue
        swivel_deg = np.zeros(len(R))
        swivel_deg[bent] = _likeliest_deg(R[bent, 0], R[bent, 1], axis[bent], side)
        smooth_rad = np.radians(gaussian_filter(swivel_deg[:, None], _SMOOTHING_FRAMES))
        if share is not None:
            smooth_rad = smooth_rad * share[:, side, None]
        turn = rotvec_to_quaternion(axis * smooth_rad)
        for joint in (shoulder, elbow):
            swivelled[:, joint] = multiply_quaternions(turn, rotations_wxyz[:, joint])
    return swivelled


def _any_of(flags: BoolArray, joints: tuple[int, ...], joint: int) -> BoolArray:
    """Return where any of a joint's points, of flags (F, P), is set, (F,)."""
    any_set: BoolArray = flags[:, np.asarray(joints) == joint].any(axis=1)
    return any_set


def _likeliest_deg(R_forearm: FloatArray, R_wrist: FloatArray, axis: FloatArray, side: int) -> FloatArray:
    """Return the most probable swivel of each frame, (N,): little, and the wrist within its range."""
    costs = []
    for swivel_deg in _SWIVELS_DEG:
        turned = quaternion_to_matrix(rotvec_to_quaternion(axis * np.radians(swivel_deg))) @ R_forearm
        beyond2 = (_beyond_deg(turned, R_wrist, side, _MARGIN_DEG) / _BEYOND_DEVIATION_DEG) ** 2
        beyond2 = beyond2 / (1 + beyond2 * (_BEYOND_DEVIATION_DEG / _NOT_THE_ELBOW_DEG) ** 2)
        costs.append(beyond2.sum(axis=1) + (swivel_deg / _SWIVEL_DEVIATION_DEG) ** 2)
    return np.asarray(_SWIVELS_DEG[np.argmin(costs, axis=0)])


def _beyond_deg(R_forearm: FloatArray, R_wrist: FloatArray, side: int, margin_deg: float = 0.0) -> FloatArray:
    """Return by how much each turn of the wrist is beyond its range, (N, 3)."""
    R = np.swapaxes(R_forearm, -1, -2) @ R_wrist
    turns = np.stack(wrist_turns(_MIRROR @ R @ _MIRROR if side else R), axis=-1)
    low, high = RANGES_DEG[:, 0] + margin_deg, RANGES_DEG[:, 1] - margin_deg
    return np.asarray(np.maximum(np.maximum(low - turns, turns - high), 0.0))
