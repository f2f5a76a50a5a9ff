# SPDX-License-Identifier: Apache-2.0
"""Say from a motion's confidence which stretches are probably wrong, and by how much.

The confidence is the share of frames like this one whose legs are within 10 cm of the truth (`sampling.confidence`).
How far the legs of such frames are off was measured on held-out people (`benchmarks/confidence.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from .skeleton import Skeleton

UNSURE: Final[float] = 0.4
"""Of the frames below this, nearly nine in ten have legs that are off by more than 10 cm (people who chose nothing)."""
_FAIRLY_SURE: Final[float] = 0.7
_BELOW_USUAL: Final[float] = 0.3
"""A stretch that is this much below the take's median, and below `_FAIRLY_SURE`, is worth a look as well."""
_SAME_STRETCH_S: Final[float] = 0.25
"""Stretches closer together than this are one place to look at."""
_SHORTEST_S: Final[float] = 0.15
"""Shorter stretches are not visible."""
_MEASURED_STATURE_M: Final[float] = 1.75

_KNOTS: Final[tuple[float, ...]] = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_LEGS_OFF_M: Final[tuple[float, ...]] = (0.42, 0.258, 0.152, 0.126, 0.122, 0.112, 0.097, 0.09, 0.059, 0.045)
"""Median error of knees, ankles and toes at each of `_KNOTS`, for an adult of `_MEASURED_STATURE_M`."""


@dataclass(frozen=True)
class UnsureStretch:
    """Hold a stretch of frames whose legs are probably wrong."""

    first: int
    last: int
    """Both inclusive."""
    legs_off_m: float
    """How far the legs of such frames typically are off."""

    @property
    def legs_off_cm(self) -> int:
        """Return that in centimetres, to the nearest five: it is no more exact."""
        return max(5, 5 * round(20 * self.legs_off_m))


def legs_off_m(confidence: FloatArray, stature_m: float = _MEASURED_STATURE_M) -> FloatArray:
    """Return how far knees, ankles and toes typically are off at each confidence, (F,), on a body of this stature."""
    return np.asarray(np.interp(confidence, _KNOTS, _LEGS_OFF_M)) * stature_m / _MEASURED_STATURE_M


def unsure_frames(confidence: FloatArray) -> BoolArray:
    """Return the frames to check, (F,): below `UNSURE`, or far below the rest of the take; NaN is neither."""
    known = confidence[np.isfinite(confidence)]
    if not len(known):
        return np.zeros(len(confidence), dtype=np.bool_)
    limit = max(UNSURE, min(_FAIRLY_SURE, float(np.median(known)) - _BELOW_USUAL))
    return np.asarray(confidence < limit)


def unsure_stretches(
    confidence: FloatArray, fps: float, skeleton: Skeleton | None = None, most: int = 3
) -> list[UnsureStretch]:
    """Return the longest stretches to check, in the order of time.

    Args:
        confidence: (F,), 0 to 1.
        fps: its rate.
        skeleton: the solved body, whose size scales the errors; None is an average adult.
        most: how many stretches at most.
    """
    stature_m = _MEASURED_STATURE_M if skeleton is None else skeleton.stature_m
    joined = unsure_frames(confidence)
    for start, stop in runs(~joined):
        if start > 0 and stop < len(joined) and stop - start <= _SAME_STRETCH_S * fps:
            joined[start:stop] = True
    found = [
        UnsureStretch(start, stop - 1, float(np.nanmean(legs_off_m(confidence[start:stop], stature_m))))
        for start, stop in runs(joined)
        if stop - start >= _SHORTEST_S * fps
    ]
    longest = sorted(found, key=lambda stretch: stretch.first - stretch.last)[:most]
    return sorted(longest, key=lambda stretch: stretch.first)
