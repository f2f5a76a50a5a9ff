# SPDX-License-Identifier: Apache-2.0
"""Find jumps of the headset alone: its tracking slips to another place while the hands move on.

After a slip, all poses are wrong by one shift and one turn, until the next slip. So this part is moved back to the part
of the take in which the headset spent the most time.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ...arrays import FloatArray, lengths
from ...body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    normalize_quaternion,
)
from .defects import Poses

_LEAST_M: Final[float] = 0.08
_LEAST_RAD: Final[float] = np.radians(18.0)
_HARDEST_M_S2: Final[float] = 70.0
_HARDEST_RAD_S2: Final[float] = 500.0
_HANDS: Final[float] = 0.3
"""Largest share of the head's jump that the hands may move in the same frame."""
_MOST_JUMPS: Final[int] = 8
_LONGEST_FRAME_S: Final[float] = 0.15


class HeadsetJump(NamedTuple):
    """Hold a jump of the headset: afterwards it is turned by ``turn_wxyz`` in place, then shifted."""

    frame: int
    """The first frame afterwards."""
    turn_wxyz: FloatArray
    shift_m: FloatArray


def find_headset_jumps(times_s: FloatArray, poses: Poses) -> list[HeadsetJump]:
    """Return the jumps of the head that no hand shares; none if there are too many to be slips."""
    positions_m, rotations_wxyz, measured = poses
    frames = np.flatnonzero(measured[:, 0])
    if len(frames) < 6:
        return []
    p, q = positions_m[frames], rotations_wxyz[frames]
    between_s = np.diff(times_s[frames])
    steps_m = np.diff(p, axis=0)
    turns = multiply_quaternions(q[1:, 0], conjugate_quaternion(q[:-1, 0]))
    turned_rad = geodesic_angle(turns, (1.0, 0.0, 0.0, 0.0))
    beyond_m = _beyond(steps_m)
    head_m = lengths(beyond_m[:, 0])
    beside_rad = np.maximum(np.append(0.0, turned_rad[:-1]), np.append(turned_rad[1:], 0.0))
    jumps = head_m > np.maximum(_LEAST_M, _HARDEST_M_S2 * between_s**2)
    turning = turned_rad - beside_rad > np.maximum(_LEAST_RAD, _HARDEST_RAD_S2 * between_s**2)
    jumps |= turning
    known = measured[frames[1:]] & measured[frames[:-1]]
    hands_m = np.where(known[:, 1:], lengths(beyond_m[:, 1:]), 0.0).max(axis=1)
    hands_m[~known[:, 1:].any(axis=1)] = np.inf
    jumps &= (hands_m < np.maximum(_HANDS * head_m, 0.02)) & (between_s < _LONGEST_FRAME_S)
    jumps[:2] = jumps[-2:] = False
    # A step beside a jump is half as far beyond its neighbours as the jump itself.
    at = [int(k) for k in np.flatnonzero(jumps) if head_m[k] >= head_m[max(0, k - 2) : k + 3].max() or turning[k]]
    if len(at) > _MOST_JUMPS:
        return []
    nothing = np.array((1.0, 0.0, 0.0, 0.0))
    return [HeadsetJump(int(frames[k + 1]), turns[k] if turning[k] else nothing, beyond_m[k, 0]) for k in at]


def undo_headset_jumps(times_s: FloatArray, poses: Poses, jumps: list[HeadsetJump]) -> tuple[Poses, list[int]]:
    """Return the poses with the head put back, and the borders of the part that stays: its first frame and its end.

    The error of each part is the sum of the jumps before it. Parts with the same error belong together: the head
    slipped away and back.
    """
    borders = [0, *(jump.frame for jump in jumps), len(times_s)]
    shift_m, turn = np.zeros(3), np.array((1.0, 0.0, 0.0, 0.0))
    offsets = [(shift_m, turn)]
    for jump in jumps:
        shift_m, turn = shift_m + jump.shift_m, multiply_quaternions(jump.turn_wxyz, turn)
        offsets.append((shift_m, turn))
    spent_s = np.diff(np.append(times_s, times_s[-1])[borders])
    alike = np.array([[_alike(one, other) for other in offsets] for one in offsets])
    home = int(np.argmax(alike @ spent_s))
    positions_m, rotations_wxyz = poses.positions_m.copy(), poses.rotations_wxyz.copy()
    moved = []
    for part, (start, stop) in enumerate(pairwise(borders)):
        if part == home or alike[part, home]:
            continue
        moved.append(part)
        back = multiply_quaternions(offsets[home][1], conjugate_quaternion(offsets[part][1]))
        positions_m[start:stop, 0] += offsets[home][0] - offsets[part][0]
        rotations_wxyz[start:stop, 0] = multiply_quaternions(back, rotations_wxyz[start:stop, 0])
    return Poses(positions_m, normalize_quaternion(rotations_wxyz), poses.measured), moved


def _alike(one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray]) -> bool:
    near_m = float(np.linalg.norm(one[0] - other[0]))
    return near_m < _LEAST_M / 2 and float(geodesic_angle(one[1], other[1])) < _LEAST_RAD / 2


def _beyond(steps_m: FloatArray) -> FloatArray:
    """Return how much each step, (N, 3, 3), is beyond the mean of the steps beside it."""
    padded = np.concatenate((steps_m[1:2], steps_m, steps_m[-2:-1]))
    return np.asarray(steps_m - (padded[:-2] + padded[2:]) / 2)
