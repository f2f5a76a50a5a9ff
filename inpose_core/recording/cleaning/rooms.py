# SPDX-License-Identifier: Apache-2.0
"""Join rooms: all devices jump at once when a room is recentred, a floor is lost, or a game moves the player.

A jump turns the room about the vertical and shifts it, sideways or in height. The motion itself goes on, so the take is
moved into one room. The right room is the one in which the performer holds a T-pose, else the one with the most
time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray, IndexArray, lengths, runs
from ...body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)
from .defects import Poses

_FASTEST_HEAD_M_S: Final[float] = 6.0
_FASTEST_TURN_RAD_S: Final[float] = np.radians(1500.0)
_STEP_M: Final[float] = 0.12
_TURN_RAD: Final[float] = np.radians(8.0)
_LEFT_OVER_M: Final[float] = 0.06
_LEFT_OVER_RAD: Final[float] = np.radians(10.0)
_FLOOR_STEP_M: Final[float] = 0.05
"""Smallest step of all devices up or down within a frame, beyond their motion in the frames beside it."""
_HARDEST_LANDING_M_S2: Final[float] = 50.0
_EQUAL_M: Final[float] = 0.012
_EQUAL: Final[float] = 0.1
_SIDEWAYS: Final[float] = 0.25
"""A jump whose sideways part is less than this share of its height is one of the floor."""
_LONGEST_FRAME_S: Final[float] = 0.1

_WIDE: Final[float] = 0.93
_LEVEL_M: Final[float] = 0.25
_BELOW_HEAD_M: Final[tuple[float, float]] = (-0.05, 0.45)
_STILL_M_S: Final[float] = 0.35
_T_POSE_S: Final[float] = 0.2
_WIDEST_LEAST_M: Final[float] = 1.0


class RoomJump(NamedTuple):
    """Hold a jump of all devices: the pose afterwards is the pose before, turned and then shifted."""

    frame: int
    """The first frame afterwards."""
    yaw_wxyz: FloatArray
    shift_m: FloatArray
    of_floor: bool
    """Only the height jumps."""


def find_room_jumps(times_s: FloatArray, poses: Poses) -> list[RoomJump]:
    """Return the frames at which all devices jump as one, in order."""
    positions_m, rotations_wxyz, measured = poses
    frames = np.flatnonzero(measured[:, 0] & measured[:, 1:].any(axis=1))
    if len(frames) < 2:
        return []
    before, after = frames[:-1], frames[1:]
    turns = multiply_quaternions(rotations_wxyz[after, 0], conjugate_quaternion(rotations_wxyz[before, 0]))
    yaw = normalize_quaternion(turns * (1.0, 0.0, 1.0, 0.0))
    changes = (positions_m[after, 0] != positions_m[before, 0]).any(axis=-1)
    changes |= (rotations_wxyz[after, 0] != rotations_wxyz[before, 0]).any(axis=-1)
    between_s = np.maximum(np.diff(times_s[frames]), _usual_s(times_s[after[changes]]))
    step_m = lengths(positions_m[after, 0] - positions_m[before, 0])
    angle = geodesic_angle(yaw, (1.0, 0.0, 0.0, 0.0))
    jumps = (step_m > _STEP_M) & (step_m > _FASTEST_HEAD_M_S * between_s)
    jumps |= (angle > _TURN_RAD) & (angle > _FASTEST_TURN_RAD_S * between_s)
    # The head alone cannot show whether the room jumped: each hand must jump with it.
    shift_m = positions_m[after, 0] - rotate_vector(yaw, positions_m[before, 0])
    for hand in (1, 2):
        both = measured[before, hand] & measured[after, hand]
        expected_m = rotate_vector(yaw, positions_m[before, hand]) + shift_m
        expected_wxyz = multiply_quaternions(yaw, rotations_wxyz[before, hand])
        follows = lengths(positions_m[after, hand] - expected_m) < _LEFT_OVER_M
        follows &= geodesic_angle(rotations_wxyz[after, hand], expected_wxyz) < _LEFT_OVER_RAD
        jumps &= follows | ~both
    jumps &= (measured[before, 1:] & measured[after, 1:]).any(axis=1)
    found = [RoomJump(int(after[k]), *_floor_or_room(yaw[k], shift_m[k], angle[k])) for k in np.flatnonzero(jumps)]
    # Beside a jump, each step seems to go back by half of it.
    taken = {jump.frame + beside for jump in found for beside in (-2, -1, 0, 1, 2)}
    found += [jump for jump in _floor_steps(times_s, poses, frames) if jump.frame not in taken]
    return sorted(found, key=lambda jump: jump.frame)


def _usual_s(changes_s: FloatArray) -> float:
    """Return the mean time between changes of the head's pose: a pose that a logger got late, or that it wrote several
    times, seems to be followed by a fast motion."""
    short_s = np.diff(changes_s)
    short_s = short_s[short_s < _LONGEST_FRAME_S]
    return float(short_s.mean()) if len(short_s) else 0.0


def _floor_or_room(yaw: FloatArray, shift_m: FloatArray, angle_rad: float) -> tuple[FloatArray, FloatArray, bool]:
    of_floor = np.hypot(shift_m[0], shift_m[2]) < max(_SIDEWAYS * abs(shift_m[1]), 0.02) and angle_rad < _TURN_RAD / 2
    if of_floor:
        # What the head itself turned and moved sideways in this frame is its own.
        return np.array((1.0, 0.0, 0.0, 0.0)), np.array((0.0, shift_m[1], 0.0)), True
    return yaw, shift_m, False


def _floor_steps(times_s: FloatArray, poses: Poses, frames: IndexArray) -> list[RoomJump]:
    """Return steps of the floor too small to stand out from motion, but equal in all devices."""
    if len(frames) < 4:
        return []
    heights_m = poses.positions_m[frames, :, 1]
    steps_m = np.diff(heights_m, axis=0)
    between_s = np.diff(times_s[frames])
    own_m = np.zeros_like(steps_m)
    own_m[1:-1] = (steps_m[:-2] + steps_m[2:]) / 2
    beyond_m = steps_m - own_m
    known = poses.measured[frames[1:]] & poses.measured[frames[:-1]]
    median_m = np.median(beyond_m, axis=1)
    least_m = np.maximum(_FLOOR_STEP_M, _HARDEST_LANDING_M_S2 * between_s**2)
    apart_m = np.abs(beyond_m - median_m[:, None]).max(axis=1)
    found = (np.abs(median_m) > least_m) & (apart_m < np.maximum(_EQUAL_M, _EQUAL * np.abs(median_m)))
    found &= known.all(axis=1) & (between_s < _LONGEST_FRAME_S)
    found[:1] = found[-1:] = False
    size_m = np.abs(median_m)
    found[1:] &= size_m[1:] > size_m[:-1]
    found[:-1] &= size_m[:-1] > size_m[1:]
    nothing = np.array((1.0, 0.0, 0.0, 0.0))
    return [
        RoomJump(int(frames[k + 1]), nothing, np.array((0.0, float(median_m[k]), 0.0)), True)
        for k in np.flatnonzero(found)
    ]


def in_room(poses: Poses, jumps: Sequence[RoomJump], home: int) -> Poses:
    """Return the poses of head and hands, or of trackers, in one room; 0 is the room before the first jump."""
    positions_m, rotations_wxyz = poses.positions_m.copy(), poses.rotations_wxyz.copy()
    borders = (0, *(jump.frame for jump in jumps), len(positions_m))
    for room, (start, stop) in enumerate(pairwise(borders)):
        part = slice(start, stop)
        # From this room to the home room, one jump after the other.
        for jump in jumps[room:home]:
            positions_m[part] = rotate_vector(jump.yaw_wxyz, positions_m[part]) + jump.shift_m
            rotations_wxyz[part] = multiply_quaternions(jump.yaw_wxyz, rotations_wxyz[part])
        for jump in reversed(jumps[home:room]):
            back = conjugate_quaternion(jump.yaw_wxyz)
            positions_m[part] = rotate_vector(back, positions_m[part] - jump.shift_m)
            rotations_wxyz[part] = multiply_quaternions(back, rotations_wxyz[part])
    return Poses(positions_m, rotations_wxyz, poses.measured)


def right_room(times_s: FloatArray, poses: Poses, jumps: Sequence[RoomJump]) -> int:
    """Return in which room the take belongs, by the poses of head and hands: that of a T-pose, else the longest."""
    borders = (0, *(jump.frame for jump in jumps), len(times_s))
    spent_s = [float(times_s[stop - 1] - times_s[start]) for start, stop in pairwise(borders)]
    posed = t_pose_frames(times_s, poses)
    posing = [bool(posed[start:stop].any()) for start, stop in pairwise(borders)]
    if any(posing):
        spent_s = [each if own else -1.0 for each, own in zip(spent_s, posing, strict=True)]
    return int(np.argmax(spent_s))


def t_pose_frames(times_s: FloatArray, poses: Poses) -> BoolArray:
    """Return the frames of a T-pose, (F,): both hands as wide apart as ever, level, below the eyes, and still.

    Nothing here depends on the floor, which may be wrong.
    """
    positions_m, _, measured = poses
    posed = measured.all(axis=1)
    if not posed.any():
        return posed
    apart_m = lengths(positions_m[:, 1] - positions_m[:, 2])
    widest_m = float(np.percentile(apart_m[posed], 99.5))
    below_m = positions_m[:, 0, 1] - positions_m[:, 1:, 1].mean(axis=1)
    step_s = np.maximum(np.gradient(times_s), 1e-6)
    speed_m_s = lengths(np.gradient(positions_m[:, 1:], axis=0)).max(axis=1) / step_s
    posed &= (apart_m > _WIDE * widest_m) & (widest_m > _WIDEST_LEAST_M)
    posed &= np.abs(positions_m[:, 1, 1] - positions_m[:, 2, 1]) < _LEVEL_M
    posed &= (below_m > _BELOW_HEAD_M[0]) & (below_m < _BELOW_HEAD_M[1]) & (speed_m_s < _STILL_M_S)
    for start, stop in runs(posed):
        posed[start:stop] = times_s[stop - 1] - times_s[start] >= _T_POSE_S
    return posed
