# SPDX-License-Identifier: Apache-2.0
"""Put the feet on a ground: a floor at another height, a slope, steps, or a mesh.

A planted foot tilts with the ground below its sole and touches it. A swinging foot goes from one stance to the next
over whatever is between them. The body goes up and down with the feet, as slowly as a body does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, multiply_quaternions, normalize_quaternion, rotate_vector, slerp
from ..body.skeleton import ANKLE_JOINTS, TOE_JOINTS
from ..numerics.filters import gaussian_filter, smooth_step, upper_envelope
from .ground import Ground
from .meeting import planted_feet, with_ankles_at, with_hands_of
from .soles import ground_planes, heights_above_floor, sole_places_m

_BODY_S: Final[float] = 0.2
"""Standard deviation of the Gaussian that the height of the body follows."""
_CLEAR_S: Final[float] = 0.15
"""Time before an obstacle at which a swinging foot begins to rise."""
_HALF: Final[float] = 0.5
_NOTHING: Final[float] = 1e-9
_ROUNDS: Final[int] = 3
"""The sole moves a little when the foot tilts, so the ground below it is asked again."""


def put_on_ground(motion: Motion, share: FloatArray, ground: Ground, follow: float, *, hold_hands: bool) -> Motion:
    """Return the motion with its feet on a ground.

    Args:
        motion: the motion, above the floor of the recording (y = 0).
        share: (F,) influence of the edit.
        ground: what the feet stand on. Where it has no height the feet stay as they are.
        follow: how much the body goes up and down with the feet, 0 to 1.
        hold_hands: the hands stay where they are; otherwise they go with the body.
    """
    return stand_on(motion, (feet_on_ground(motion, share, ground, follow, hold_hands=hold_hands),))


@dataclass(frozen=True, eq=False)
class FeetOnGround:
    """Hold how the feet of a motion go over a ground, and how much of it an edit wants."""

    feet: tuple[_FootOnGround, _FootOnGround]
    shares: FloatArray
    """(F, 2) influence on each foot: a stance is on the ground or not."""
    share: FloatArray
    """(F,) influence on the body."""
    follow: float
    hold_hands: bool

    @property
    def anywhere(self) -> FloatArray:
        """Return the influence on anything, (F,)."""
        return np.maximum(self.share, self.shares.max(axis=1))

    @property
    def up_m(self) -> FloatArray:
        """Return how much higher the feet stand than before, (F, 2)."""
        return np.stack([foot.up_m for foot in self.feet], axis=1)


def feet_on_ground(
    motion: Motion,
    share: FloatArray,
    ground: Ground,
    follow: float,
    *,
    hold_hands: bool,
    stood_m: FloatArray | None = None,
) -> FeetOnGround:
    """Return how the feet of a motion go over a ground.

    Args:
        motion: the motion.
        share: (F,) influence of the edit.
        ground: what the feet stand on.
        follow: how much the body goes up and down with the feet, 0 to 1.
        hold_hands: the hands stay where they are; otherwise they go with the body.
        stood_m: (F, 2) height on which earlier edits have put the feet: beside this ground, they stay there. None: no
            earlier edit has, so beside the ground there is the floor.
    """
    stands, nowhere_m = planted_feet(motion), np.zeros((len(motion), 2))
    feet, shares = [], []
    for side in (0, 1):
        stances = runs(stands[:, side])
        on_m = nowhere_m if stood_m is None else stood_m
        foot = _on_ground(motion, ground, side, stands[:, side], on_m[:, side])
        feet.append(foot)
        shares.append(_foot_share(share if stood_m is None else share * foot.is_above, stances))
    return FeetOnGround((feet[0], feet[1]), np.stack(shares, axis=1), share, follow, hold_hands)


def heights_stood_on_m(grounds: Sequence[FeetOnGround]) -> FloatArray:
    """Return how much higher the feet stand on these grounds than before, (F, 2)."""
    up_m = np.zeros_like(grounds[0].shares)
    for ground, part in zip(grounds, _parts(grounds), strict=True):
        up_m += part * (ground.up_m - up_m)
    return up_m


def stand_on(motion: Motion, grounds: Sequence[FeetOnGround]) -> Motion:
    """Return the motion with its feet on several grounds, for example each in its own stretch.

    In a stance that two of them want, the later one counts. The body moves once, with both.

    Args:
        motion: the motion.
        grounds: how its feet go over each, one or more.
    """
    stands = planted_feet(motion)
    rotations = motion.rotations_wxyz.copy()
    before_m = motion.joint_positions_m[:, list(ANKLE_JOINTS)]
    ankles_m, body_m = before_m.copy(), np.zeros((len(motion), 2))
    hold = np.full(len(motion), float(grounds[0].hold_hands))
    for ground, parts in zip(grounds, _parts(grounds), strict=True):
        for side, foot in enumerate(ground.feet):
            part = parts[:, side, None]
            for joint in (ANKLE_JOINTS[side], TOE_JOINTS[side]):
                tilted = multiply_quaternions(foot.tilt_wxyz, motion.rotations_wxyz[:, joint])
                rotations[:, joint] = slerp(rotations[:, joint], tilted, part)
            ankles_m[:, side] += part * (foot.ankle_m - ankles_m[:, side])
        body_m += parts * (ground.follow * ground.up_m - body_m)
        hold += ground.anywhere * (ground.hold_hands - hold)
    anywhere = np.max([ground.anywhere for ground in grounds], axis=0)
    root_m = motion.root_translation_m.copy()
    root_m[:, 1] += anywhere * _body_height_m(body_m, stands, motion.fps)
    moved = replace(motion, rotations_wxyz=continuous_signs(rotations), root_translation_m=root_m)
    # Down a step one leg must reach lower than the other.
    moved = with_ankles_at(moved, ankles_m, motion, stands, anywhere)
    if motion.foot_stands is not None:  # a foot that goes up or down does not stand
        moves = np.any([(ground.shares > 0) & (ground.shares < 1) for ground in grounds], axis=0)
        moved = replace(moved, foot_stands=motion.foot_stands & ~moves)
    return with_hands_of(moved, motion, hold) if hold.any() else moved


def _parts(grounds: Sequence[FeetOnGround]) -> list[FloatArray]:
    """Return by which part the feet go to each ground from where the grounds before it have put them, (F, 2) each.

    The last ground has its share; an earlier one has its share, or what the later ones leave. So a foot that steps from
    one ground to another is between these two, and not between them and the floor.
    """
    left, parts = np.ones_like(grounds[0].shares), []
    for ground in reversed(grounds):
        parts.append(np.minimum(ground.shares / np.maximum(left, _NOTHING), 1.0))
        left = (left - ground.shares).clip(min=0.0)
    return parts[::-1]


def _foot_share(share: FloatArray, stances: list[tuple[int, int]]) -> FloatArray:
    """Return the influence of the edit on one foot, (F,): a planted foot does not change its place.

    Where a stance goes on beyond an end of the edit, the foot is on the ground if most of the stance is in the edit,
    and else not at all. Only in a stance that is longer than the edit at both ends, the foot goes up and comes back.
    """
    count, result = len(share), share.copy()
    for first, end in stances:
        if not _is_within(share[first:end]):
            result[first:end] = np.round(share[first:end].mean())
    # Before the first stance and after the last one, the ends of the take say where the foot comes from and goes.
    ends = [(0, 1)] if stances and stances[0][0] > 0 else []
    return _between(result, [*ends, *stances, *([(count - 1, count)] if stances and stances[-1][1] < count else [])])


def _is_within(share: FloatArray) -> bool:
    """Return whether an edit begins and ends in a stance."""
    return bool(share[0] == 0 and share[-1] == 0 and share.any())


@dataclass(frozen=True)
class _FootOnGround:
    """Hold how one foot goes over a ground."""

    ankle_m: FloatArray
    """(F, 3)"""
    tilt_wxyz: FloatArray
    """(F, 4)"""
    up_m: FloatArray
    """(F,) how much higher the foot stands than before; in the air, it goes from one stance to the next."""
    is_above: BoolArray
    """(F,) whether the ground is below any part of the sole, in a stance most of the time."""


def _on_ground(motion: Motion, ground: Ground, side: int, stands: BoolArray, stood_m: FloatArray) -> _FootOnGround:
    stances = runs(stands)
    ankle_m, flat_m = motion.joint_positions_m[:, ANKLE_JOINTS[side]], sole_places_m(motion, side)
    planes = _between(_steady(ground_planes(ground, flat_m), stances), stances)
    for _ in range(_ROUNDS):
        places_m = _placed(ankle_m, flat_m, planes)[1]
        planes = _between(_steady(ground_planes(ground, places_m), stances), stances)
    placed_m, places_m = _placed(ankle_m, flat_m, planes)
    deepest_m = (heights_above_floor(ground, places_m) - places_m[..., 1]).max(axis=1)
    # In a stance the sole touches the ground, whatever the solver left below it.
    touching_m = _between(deepest_m, stances)
    # A swinging foot may have been below the recorded floor already; by as much it may be here.
    sinks_m = np.where(stands, 0.0, deepest_m - touching_m - (-flat_m[..., 1]).max(axis=1).clip(min=0)).clip(min=0)
    early_m = upper_envelope(sinks_m, round(_CLEAR_S * motion.fps)) * _away_from(stands, _CLEAR_S * motion.fps)
    placed_m[:, 1] += touching_m + np.maximum(early_m, sinks_m)
    up_m = planes[:, 0] - _between(_steady(stood_m, stances), stances)
    is_above = _steady(np.isfinite(ground.heights_m(flat_m)).any(axis=1).astype(np.float64), stances) >= _HALF
    return _FootOnGround(placed_m, _tilt(planes), up_m, is_above)


def _placed(ankle_m: FloatArray, flat_m: FloatArray, planes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ankle (F, 3) and sole (F, N, 3) of a foot that is tilted and raised with planes (F, 3).

    It turns about the floor below the middle of its sole.
    """
    tilt, pivot_m = _tilt(planes), flat_m.mean(axis=1) * np.array((1.0, 0.0, 1.0))
    placed_m = pivot_m + rotate_vector(tilt, ankle_m - pivot_m)
    placed_m[:, 1] += planes[:, 0]
    return placed_m, placed_m[:, None] + rotate_vector(tilt[:, None], flat_m - ankle_m[:, None])


def _tilt(planes: FloatArray) -> FloatArray:
    """Return the smallest turns (F, 4) of the vertical onto the normals of planes."""
    normal = np.stack((-planes[:, 1], np.ones(len(planes)), -planes[:, 2]), axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    nothing = np.zeros(len(planes))
    return normalize_quaternion(np.stack((1 + normal[:, 1], normal[:, 2], nothing, -normal[:, 0]), axis=-1))


def _steady(planes: FloatArray, stances: list[tuple[int, int]]) -> FloatArray:
    """Let a foot stand on one plane as long as it is planted."""
    steady = planes.copy()
    for first, end in stances:
        steady[first:end] = np.median(planes[first:end], axis=0)
    return steady


def _between(values: FloatArray, stances: list[tuple[int, int]]) -> FloatArray:
    """Return values (F, ...) that pass smoothly from each stance to the next; what they are between does not count."""
    if not stances:
        return values
    filled = values.copy()
    filled[: stances[0][0]] = values[stances[0][0]]
    filled[stances[-1][1] :] = values[stances[-1][1] - 1]
    for (_, leaves), (lands, _) in pairwise(stances):
        share = smooth_step((np.arange(leaves, lands) - leaves + 1) / (lands - leaves + 1))
        share = share.reshape(-1, *(1,) * (values.ndim - 1))
        filled[leaves:lands] = values[leaves - 1] + share * (values[lands] - values[leaves - 1])
    return filled


def _away_from(stands: BoolArray, frames: float) -> FloatArray:
    """Return (F,) that is 0 in stances and rises to 1 within some frames before and after them."""
    result = np.ones(len(stands))
    for first, end in runs(~stands):
        inside = np.arange(first, end)
        before = np.full(len(inside), np.inf) if first == 0 else inside - first + 1.0
        after = np.full(len(inside), np.inf) if end == len(stands) else end - inside.astype(np.float64)
        result[first:end] = smooth_step(np.minimum(np.minimum(before, after) / max(frames, 1.0), 1.0))
    result[stands] = 0.0
    return result


def _body_height_m(up_m: FloatArray, stands: BoolArray, fps: float) -> FloatArray:
    """Return how much the body goes up, (F,): with the feet that carry it, and smoothly."""
    carried = stands.sum(axis=1)
    mean_m = np.where(carried > 0, (up_m * stands).sum(axis=1) / np.maximum(carried, 1), up_m.mean(axis=1))
    return gaussian_filter(mean_m, _BODY_S * fps, "nearest")
