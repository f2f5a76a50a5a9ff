# SPDX-License-Identifier: Apache-2.0
"""Measure edited motions."""

import numpy as np

from inpose_core.arrays import FloatArray
from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import LEG_CHAINS, SENSOR_JOINTS, TOE_JOINTS
from inpose_core.editing.meeting import planted_feet


def jitter(motion: Motion, frames: slice = slice(None)) -> float:
    """Return the root of the mean squared acceleration of all joints in m/s^2."""
    acceleration = np.diff(motion.joint_positions_m, 2, axis=0) * motion.fps**2
    return float(np.sqrt((acceleration[frames] ** 2).sum(axis=-1).mean()))


def acceleration_of_joints(motion: Motion) -> FloatArray:
    """Return the root of the mean squared acceleration of each joint in m/s^2, (22,)."""
    acceleration = np.diff(motion.joint_positions_m, 2, axis=0) * motion.fps**2
    return np.asarray(np.sqrt((acceleration**2).sum(axis=-1).mean(axis=0)))


def moved_m(before: Motion, after: Motion, joints: tuple[int, ...]) -> FloatArray:
    """Return how far joints are from where they were, (F, joints)."""
    away_m = after.joint_positions_m[:, list(joints)] - before.joint_positions_m[:, list(joints)]
    return np.asarray(np.linalg.norm(away_m, axis=-1))


def head_and_hands_off_m(before: Motion, after: Motion) -> float:
    return float(moved_m(before, after, SENSOR_JOINTS).max())


def hands_off_m(before: Motion, after: Motion) -> float:
    return float(moved_m(before, after, SENSOR_JOINTS[1:]).max())


def planted_toes_off_m(before: Motion, after: Motion) -> float:
    return float(moved_m(before, after, TOE_JOINTS)[planted_feet(before)].max())


def knee_bends_deg(motion: Motion) -> FloatArray:
    """Return how far the knees are bent, (F, 2)."""
    positions_m = motion.joint_positions_m
    bends = []
    for hip, knee, ankle in LEG_CHAINS:
        upper, lower = positions_m[:, knee] - positions_m[:, hip], positions_m[:, ankle] - positions_m[:, knee]
        cosine = (upper * lower).sum(-1) / np.linalg.norm(upper, axis=-1) / np.linalg.norm(lower, axis=-1)
        bends.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return np.stack(bends, axis=1)
