# SPDX-License-Identifier: Apache-2.0
"""Find floors that drift: all devices rise or sink slowly together, while the performer stands as tall as before.

A performer who stands again and again has the same height each time, so the upright heights of the head lie on a level
line. If they lie on a slope, the tracking drifts, or the performer rides a lift or climbs stairs in the game. Feet
belong on the ground, so the slope is removed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray
from .defects import Poses
from .rooms import t_pose_frames

_WINDOW_S: Final[float] = 0.5
_FEWEST_WINDOWS: Final[int] = 12
_MOST_WINDOWS: Final[int] = 120
_SHORTEST_S: Final[float] = 8.0
"""Shortest drift: people sit down, crouch or rise in less time."""
_LEAST_FALL_M: Final[float] = 0.14
"""Less may be a performer who slouches more and more: from 10 cm on, one clean take in sixty seemed to sink."""
_LEAST_RISE_M: Final[float] = 0.09
"""Nobody gets taller: of 300 clean takes, none seemed to rise."""
_LEAST_SURE_M: Final[float] = 0.14
_MOST_RISE_M: Final[float] = 3.0
_STEP_M: Final[float] = 0.02
_NEAR_M: Final[float] = 0.025
_ABOVE_M: Final[float] = 0.06
_MOST_ABOVE: Final[float] = 0.04
_FEWEST: Final[float] = 0.68
"""Share of the windows in which the performer must stand upright, for the slope to be certain."""
_FEWEST_IF_TALLER: Final[float] = 0.3
_LATER_S: Final[float] = 2.0
_TALLER_M: Final[float] = 0.12
_TALLER_SHARE: Final[float] = 0.2
_BETTER: Final[float] = 0.15
"""Share of the windows that the slope must explain beyond the best level line."""
_STEEPER: Final[float] = 1.8
"""How many times more windows on the slope it must explain than the level line does."""
_FEWEST_ON_SLOPE: Final[float] = 0.7
_GRID: Final[int] = 14


class Drift(NamedTuple):
    """Hold a ground that rises by ``rise_m`` from ``start_s`` to ``stop_s`` and is level before and after."""

    start_s: float
    stop_s: float
    rise_m: float

    @property
    def sure(self) -> bool:
        """Say whether the slope is large enough to be taken out."""
        return abs(self.rise_m) >= _LEAST_SURE_M

    def level_m(self, times_s: FloatArray) -> FloatArray:
        """Return how high the ground is at some times, counted from its beginning."""
        share = np.clip((times_s - self.start_s) / (self.stop_s - self.start_s), 0.0, 1.0)
        return np.asarray(self.rise_m * share)


def find_drift(times_s: FloatArray, poses: Poses) -> Drift | None:
    """Return the drift of the ground; None if the performer's upright heights do not show one."""
    seen = poses.measured[:, 0]
    t, high_m = _upper_heights(times_s[seen], poses.positions_m[seen, 0, 1])
    if len(t) < _FEWEST_WINDOWS or t[-1] - t[0] < _SHORTEST_S:
        return None
    level = _explained(high_m[None])[0]
    taller = _grows(times_s, poses, t, high_m)
    least = max(_FEWEST_IF_TALLER if taller else _FEWEST, float(level.mean()) + _BETTER)
    if least >= 1.0:
        return None
    most_m = min(_MOST_RISE_M, float(np.ptp(high_m)) + 0.4)
    rises_m = np.arange(_LEAST_RISE_M, most_m, _STEP_M)
    if not taller:
        rises_m = np.concatenate((rises_m, -np.arange(_LEAST_FALL_M, most_m, _STEP_M)))
    borders_s = np.linspace(t[0], t[-1], _GRID + 1)
    best, most = None, least
    for first in range(_GRID):
        for last in range(_GRID, first, -1):
            start_s, stop_s = float(borders_s[first]), float(borders_s[last])
            if stop_s - start_s < _SHORTEST_S or len(rises_m) == 0:
                continue
            share = np.clip((t - start_s) / (stop_s - start_s), 0.0, 1.0)
            slope = np.flatnonzero((share > 0) & (share < 1))
            if len(slope) < 3:
                continue
            left_m = high_m - rises_m[:, None] * share
            promising = _most_explained(left_m) > most
            if not promising.any():
                continue
            explained = _explained(left_m[promising])
            shares = explained.mean(axis=-1)
            for part in np.array_split(slope, 3):
                # The slope itself must be seen, in each third of it.
                shares[explained[:, part].mean(axis=-1) < _FEWEST_ON_SLOPE * least] = 0.0
            shares[explained[:, slope].mean(axis=-1) < _STEEPER * level[slope].mean()] = 0.0
            index = int(np.argmax(shares))
            # A longer ramp is the simpler explanation.
            if shares[index] > most + 0.01 * (best is not None):
                best, most = Drift(start_s, stop_s, float(rises_m[promising][index])), float(shares[index])
    refined = None if best is None else _refined(best, t, high_m)
    if refined is None or -_LEAST_FALL_M < refined.rise_m < _LEAST_RISE_M:
        return None
    return refined


def _grows(times_s: FloatArray, poses: Poses, window_s: FloatArray, high_m: FloatArray) -> bool:
    """Say whether the performer is taller, long after a T-pose, than in it: then the ground has risen."""
    posed = np.flatnonzero(t_pose_frames(times_s, poses))
    if not len(posed):
        return False
    later = window_s > times_s[posed[-1]] + _LATER_S
    tall_m = float(np.median(poses.positions_m[posed, 0, 1])) + _TALLER_M
    return bool((high_m[later] > tall_m).sum() >= max(4, _TALLER_SHARE * later.sum()))


def _refined(drift: Drift, times_s: FloatArray, high_m: FloatArray) -> Drift:
    """Return the drift with the rise that fits the upright windows best."""
    left_m = high_m - drift.level_m(times_s)
    near = _explained(left_m[None])[0]
    share = drift.level_m(times_s)[near] / drift.rise_m
    slope_m = float(np.polyfit(share, left_m[near], 1)[0]) if np.ptp(share) > 0 else 0.0
    return drift._replace(rise_m=drift.rise_m + slope_m)


def _upper_heights(times_s: FloatArray, heights_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the middle of each window, and how high the head gets in it."""
    if len(times_s) == 0:
        return times_s, heights_m
    window_s = max(_WINDOW_S, float(times_s[-1] - times_s[0]) / _MOST_WINDOWS)
    window = ((times_s - times_s[0]) / window_s).astype(np.int64)
    starts = np.flatnonzero(np.append(True, np.diff(window) > 0))
    count = np.diff(np.append(starts, len(times_s)))
    return np.add.reduceat(times_s, starts) / count, np.maximum.reduceat(heights_m, starts)


def _most_explained(heights_m: FloatArray) -> FloatArray:
    """Return a bound of the share of windows that `_explained` finds, (R,), which costs a sixth of it."""
    highest_m = _highest(heights_m)[:, None]
    within = (heights_m <= highest_m + 2 * _NEAR_M) & (heights_m >= highest_m - _ABOVE_M)
    return np.asarray(np.count_nonzero(within, axis=-1) / heights_m.shape[-1])


def _highest(heights_m: FloatArray) -> FloatArray:
    """Return the height, (R,), that hardly any window exceeds, of (R, W) heights."""
    rank = int(np.ceil(heights_m.shape[-1] * (1 - _MOST_ABOVE))) - 1
    return np.asarray(np.partition(heights_m, rank, axis=-1)[:, rank])


def _explained(heights_m: FloatArray) -> BoolArray:
    """Return which windows are near one height that hardly any window exceeds, (R, W), of (R, W) heights."""
    highest = _highest(heights_m)
    near = np.zeros(heights_m.shape, dtype=np.bool_)
    most = np.full(len(heights_m), -1.0)
    for below_m in np.linspace(-_NEAR_M, _ABOVE_M - _NEAR_M, 6):
        here = np.abs(heights_m - (highest - below_m)[:, None]) <= _NEAR_M
        share = here.mean(axis=-1)
        near[share > most] = here[share > most]
        most = np.maximum(most, share)
    return near
