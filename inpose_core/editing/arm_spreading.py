# SPDX-License-Identifier: Apache-2.0
"""Move arms that go into the body out to its skin, and no further.

Two things change per arm and frame. The elbow swivels about the line from shoulder to wrist: this costs nearly nothing,
because the hand stays. The wrist moves: this costs much, and is limited. First the elbow looks for the side of the body
on which it fits (`elbow_search`). Then, in a few rounds, the points of the arm that are inside ask to go out, and one
linear system answers them in all frames at once, smoothly in time (`smooth_change`). Frames that are far in time from
any point inside stay exactly as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray, lengths
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, multiply_quaternions, rotvec_to_quaternion
from ..body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS
from ..numerics.filters import upper_envelope
from .arm_contacts import resting_hands
from .arm_points import ArmPoints, arm_places_m, points_of_arm
from .body_shape import BodyShape
from .body_surface import PosedSurface, posed_surface
from .elbow_search import searched_swivels_rad
from .meeting import mixed, with_wrists_at
from .smooth_change import Wishes, smooth_change

_ROUNDS: Final[int] = 6
_SMOOTH_S: Final[float] = 0.15
_AROUND_S: Final[float] = 0.5
"""An arm begins to move at most so long before it is inside, and is back at most so long after."""
_OFF_M: Final[float] = 0.003
_SWIVEL_RAD: Final[float] = 1.0
_SHIFT_M: Final[float] = 0.02
"""A point that stays inside by the first costs as much as an elbow that swivels by the second, or a wrist that moves by
the third."""
_MOST_SWIVEL_RAD: Final[float] = np.radians(100.0)
_FARTHEST_M: Final[float] = 0.05
_SHALLOW_M: Final[float] = 0.025
"""A wrist moves no further than the first; if its hand is deeper in the body than the second, further by the rest."""
_SHARPNESS: Final[int] = 6
"""A change meets its limit without a corner, the closer the larger this is."""
_STEP_RAD: Final[float] = np.radians(15.0)
_STEP_M: Final[float] = 0.04
"""So far the linear system is to be trusted in one round."""
_NEAR_M: Final[float] = 0.08
"""Points that are further from the body do not get into it when the arm goes out elsewhere."""
_LOOKS: Final[int] = 3
"""In every third frame, the nearest point of the body is looked for everywhere."""
_NOTHING_M: Final[float] = 0.0005


def spread_arms(motion: Motion, share: FloatArray, distance_m: float, shape: BodyShape) -> Motion:
    """Return the motion with arms and hands outside of the body.

    Args:
        motion: the motion.
        share: (F,) influence of the edit; frames without any are not looked at.
        distance_m: what the arms keep from the skin; hands that rest at it keep nothing.
        shape: the skin of the character.
    """
    frames = np.flatnonzero(share > 0)
    if not len(frames):
        return motion
    span = slice(int(frames[0]), int(frames[-1]) + 1)
    part = motion.part(span)
    surface = posed_surface(shape.surface, part)
    for side in (0, 1):
        part = _spread(part, side, distance_m, shape, surface)
    rotations = motion.rotations_wxyz.copy()
    rotations[span] = part.rotations_wxyz
    return mixed(motion, replace(motion, rotations_wxyz=continuous_signs(rotations)), share)


def arm_depths_m(motion: Motion, shape: BodyShape) -> FloatArray:
    """Return how deep the left and the right arm are in the body, (F, 2); 0 where they are outside."""
    surface, every = posed_surface(shape.surface, motion), np.arange(len(motion))
    arms = (_first_look(motion, side, shape, surface, every)[0] for side in (0, 1))
    return np.stack([arm.depth_m.max(axis=1).clip(min=0) for arm in arms], axis=1)


def _spread(motion: Motion, side: int, distance_m: float, shape: BodyShape, surface: PosedSurface) -> Motion:
    """Return the motion with one arm outside of the body."""
    arm, _ = _first_look(motion, side, shape, surface, np.arange(len(motion)))
    keeps_m = np.full(len(motion), distance_m)
    if distance_m > 0:
        keeps_m[resting_hands(motion, side, shape, surface)] = 0.0
    inside = (arm.missing_m(keeps_m) > _NOTHING_M).any(axis=1)
    if not inside.any():
        return motion
    around = round(_AROUND_S * motion.fps)
    frames, fixed = _frames_around(inside, around)
    most_m = _FARTHEST_M + upper_envelope((arm.hand_depth_m - _SHALLOW_M).clip(min=0), around)[frames]
    part, keeps_m = motion.part(frames), keeps_m[frames]
    change = np.zeros((len(frames), 4))
    change[:, 0] = searched_swivels_rad(part, side, shape, surface, frames, fixed, distance_m)
    arm, skin = _first_look(_moved(part, side, change), side, shape, surface, frames)
    near = arm.depth_m > -_NEAR_M
    stiffness = np.array((_SWIVEL_RAD, _SHIFT_M, _SHIFT_M, _SHIFT_M)) ** -2.0
    for _ in range(_ROUNDS):
        missing_m = arm.missing_m(keeps_m)
        wishes = Wishes(arm.ways, missing_m, (missing_m > 0) / _OFF_M**2)
        step = smooth_change(wishes, change, stiffness, _SMOOTH_S * motion.fps, fixed) - change
        step[:, 0] = step[:, 0].clip(-_STEP_RAD, _STEP_RAD)
        step[:, 1:] /= np.maximum(lengths(step[:, 1:]) / _STEP_M, 1.0)[:, None]
        change = _limited(change + step, most_m)
        moved = _moved(part, side, change)
        # An arm that is too short for its shift has gone less far.
        wrist = WRIST_JOINTS[side]
        change[:, 1:] = moved.joint_positions_m[:, wrist] - part.joint_positions_m[:, wrist]
        arm = points_of_arm(moved, side, shape, surface, frames, skin, near)
    rotations = motion.rotations_wxyz.copy()
    rotations[frames] = moved.rotations_wxyz
    return replace(motion, rotations_wxyz=continuous_signs(rotations))


def _first_look(
    motion: Motion, side: int, shape: BodyShape, surface: PosedSurface, frames: IndexArray
) -> tuple[ArmPoints, IndexArray]:
    """Return all points of an arm, and the point of the body that is nearest to each, (K, P)."""
    # In between, a point is near the same skin, and finds its nearest point from there.
    _, first, group = np.unique(frames // _LOOKS, return_index=True, return_inverse=True)
    skin = surface.nearest(arm_places_m(motion.part(first), side, shape), frames[first])[group]
    return points_of_arm(motion, side, shape, surface, frames, skin, np.ones(skin.shape, np.bool_)), skin


def _frames_around(inside: BoolArray, around: int) -> tuple[IndexArray, BoolArray]:
    """Return the frames around those that are inside, (K,), and which of them must not change, (K,): the outer two at
    each end, so that what changes leaves the motion without a jump."""
    away = np.arange(len(inside))
    marks = np.flatnonzero(inside)
    after = np.searchsorted(marks, away)
    to_next = np.where(after < len(marks), marks[np.minimum(after, len(marks) - 1)] - away, len(inside))
    to_last = np.where(after > 0, away - marks[np.maximum(after - 1, 0)], len(inside))
    distance = np.minimum(to_next, to_last)
    frames = np.flatnonzero(distance <= around + 2)
    return frames, distance[frames] > around


def _limited(change: FloatArray, most_m: FloatArray) -> FloatArray:
    """Return a change (K, 4) whose swivel and whose shift, at most (K,), are limited."""
    by = np.stack((np.abs(change[:, 0]) / _MOST_SWIVEL_RAD, lengths(change[:, 1:]) / most_m), axis=1)
    limits = (1.0 + by**_SHARPNESS) ** (-1 / _SHARPNESS)
    return np.asarray(change * limits[:, [0, 1, 1, 1]])


def _moved(motion: Motion, side: int, change: FloatArray) -> Motion:
    """Return the motion with one elbow swivelled and its wrist shifted, (F, 4)."""
    wrists_m = motion.joint_positions_m[:, list(WRIST_JOINTS)]
    wrists_m[:, side] += change[:, 1:]
    moved = with_wrists_at(motion, wrists_m, motion)
    positions_m = moved.joint_positions_m
    axis = positions_m[:, WRIST_JOINTS[side]] - positions_m[:, SHOULDER_JOINTS[side]]
    axis /= np.maximum(lengths(axis)[:, None], 1e-9)
    turn = rotvec_to_quaternion(axis * change[:, :1])
    rotations = moved.rotations_wxyz.copy()
    for joint in (SHOULDER_JOINTS[side], ELBOW_JOINTS[side]):
        rotations[:, joint] = multiply_quaternions(turn, rotations[:, joint])
    return replace(moved, rotations_wxyz=continuous_signs(rotations))
