# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the IK control of a foot from landing to toe-off, with the heel's rise on a control of its own. No bpy here.

The foot turns about its ball: the heel control raises the heel, and the control of the ball takes what is left, some
degrees to the side and some millimetres. So the foot is where it was, and its control has one value for the stance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import (
    BoolArray,
    FloatArray,
    IndexArray,
    matrix_to_quaternion,
    quaternion_to_matrix,
    quaternion_to_rotvec,
    rotvec_to_quaternion,
    runs,
)
from .limbs import FootRoll
from .planes import unit

_NEAR: Final[float] = 0.012
"""How far the ball may be from its median while the foot is held, as share of the leg: about 10 mm."""
_FEWEST: Final[int] = 3
"""Frames that a foot is held at least."""
_FLAT: Final[float] = 0.3
"""Share of a stance in which the heel is as low as when the foot is flat, or lower: toes may be up at the landing."""
_AS_FLAT: Final[float] = 0.05
"""By which share of the foot's length the heel may be higher or lower in the other flat frames."""


@dataclass(frozen=True)
class HeldFoot:
    """Hold the moves of a foot's controls, in the armature frame."""

    target: FloatArray
    """(F, 4, 4) of the control of the foot."""
    ball: FloatArray
    """(F, 4, 4) of the control of the ball, which the one of the foot carries."""
    heel_rad: FloatArray
    """(F,) by which the heel control turns about its axis."""
    spans: tuple[tuple[int, int], ...]
    """The first and the last frame of each time in which the foot is held."""


def hold_foot(roll: FootRoll, wanted: FloatArray, stands: BoolArray, leg: FloatArray, fade: int) -> HeldFoot | None:
    """Return the moves that bring a foot to where it is wanted and hold its control; None if it cannot be held.

    Args:
        roll: the controls of the foot.
        wanted: (F, 4, 4) move of the foot.
        stands: (F,) whether it stands.
        leg: (3, 3) hip, knee and ankle at rest.
        fade: the most frames before and after a stance in which the heel goes back to its rest.
    """
    spans, holds = [], []
    length = float(np.linalg.norm(np.diff(leg, axis=0), axis=1).sum())
    up = unit((leg[0] - leg[2])[None])[0]
    foot = leg[2] - roll.ball_rest
    ball = _moved(wanted, roll.ball_rest)
    height = (wanted[:, :3, :3] @ foot) @ up / np.linalg.norm(foot)
    for first, end in runs(stands):
        near = np.linalg.norm(ball[first:end] - np.median(ball[first:end], axis=0), axis=1) < _NEAR * length
        start, stop = max(runs(near), key=lambda run: run[1] - run[0], default=(0, 0))
        if stop - start < _FEWEST:
            continue
        span = slice(first + start, first + stop)
        flat = np.abs(height[span] - np.quantile(height[span], _FLAT)) < _AS_FLAT
        spans.append((first + start, first + stop - 1))
        holds.append(_mean(wanted[span][flat], ball[span][flat], roll.ball_rest))
    if not spans:
        return None
    target, turned, shift, rise = wanted.copy(), *_nothing(len(wanted))
    for (first, last), hold in zip(spans, holds, strict=True):
        span = slice(first, last + 1)
        target[span] = hold
        turned[span], shift[span], rise[span] = _parts(roll, np.linalg.inv(hold) @ wanted[span])
    for edge, frames, weight in _fades(spans, len(wanted), fade):
        turned[frames], shift[frames] = weight[:, None] * turned[edge], weight[:, None] * shift[edge]
        rise[frames] = weight * rise[edge]
    on_ball = _about(roll.ball_rest, quaternion_to_matrix(rotvec_to_quaternion(turned)), shift)
    axis = roll.axis_rest / np.linalg.norm(roll.axis_rest)
    risen = _about(roll.ball_rest, quaternion_to_matrix(rotvec_to_quaternion(rise[:, None] * axis)), 0.0 * shift)
    free = np.ones(len(wanted), np.bool_)
    for first, last in spans:
        free[first : last + 1] = False
    target[free] = (wanted @ np.linalg.inv(on_ball @ risen))[free]
    return HeldFoot(target, target @ on_ball, rise, tuple(spans))


def _nothing(count: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    return np.zeros((count, 3)), np.zeros((count, 3)), np.zeros(count)


def _parts(roll: FootRoll, move: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Divide moves (F, 4, 4) into a turn about the ball and its shift, (F, 3) each, and the rise of the heel, (F,)."""
    q = matrix_to_quaternion(move[:, :3, :3])
    axis = roll.axis_rest / np.linalg.norm(roll.axis_rest)
    rise = 2 * np.arctan2(q[:, 1:] @ axis, q[:, 0])
    rise = np.maximum((rise + np.pi) % (2 * np.pi) - np.pi, 0.0)  # the other way it would turn about the heel
    back = quaternion_to_matrix(rotvec_to_quaternion(-rise[:, None] * axis))
    turned = quaternion_to_rotvec(matrix_to_quaternion(move[:, :3, :3] @ back))
    return turned, _moved(move, roll.ball_rest) - roll.ball_rest, np.asarray(rise)


def _fades(spans: list[tuple[int, int]], count: int, longest: int) -> list[tuple[int, IndexArray, FloatArray]]:
    """Return how the controls go back to rest around each time: the edge, the frames, and the share that is left."""
    fades = []
    befores, afters = [-1, *(last for _, last in spans)], [*(first for first, _ in spans), count]
    for index, (first, last) in enumerate(spans):
        for edge, other, way in ((first, befores[index], -1), (last, afters[index + 1], 1)):
            gap = abs(other - edge) - 1
            is_outer = other in (-1, count)
            frames = min(longest, gap if is_outer else gap // 2)
            share = 1 - np.arange(1, frames + 1) / (frames + 1)
            fades.append((edge, edge + way * np.arange(1, frames + 1), share * share * (3 - 2 * share)))
    return fades


def _mean(moves: FloatArray, ball: FloatArray, ball_rest: FloatArray) -> FloatArray:
    """Return the mean of moves (F, 4, 4), with the ball in the middle of its places."""
    left, _, right = np.linalg.svd(moves[:, :3, :3].mean(axis=0))
    return _about(ball_rest, (left @ right)[None], (ball.mean(axis=0) - ball_rest)[None])[0]


def _about(place: FloatArray, R: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the moves that turn about a place, (F, 3, 3), and then shift, (F, 3)."""
    moves = np.tile(np.eye(4), (len(R), 1, 1))
    moves[:, :3, :3] = R
    moves[:, :3, 3] = place - R @ place + shift
    return moves


def _moved(moves: FloatArray, point: FloatArray) -> FloatArray:
    return np.asarray(moves[:, :3, :3] @ point + moves[:, :3, 3])
