# SPDX-License-Identifier: Apache-2.0
"""Find errors of several devices at once: hands swapped after a reconnect, a room that was recentred."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray
from ...body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)

_LONGEST_RECONNECT_S: Final[float] = 0.5
_SWAP_DISTANCE_M: Final[float] = 0.35
"""The hands must have been this far apart for a swap to be visible."""
_SWAP_RATIO: Final[float] = 0.3
_FASTEST_HEAD_M_S: Final[float] = 6.0
_FASTEST_TURN_RAD_S: Final[float] = np.radians(1500.0)
_RECENTRE_STEP_M: Final[float] = 0.12
_RECENTRE_TURN_RAD: Final[float] = np.radians(8.0)
_LEFT_OVER_M: Final[float] = 0.06
_LEFT_OVER_RAD: Final[float] = np.radians(10.0)


class Poses(NamedTuple):
    """Hold the poses of all devices over time."""

    positions_m: FloatArray
    """(F, 3, 3) of head, left and right hand."""
    rotations_wxyz: FloatArray
    """(F, 3, 4)"""
    measured: BoolArray
    """(F, 3)"""


def put_hands_back(times_s: FloatArray, poses: Poses) -> tuple[Poses, BoolArray]:
    """Return the poses with swapped hands put back, and the frames in which they were swapped, (F,).

    At a swap, each hand continues where the other one was. The right order is the one in which the left hand is on the
    left of the head in more frames.
    """
    positions_m, rotations_wxyz, measured = poses
    frames = np.flatnonzero(measured[:, 1] & measured[:, 2])
    exchanged = np.zeros(len(times_s), dtype=np.bool_)
    if len(frames) < 2:
        return poses, exchanged
    before, after = frames[:-1], frames[1:]
    hands = positions_m[:, 1:]
    apart = np.linalg.norm(hands[before, 0] - hands[before, 1], axis=-1)
    straight = np.linalg.norm(hands[after] - hands[before], axis=-1).sum(axis=-1)
    crossed = np.linalg.norm(hands[after] - hands[before][:, ::-1], axis=-1).sum(axis=-1)
    swaps = (apart > _SWAP_DISTANCE_M) & (crossed < _SWAP_RATIO * straight) & (straight > apart)
    swaps &= times_s[after] - times_s[before] < _LONGEST_RECONNECT_S
    at = after[swaps]
    if not len(at):
        return poses, exchanged
    parity = np.zeros(len(times_s), dtype=np.int64)
    parity[at] = 1
    exchanged = np.cumsum(parity) % 2 == 1
    if _right_hand_side(poses, exchanged) < 0:
        exchanged = ~exchanged
    order = np.where(exchanged[:, None], (0, 2, 1), (0, 1, 2))
    put_back = Poses(
        np.take_along_axis(positions_m, order[..., None], axis=1),
        np.take_along_axis(rotations_wxyz, order[..., None], axis=1),
        np.take_along_axis(measured, order, axis=1),
    )
    return put_back, exchanged


def _right_hand_side(poses: Poses, exchanged: BoolArray) -> float:
    """Return how far the right hand is to the right of the left hand, on average, seen from the head, in metres."""
    positions_m, rotations_wxyz, measured = poses
    seen = measured.all(axis=1)
    if not seen.any():
        return 0.0
    across = (positions_m[seen, 2] - positions_m[seen, 1]) * np.where(exchanged[seen], -1.0, 1.0)[:, None]
    right = rotate_vector(rotations_wxyz[seen, 0], (1.0, 0.0, 0.0)) * (1.0, 0.0, 1.0)
    return float((across * right).sum(axis=-1).mean())


def undo_recentring(times_s: FloatArray, poses: Poses) -> tuple[Poses, tuple[int, ...]]:
    """Return the poses with the rooms joined across each jump of all devices, and the frames of the jumps.

    A jump turns the room about the vertical and shifts it. The whole take is moved into the room in which the
    performer spent the most time.
    """
    positions_m, rotations_wxyz, measured = poses
    frames = np.flatnonzero(measured[:, 0] & measured[:, 1:].any(axis=1))
    if len(frames) < 2:
        return poses, ()
    before, after = frames[:-1], frames[1:]
    turns = multiply_quaternions(rotations_wxyz[after, 0], conjugate_quaternion(rotations_wxyz[before, 0]))
    yaw = normalize_quaternion(turns * (1.0, 0.0, 1.0, 0.0))
    between_s = times_s[after] - times_s[before]
    step_m = np.linalg.norm(positions_m[after, 0] - positions_m[before, 0], axis=-1)
    angle = geodesic_angle(yaw, (1.0, 0.0, 0.0, 0.0))
    jumps = (step_m > _RECENTRE_STEP_M) & (step_m > _FASTEST_HEAD_M_S * between_s)
    jumps |= (angle > _RECENTRE_TURN_RAD) & (angle > _FASTEST_TURN_RAD_S * between_s)
    # The head alone cannot show whether the room jumped: each hand must jump with it.
    shift_m = positions_m[after, 0] - rotate_vector(yaw, positions_m[before, 0])
    for hand in (1, 2):
        both = measured[before, hand] & measured[after, hand]
        expected_m = rotate_vector(yaw, positions_m[before, hand]) + shift_m
        expected_wxyz = multiply_quaternions(yaw, rotations_wxyz[before, hand])
        follows = np.linalg.norm(positions_m[after, hand] - expected_m, axis=-1) < _LEFT_OVER_M
        follows &= geodesic_angle(rotations_wxyz[after, hand], expected_wxyz) < _LEFT_OVER_RAD
        jumps &= follows | ~both
    jumps &= (measured[before, 1:] & measured[after, 1:]).any(axis=1)
    at = tuple(int(frame) for frame in after[jumps])
    return (_joined_rooms(times_s, poses, at, yaw[jumps], shift_m[jumps]) if at else poses), at


def _joined_rooms(
    times_s: FloatArray, poses: Poses, at: Sequence[int], yaw_wxyz: FloatArray, shift_m: FloatArray
) -> Poses:
    """Return the poses in the most used room; each jump turns and shifts the room before it."""
    borders = (0, *at, len(times_s))
    spent_s = [times_s[stop - 1] - times_s[start] for start, stop in pairwise(borders)]
    home = int(np.argmax(spent_s))
    positions_m, rotations_wxyz = poses.positions_m.copy(), poses.rotations_wxyz.copy()
    for room, (start, stop) in enumerate(pairwise(borders)):
        part = slice(start, stop)
        # From this room to the home room, one jump after the other.
        for jump in range(room, home):
            positions_m[part] = rotate_vector(yaw_wxyz[jump], positions_m[part]) + shift_m[jump]
            rotations_wxyz[part] = multiply_quaternions(yaw_wxyz[jump], rotations_wxyz[part])
        for jump in range(room - 1, home - 1, -1):
            back = conjugate_quaternion(yaw_wxyz[jump])
            positions_m[part] = rotate_vector(back, positions_m[part] - shift_m[jump])
            rotations_wxyz[part] = multiply_quaternions(back, rotations_wxyz[part])
    return Poses(positions_m, rotations_wxyz, poses.measured)
