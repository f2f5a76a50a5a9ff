# SPDX-License-Identifier: Apache-2.0
"""Decide when each foot stands: stances begin and end by their evidence, and a stance holds one place only.

The place of a stance is the mean of the toes' path. If the toes are far from their mean, the foot took a step that the
evidence did not show by itself. Then the stance is divided in two, by a swing of the length and at the time that agree
best with the path and with the evidence (binary segmentation, Scott and Knott 1974). A path that only glides while the
body passes over the foot stays one stance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import BoolArray, FloatArray, IndexArray, run_bounds
from ..numerics.filters import gaussian_filter


@dataclass(frozen=True)
class StanceSettings:
    """Choose when a foot stands.

    The values were chosen on training and validation people, several of them with the figures of the test people in
    view (`docs/experiments.md`).
    """

    lands_at: float = 0.0
    """A stance begins when the log odds are above this."""
    lifts_at: float = -1.1
    """A stance ends when the log odds are below this."""
    per_speed: float = 0.4
    """Log odds that are added for each leg length per second of the head's speed: a foot that is not planted slides at
    the speed of the body, so the faster the body, the worse is a missed stance."""
    fastest: float = 3.0
    """Leg lengths per second from which on nothing more is added."""
    smoothing_frames: float = 1.0
    shortest_frames: int = 3
    """Stances that are shorter than this, 50 ms, are ignored."""
    highest: float = 0.07
    """Height above its place, in leg lengths, from which on a foot does not stand yet, or no longer: 6 cm."""
    swing_frames: tuple[int, ...] = (12, 18, 24)
    """Lengths of a step that the evidence did not show."""
    shortest_part_frames: int = 6
    """Shortest stance before and after such a step."""
    place_weight: float = 2.0
    """Weight of the squared distances of the path, in leg lengths, from the places of the stances."""
    around_frames: int = 90
    """The path is compared over so many frames before and after such a step, so that a decision depends on its second
    only, and a slow sway is no step."""
    evidence_weight: float = 0.3
    """Weight of the log odds of a frame: errors of neighbouring frames are not independent."""
    other_swings: float = 0.5
    """Cost per frame of a step while the other foot swings."""
    step_cost: float = 1.0
    farthest: float = 0.5
    """If the path is farther than this from its place, in leg lengths, the foot took a step whatever the evidence."""


def decide_stances(
    log_odds: FloatArray, toes: FloatArray, speed: FloatArray, settings: StanceSettings = StanceSettings()
) -> BoolArray:
    """Return whether the left and the right foot stand in each frame, (F, 2).

    Args:
        log_odds: evidence that each foot stands, (F, 2).
        toes: positions of the toes in leg lengths, Y up, not below the floor, (F, 2, 3).
        speed: horizontal speed of the head in leg lengths per second, (F,).
        settings: when a foot stands.
    """
    faster = settings.per_speed * np.minimum(speed, settings.fastest)
    smooth = gaussian_filter(log_odds, settings.smoothing_frames, "nearest") + faster[:, None]
    stands = np.stack([_standing(foot, settings) for foot in smooth.T], axis=1)
    stands = np.stack([_on_the_ground(*one, settings) for one in zip(stands.T, toes[..., 1].T, strict=True)], axis=1)
    # Both feet see the other one's stances as they are here, so that neither comes first.
    costs = settings.evidence_weight * np.maximum(smooth, 0.0) + settings.other_swings * ~stands[:, ::-1]
    one_place_each = [
        _one_place_each(stands[:, foot], toes[:, foot][:, [0, 2]], costs[:, foot], settings)
        for foot in range(stands.shape[1])
    ]
    return np.stack(one_place_each, axis=1)


def as_told(
    stands: BoolArray, told: NDArray[np.int8] | FloatArray, settings: StanceSettings = StanceSettings()
) -> BoolArray:
    """Return the stances (F, 2) as somebody says they are.

    What is left of a stance beside something that was said is dropped if it is too short to be one.

    Args:
        stands: whether each foot stands, (F, 2).
        told: 1 where a foot is said to stand, -1 where it is said not to, else 0, (F, 2).
        settings: how long a stance is at least.
    """
    said = (stands & (told >= 0)) | (told > 0)
    for foot in range(said.shape[1]):
        for first, end in zip(*run_bounds(said[:, foot]), strict=True):
            beside = told[max(first - 1, 0) : end + 1, foot]
            if end - first < settings.shortest_frames and (beside < 0).any() and not (beside > 0).any():
                said[first:end, foot] = False
    return said


def _standing(log_odds: FloatArray, settings: StanceSettings) -> BoolArray:
    """Return stances by two thresholds (a Schmitt trigger) and a shortest length, (F,)."""
    decided = (log_odds >= settings.lands_at) | (log_odds <= settings.lifts_at)
    # Between the thresholds the last decision holds.
    last = np.maximum.accumulate(np.where(decided, np.arange(len(log_odds)), 0))
    standing: BoolArray = log_odds[last] >= settings.lands_at
    for first, end in zip(*run_bounds(standing), strict=True):
        standing[first:end] = end - first >= settings.shortest_frames
    return standing


def _on_the_ground(stands: BoolArray, height: FloatArray, settings: StanceSettings) -> BoolArray:
    """Return stances (F,) without their ends in the air: a foot that comes down from a jump does not stand yet."""
    landed = stands.copy()
    for first, end in zip(*run_bounds(stands), strict=True):
        above = height[first:end] - np.median(height[first:end])
        down = np.flatnonzero(above < settings.highest)
        landed[first : first + down[0]] = False
        landed[first + down[-1] + 1 : end] = False
    return landed


def _one_place_each(stands: BoolArray, toe: FloatArray, cost: FloatArray, settings: StanceSettings) -> BoolArray:
    """Return the stances (F,) with swings where the toe (F, 2) is too far from one place."""
    path = _Path.of(toe, cost)
    divided = stands.copy()
    left = list(zip(*run_bounds(stands), strict=True))
    while left:
        first, end = left.pop()
        swing = _best_swing(path, first, end, settings)
        if swing is not None:
            divided[swing[0] : swing[1]] = False
            left += [(first, swing[0]), (swing[1], end)]
    return divided


def _best_swing(path: _Path, first: int, end: int, settings: StanceSettings) -> tuple[int, int] | None:
    """Return the swing, its first frame and its end, that divides a stance best; None if it should stay whole."""
    best = settings.step_cost if path.farthest(first, end) <= settings.farthest else -np.inf
    swing = None
    for frames in settings.swing_frames:
        begin = np.arange(first + settings.shortest_part_frames, end - settings.shortest_part_frames - frames + 1)
        if len(begin) == 0:
            continue
        stop = begin + frames
        before = np.maximum(begin - settings.around_frames, first)
        after = np.minimum(stop + settings.around_frames, end)
        less = path.scatter(before, after) - path.scatter(before, begin) - path.scatter(stop, after)
        gain = settings.place_weight * less - path.cost(begin, stop)
        place = int(gain.argmax())
        if gain[place] > best:
            best, swing = float(gain[place]), (int(begin[place]), int(stop[place]))
    return swing


@dataclass(frozen=True)
class _Path:
    """Hold running sums over one toe's path, so that the scatter of any stance is known at once."""

    toe: FloatArray
    total: FloatArray
    """(F + 1, 2)"""
    squares: FloatArray
    """(F + 1,)"""
    costs: FloatArray
    """(F + 1,)"""

    @classmethod
    def of(cls, toe: FloatArray, cost: FloatArray) -> _Path:
        """Return the sums of a path (F, 2), about its mean, and of the cost per frame (F,) to swing there."""
        about = toe - toe.mean(axis=0)
        none = np.zeros((1, 2))
        return cls(
            about,
            np.concatenate((none, np.cumsum(about, axis=0))),
            np.concatenate(([0.0], np.cumsum((about**2).sum(axis=1)))),
            np.concatenate(([0.0], np.cumsum(cost))),
        )

    def scatter(self, first: IndexArray, end: IndexArray) -> FloatArray:
        """Return the summed squared distances of stretches of the path from their means."""
        total, squares = self.total[end] - self.total[first], self.squares[end] - self.squares[first]
        return np.asarray(np.maximum(squares - (total**2).sum(axis=-1) / (end - first), 0.0))

    def cost(self, first: IndexArray, end: IndexArray) -> FloatArray:
        """Return the cost of swings."""
        return np.asarray(self.costs[end] - self.costs[first])

    def farthest(self, first: int, end: int) -> float:
        """Return the largest distance from the mean of a stance."""
        part = self.toe[first:end]
        return float(np.linalg.norm(part - part.mean(axis=0), axis=-1).max())
