# SPDX-License-Identifier: Apache-2.0
"""Bend two-bone limbs so that their ends reach their targets: two-bone inverse kinematics in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, multiply_quaternions, normalize_quaternion, rotate_vector
from ..body.skeleton import JOINT_INDEX

_STRAIGHT_SINE: Final[float] = 0.05
"""If the sine of the bend is smaller than this, the plane of the limb is uncertain, and its natural axis is mixed
in."""


@dataclass(frozen=True)
class Limb:
    """Name the joints of a limb, and the axis of its upper bone about which it bends naturally."""

    start: str
    middle: str
    end: str
    bend_axis: tuple[float, float, float]
    """In the core frame of a T-pose: knees bend back about +X, elbows forward about -Y (left) and +Y (right)."""


ARMS: Final[tuple[Limb, Limb]] = (
    Limb("left_shoulder", "left_elbow", "left_wrist", (0.0, -1.0, 0.0)),
    Limb("right_shoulder", "right_elbow", "right_wrist", (0.0, 1.0, 0.0)),
)
LEGS: Final[tuple[Limb, Limb]] = (
    Limb("left_hip", "left_knee", "left_ankle", (1.0, 0.0, 0.0)),
    Limb("right_hip", "right_knee", "right_ankle", (1.0, 0.0, 0.0)),
)


def bend_limb(
    motion: Motion, limb: Limb, positions_m: FloatArray, targets_m: FloatArray, stretch: float | FloatArray = 1.0
) -> Motion:
    """Return the motion with the end of a limb at its targets (F, 3), or as close as the stretched limb reaches.

    The limb bends or straightens in its own plane. Then the whole limb rotates by the smallest rotation. The hand or
    foot at its end keeps its rotation in the world.

    Args:
        motion: the motion to change.
        limb: which limb.
        positions_m: joint positions of the motion, (F, 22, 3).
        targets_m: where the end joint should be.
        stretch: a limb that is shorter than this share of its full length may be straightened up to this share; one
            number, or (F,) of them.
    """
    start, middle, end = (JOINT_INDEX[name] for name in (limb.start, limb.middle, limb.end))
    upper_m, lower_m = (float(np.linalg.norm(motion.skeleton.offsets_m[joint])) for joint in (middle, end))
    rotations = motion.rotations_wxyz.copy()
    upper = positions_m[:, middle] - positions_m[:, start]
    lower = positions_m[:, end] - positions_m[:, middle]
    wanted = targets_m - positions_m[:, start]
    present_m = np.linalg.norm(positions_m[:, end] - positions_m[:, start], axis=-1)
    longest_m = np.clip(present_m, stretch * (upper_m + lower_m), upper_m + lower_m)
    wanted_m = np.clip(np.linalg.norm(wanted, axis=-1), abs(upper_m - lower_m), longest_m)

    cross = np.cross(upper, lower) / (upper_m * lower_m)
    sine = np.linalg.norm(cross, axis=-1, keepdims=True)
    natural = rotate_vector(rotations[:, start], np.array(limb.bend_axis))
    # An axis that leans along the limb would bend it by less than the angle asks for.
    along = upper / upper_m + lower / lower_m
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-12)
    natural = natural - (natural * along).sum(-1, keepdims=True) * along
    axis = cross + natural * np.maximum(_STRAIGHT_SINE - sine, 0.0)
    axis /= np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-12)
    bend = np.arctan2((np.cross(upper, lower) * axis).sum(-1), (upper * lower).sum(-1))
    cosine = (wanted_m**2 - upper_m**2 - lower_m**2) / (2 * upper_m * lower_m)
    opening = _turn_about(axis, np.arccos(np.clip(cosine, -1.0, 1.0)) - bend)
    opened = upper + rotate_vector(opening, lower)
    swing = _smallest_turn(opened, wanted)
    rotations[:, start] = multiply_quaternions(swing, rotations[:, start])
    rotations[:, middle] = multiply_quaternions(swing, multiply_quaternions(opening, rotations[:, middle]))
    return replace(motion, rotations_wxyz=continuous_signs(rotations))


def _turn_about(axis: FloatArray, angle: FloatArray) -> FloatArray:
    """Return the quaternion (F, 4) of a turn about unit axes (F, 3) by angles (F,) in radians."""
    half = angle[:, None] / 2
    return np.concatenate((np.cos(half), np.sin(half) * axis), axis=-1)


def _smallest_turn(source: FloatArray, target: FloatArray) -> FloatArray:
    """Return the smallest turns (F, 4) of directions onto directions, (F, 3) each."""
    a = source / np.maximum(np.linalg.norm(source, axis=-1, keepdims=True), 1e-12)
    b = target / np.maximum(np.linalg.norm(target, axis=-1, keepdims=True), 1e-12)
    return normalize_quaternion(np.concatenate((1 + (a * b).sum(-1, keepdims=True), np.cross(a, b)), axis=-1))
