# SPDX-License-Identifier: Apache-2.0
"""Tell in which frames an elbow or a wrist is bent further than people can."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray
from ...body.motion import Motion
from ...body.quaternions import quaternion_to_matrix
from ...body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS
from ...body.wrists import beyond_anatomy_deg, wrist_turns

ELBOW_RANGE_DEG: Final[tuple[float, float]] = (-10.0, 150.0)
"""Bent backwards and bent (American Academy of Orthopaedic Surgeons: 0 to 150; many people overstretch by 10)."""
TOLERANCE_DEG: Final[float] = 10.0
"""Beyond the wrist's ranges, because the axes of captured forearms and hands are not exact."""
_MIRROR: Final[FloatArray] = np.diag([-1.0, 1.0, 1.0])


def elbows_beyond(motion: Motion) -> BoolArray:
    """Return whether the left and the right elbow are bent beyond `ELBOW_RANGE_DEG`, (F, 2)."""
    flexion_deg = np.stack([_flexion_deg(R) for R in _turns(motion, SHOULDER_JOINTS, ELBOW_JOINTS)], axis=1)
    return np.asarray((flexion_deg < ELBOW_RANGE_DEG[0]) | (flexion_deg > ELBOW_RANGE_DEG[1]))


def wrists_beyond(motion: Motion) -> BoolArray:
    """Return whether the left and the right wrist bend or turn beyond the ranges of `wrist_anatomy`, (F, 2)."""
    turns = [wrist_turns(R) for R in _turns(motion, ELBOW_JOINTS, WRIST_JOINTS)]
    return np.stack([(beyond_anatomy_deg(turn) > TOLERANCE_DEG).any(axis=-1) for turn in turns], axis=1)


def _turns(motion: Motion, parents: tuple[int, int], joints: tuple[int, int]) -> list[FloatArray]:
    """Return the rotations of joints against their parents, (F, 3, 3), as those of left arms."""
    result = []
    for side, (parent, joint) in enumerate(zip(parents, joints, strict=True)):
        R_parent = quaternion_to_matrix(motion.rotations_wxyz[:, parent])
        R = np.swapaxes(R_parent, -1, -2) @ quaternion_to_matrix(motion.rotations_wxyz[:, joint])
        result.append(_MIRROR @ R @ _MIRROR if side else R)
    return result


def _flexion_deg(R_upper_forearm: FloatArray) -> FloatArray:
    """Return the angle between upper arm and forearm, (F,), negative if the forearm bends backwards."""
    forearm = R_upper_forearm[:, :, 0]
    angle_deg = np.degrees(np.arccos(np.clip(forearm[:, 0], -1.0, 1.0)))
    sideways = np.abs(forearm[:, 1]) > np.abs(forearm[:, 2])
    return np.where((forearm[:, 2] < 0) & ~sideways, -angle_deg, angle_deg)
