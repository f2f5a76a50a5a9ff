# SPDX-License-Identifier: Apache-2.0
"""Find hands that are hips: trackers on a belt that have the role of a hand.

A belt stays below the head, at a third of the eyes' height, closer to the body than hands are, and it leans little.
The limits are those of captured people: three in four windows of four seconds with a tracker on the hips are found,
and none of 832 windows of hands.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, IndexArray, lengths, runs
from ...body.quaternions import rotate_vector
from .defects import Poses, TrackDefect

_WINDOW_S: Final[float] = 4.0
_HOP_S: Final[float] = 0.5
_SAMPLE_S: Final[float] = 1 / 30.0
_EYES_BEFORE_HEAD_M: Final[float] = 0.10
_ASIDE_M: Final[float] = 0.3
"""Farthest from the head joint, seen from above."""
_BESIDE_M: Final[float] = 0.1
"""Farthest to one side; hands that rest on the hips are further out."""
_BELOW: Final[tuple[float, float]] = (0.28, 0.38)
"""How far below the eyes it gets, over the eyes' height; a hand that hangs is lower, one that is held up is higher."""
_LEAST_BELOW: Final[float] = 0.2
_LEANS_RAD: Final[float] = np.radians(30.0)
_SPEED_M_S: Final[float] = 1.5
"""Against the head."""
_EYES_M: Final[tuple[float, float]] = (1.2, 1.9)
"""Heights of eyes that are believed: the floor may be wrong."""
_UPRIGHT: Final[float] = float(np.cos(np.radians(40.0)))
"""Of the head's own up axis: who bends over has the hands where the hips of others are."""
_HIPS_BELOW: Final[tuple[float, float]] = (0.05, 0.42)
_HIPS_ASIDE_M: Final[float] = 0.6
"""Where hips get at all."""
_OUTLIER_S: Final[float] = 0.1
_SURELY: Final[float] = 0.4
"""Share of a span that must be like hips in each respect."""
_MOST: Final[float] = 0.9
"""Share of the take that must be on the hips, if the hand does not leap there."""
_LEAP_M: Final[float] = 0.12
_LEAP_M_S: Final[float] = 5.0
_FEWEST_FRAMES: Final[int] = 5
_MOST_LOST: Final[float] = 0.2
HOW: Final[str] = "stays at the hips, like a tracker on a belt: check the roles of the devices"


def find_hips(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Return the spans in which a hand is on the hips."""
    seen = poses.measured[:, 0]
    if not seen.any():
        return []
    eyes_m = float(np.clip(np.percentile(poses.positions_m[seen, 0, 1], 95), *_EYES_M))
    stride = max(1, round(_SAMPLE_S / float(np.median(np.diff(times_s)))))
    begins_s = np.arange(times_s[0], times_s[-1] - _WINDOW_S + _HOP_S, _HOP_S)
    starts, stops = (np.searchsorted(times_s, begins_s + after_s) for after_s in (0.0, _WINDOW_S))
    found = []
    for hand in (1, 2):
        known = poses.measured[:, 0] & poses.measured[:, hand]
        doubted = _doubted(times_s, poses, hand, known, eyes_m)
        near, surely = np.zeros((2, len(times_s)), dtype=np.bool_)
        for start, stop in doubted:
            near[start:stop] = True
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            if not near[start:stop].any():
                continue
            frames = np.arange(start, stop, stride)[known[start:stop:stride]]
            if len(frames) > (1 - _MOST_LOST) * (stop - start) / stride:
                surely[start:stop] |= _on_the_hips(times_s, poses, hand, frames, eyes_m)
        found += [
            TrackDefect("another_device", hand, start, stop, HOW)
            for start, stop in doubted
            if surely[start:stop].mean() > _SURELY
        ]
    return found


def _doubted(times_s: FloatArray, poses: Poses, hand: int, known: BoolArray, eyes_m: float) -> list[tuple[int, int]]:
    """Return the spans where hips get that are most of the take, or between which the hand leaps."""
    apart_m = poses.positions_m[:, hand] - poses.positions_m[:, 0]
    elsewhere = known & ~_where_hips_get(apart_m, eyes_m)
    leaps = _leaps(times_s, poses, hand)
    leapt = frozenset(leaps.tolist())
    count = np.append(0, np.cumsum(known))
    spans = []
    for first, last in runs(~_lasting(times_s, elsewhere)):
        for start, stop in pairwise((first, *leaps[(leaps > first) & (leaps < last)].tolist(), last)):
            if not leapt.isdisjoint((start, stop)) or count[stop] - count[start] > _MOST * count[-1]:
                spans.append((start, stop))
    return spans


def _leaps(times_s: FloatArray, poses: Poses, hand: int) -> IndexArray:
    """Return the frames to which the hand leaps, as it does when another device becomes it."""
    known = np.flatnonzero(poses.measured[:, hand])
    if len(known) < _FEWEST_FRAMES:
        return known[:0]
    steps_m = lengths(np.diff(poses.positions_m[known, hand], axis=0))
    beside_m = np.maximum(np.append(0.0, steps_m[:-1]), np.append(steps_m[1:], 0.0))
    quick = steps_m > np.maximum(_LEAP_M, _LEAP_M_S * np.diff(times_s[known]))
    return known[1:][quick & (steps_m > 2 * beside_m)]


def _where_hips_get(apart_m: FloatArray, eyes_m: float) -> BoolArray:
    """Return whether places seen from the head, (F, 3), can be those of hips."""
    below = -apart_m[:, 1] / eyes_m
    aside_m = lengths(apart_m[:, (0, 2)])
    return np.asarray((below > _HIPS_BELOW[0]) & (below < _HIPS_BELOW[1]) & (aside_m < _HIPS_ASIDE_M))


def _lasting(times_s: FloatArray, flags: BoolArray) -> BoolArray:
    """Return the flags without those that last no longer than an outlier."""
    lasting = flags.copy()
    for start, stop in runs(flags):
        lasting[start:stop] = times_s[stop - 1] - times_s[start] > _OUTLIER_S
    return lasting


def _on_the_hips(times_s: FloatArray, poses: Poses, hand: int, frames: IndexArray, eyes_m: float) -> bool:
    head_wxyz, hand_wxyz = poses.rotations_wxyz[frames, 0], poses.rotations_wxyz[frames, hand]
    apart_m = poses.positions_m[frames, hand] - poses.positions_m[frames, 0]
    below_m = np.sort(-apart_m[:, 1])
    highest, lowest = (_percentile_of_sorted(below_m, percent) / eyes_m for percent in (2, 98))
    if not _BELOW[0] < lowest < _BELOW[1] or highest < _LEAST_BELOW:
        return False
    if np.median(rotate_vector(head_wxyz, (0.0, 1.0, 0.0))[:, 1]) < _UPRIGHT:
        return False
    ahead = rotate_vector(head_wxyz, (0.0, 0.0, -1.0))
    aside_m = (apart_m + _EYES_BEFORE_HEAD_M * ahead)[:, (0, 2)]
    if np.percentile(np.linalg.norm(aside_m, axis=1), 95) > _ASIDE_M:
        return False
    right = rotate_vector(head_wxyz, (1.0, 0.0, 0.0))
    if abs(float(np.median((apart_m * right)[:, (0, 2)].sum(axis=1)))) > _BESIDE_M:
        return False
    speed_m_s = np.linalg.norm(np.diff(apart_m, axis=0), axis=1) / np.maximum(np.diff(times_s[frames]), 1e-6)
    if np.percentile(speed_m_s, 90) > _SPEED_M_S:
        return False
    # The vertical in the device's own axes.
    up = np.stack([rotate_vector(hand_wxyz, axis)[:, 1] for axis in np.eye(3).tolist()], axis=-1)
    usual = up.mean(axis=0) / max(float(np.linalg.norm(up.mean(axis=0))), 1e-9)
    return float(np.percentile(np.arccos(np.clip(up @ usual, -1.0, 1.0)), 95)) < _LEANS_RAD


def _percentile_of_sorted(values: FloatArray, percent: float) -> float:
    """Return a percentile of sorted values, as `numpy.percentile` does, which takes a hundred times as long."""
    place = percent / 100 * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return float(values[below] + (place - below) * (values[above] - values[below]))
