# SPDX-License-Identifier: Apache-2.0
"""Find when the headset is not worn: it lies on a desk before it is put on, in the middle of a take, or at its end.

Held in the hands, a headset is low and tilted, and the hands are beside it. On a desk, a headset is still apart from
the noise of its sensors, lower than on a head, and mostly tilted; the controllers lie beside it. These are not poses
of the performer. The moments in which the headset is put on and taken off also count as not worn.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray, lengths, middle
from ...body.quaternions import rotate_vector
from .defects import Poses
from .stillness import Stillness, find_still, travel_m

_SHORTEST_S: Final[float] = 0.8
_ALONE_S: Final[float] = 2.0
"""Shortest span if the headset lies alone, while the hands still move."""
_ALONE_EXACT_S: Final[float] = 4.0
_FLOOR_M: Final[float] = 0.4
_ON_THE_FLOOR_S: Final[float] = 4.0
"""Shortest span near the floor, where people also lie still for a while."""
_LOWER_M: Final[float] = 0.25
_TILTED_RAD: Final[float] = np.radians(40.0)
_STILL_M: Final[float] = 0.008
_SENSOR_NOISE_M: Final[float] = 3e-5
_BESIDE_M: Final[float] = 0.12
"""Largest difference in height between the controllers and the headset."""
_WORN_LOWER_M: Final[float] = 0.15
_WORN_TILT_RAD: Final[float] = np.radians(30.0)
_LONGEST_CHANGE_S: Final[float] = 4.0
_HELD_LOWER_M: Final[float] = 0.18
_HELD_S: Final[float] = 1.5
_NEARLY_ALL: Final[float] = 0.85
_HELD_BESIDE_M: Final[float] = 0.32
_HELD_TILT_RAD: Final[float] = np.radians(25.0)
_MOST: Final[float] = 0.9
_ENDS_S: Final[float] = 1.0


class NotWorn(NamedTuple):
    """Hold a span in which the headset is not worn."""

    start: int
    stop: int
    """Frames, the last not included; with the moments in which it is put on or taken off."""


def find_not_worn(times_s: FloatArray, poses: Poses) -> list[NotWorn]:
    """Return the spans in which the headset is not worn, in order; none if it is hardly ever worn."""
    known = poses.measured[:, 0]
    spans = find_still(times_s, poses.positions_m[:, 0], known)
    still = np.zeros(len(times_s), dtype=np.bool_)
    for span in spans:
        still[span.start : span.stop] = True
    worn = known & ~still
    if worn.sum() < 2:
        return []
    heights_m = poses.positions_m[:, 0, 1]
    worn_m = float(np.percentile(heights_m[worn], 75))
    usual_m = float(np.median(heights_m[worn]))
    tilt_rad = _tilt(poses.rotations_wxyz[:, 0])
    lying = [span for span in spans if _lies(times_s, poses, span, worn_m, tilt_rad)]
    up = (heights_m > usual_m - _WORN_LOWER_M) & (tilt_rad < _WORN_TILT_RAD)
    off = [(span.start, span.stop) for span in lying] + _held(times_s, poses, worn_m, tilt_rad)
    found: list[NotWorn] = []
    for first, last in sorted(off):
        start, stop = _with_changes(times_s, up, first, last)
        if found and start <= found[-1].stop:
            start = found.pop().start
        found.append(NotWorn(start, stop))
    outside = known.copy()
    for start, stop in found:
        outside[start:stop] = False
    return found if outside.sum() > (1 - _MOST) * known.sum() else []


def _held(times_s: FloatArray, poses: Poses, worn_m: float, tilt_rad: FloatArray) -> list[tuple[int, int]]:
    """Return the spans at the beginning and the end in which the hands hold the headset before them."""
    positions_m, _, measured = poses
    beside = measured.all(axis=1)
    for hand in (1, 2):
        apart_m = positions_m[:, hand] - positions_m[:, 0]
        beside &= (lengths(apart_m) < _HELD_BESIDE_M) & (np.abs(apart_m[:, 1]) < _HELD_BESIDE_M / 2)
    held = beside & (positions_m[:, 0, 1] < worn_m - _HELD_LOWER_M) & (tilt_rad > _HELD_TILT_RAD)
    spans = []
    first, last = _prefix(held), len(held) - _prefix(held[::-1])
    if first and times_s[first - 1] - times_s[0] > _HELD_S:
        spans.append((0, first))
    if first < last < len(held) and times_s[-1] - times_s[last] > _HELD_S:
        spans.append((last, len(held)))
    return spans


def _prefix(flags: BoolArray) -> int:
    """Return the length of the longest beginning that is nearly all true and ends with a true flag."""
    share = np.cumsum(flags) / np.arange(1, len(flags) + 1)
    long = np.flatnonzero(flags & (share > _NEARLY_ALL))
    return int(long[-1]) + 1 if len(long) else 0


def _lies(times_s: FloatArray, poses: Poses, span: Stillness, worn_m: float, tilt_rad: FloatArray) -> bool:
    part = slice(span.start, span.stop)
    lasts_s = float(times_s[span.stop - 1] - times_s[span.start])
    height_m = float(middle(poses.positions_m[part, 0, 1]))
    tilted = float(middle(tilt_rad[part])) > _TILTED_RAD
    if lasts_s < (_SHORTEST_S if height_m > _FLOOR_M else _ON_THE_FLOOR_S) or not (
        height_m < worn_m - _LOWER_M or tilted
    ):
        return False
    hands = [hand for hand in (1, 2) if poses.measured[part, hand].any()]
    if not hands:
        return lasts_s > _ALONE_S
    places = [poses.positions_m[part, hand][poses.measured[part, hand]] for hand in hands]
    noisy = span.noise_m > _SENSOR_NOISE_M
    if all(travel_m(place) < _STILL_M + 6 * span.noise_m for place in places):
        # A body may lie or sit still as well; its hands are not as high as its eyes.
        beside_m = _BESIDE_M * (1 + noisy)
        beside = all(abs(float(middle(place[:, 1])) - height_m) < beside_m for place in places)
        return beside or (noisy and lasts_s > _ALONE_EXACT_S)
    return lasts_s > (_ALONE_S if noisy else _ALONE_EXACT_S)


def _with_changes(times_s: FloatArray, up: BoolArray, first: int, last: int) -> tuple[int, int]:
    """Return the span with the moments before and after it until the headset is where it is worn."""
    before = np.flatnonzero(up[:first])
    after = np.flatnonzero(up[last:])
    start = int(before[-1]) + 1 if len(before) else 0
    stop = last + int(after[0]) if len(after) else len(times_s)
    if times_s[first] - times_s[start] > _LONGEST_CHANGE_S:
        start = first
    if times_s[min(stop, len(times_s) - 1)] - times_s[last - 1] > _LONGEST_CHANGE_S:
        stop = last
    # Close to the ends nobody wears it before, or after.
    if times_s[start] - times_s[0] < _ENDS_S and not len(before):
        start = 0
    return start, stop


def _tilt(head_wxyz: FloatArray) -> FloatArray:
    """Return how far the headset's up axis is from the vertical, (F,), in radians."""
    return np.asarray(np.arccos(np.clip(rotate_vector(head_wxyz, (0.0, 1.0, 0.0))[..., 1], -1.0, 1.0)))
