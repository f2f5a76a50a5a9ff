# SPDX-License-Identifier: Apache-2.0
"""Straighten the legs of people who stand upright and relaxed.

The head's height tells how straight the legs are. Captured people who stand still, with the head within 1 % of its
upright height, bend their knees by 5 degrees (median), and nine of ten by less than 10 degrees. Half a centimetre of
height corresponds to 12 degrees of knee bend. The prior sees a noisy height, so it cannot tell this as exactly.
Therefore it is one more measurement: the height of each hip over its ankle. If the head is lower, the measurement
becomes less certain and then ends: the prior decides how trunk, neck and knees bend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..numerics.filters import gaussian_filter

_HEAD_RATIO: Final[tuple[float, ...]] = (0.955, 0.965, 0.975, 0.9825, 0.9875, 0.9925, 1.0)
"""Height of the head over its height in an upright stance."""
_EXTENSION: Final[tuple[float, ...]] = (0.968, 0.972, 0.986, 0.994, 0.998, 0.999, 0.999)
"""Distance of hip and ankle over the leg length at these heights: medians of `benchmarks/upright_legs.py`."""
_DEVIATION: Final[tuple[float, ...]] = (0.100, 0.040, 0.017, 0.012, 0.006, 0.002, 0.002)
"""Standard deviation of this distance, from the same benchmark; at the lower end it has no influence."""
_UPRIGHT: Final[tuple[float, float]] = (0.965, 0.985)
"""Below the first height nobody stands upright, above the second everybody does."""
_FREE: Final[float] = 1.0
_STILL_PER_S: Final[float] = 0.17
"""Speed of the head over the leg's length in a relaxed stance: 15 cm/s for an adult."""
_SMOOTHING_FRAMES: Final[float] = 6.0
_LANDING_FRAMES: Final[int] = 8


@dataclass(frozen=True)
class LegExtension:
    """Hold the expected distances of hips and ankles, and their uncertainty."""

    share: FloatArray
    """(F,) of the leg's length."""
    deviation: FloatArray
    """(F,) standard deviation of this share; 1 if nothing is known."""
    upright: FloatArray
    """(F,) from 0 to 1: how certain it is that the person stands upright and still."""

    @classmethod
    def unknown(cls, frames: int) -> LegExtension:
        """Return the value without information, for recordings whose heights do not count from the floor."""
        return cls(np.ones(frames), np.full(frames, _FREE), np.zeros(frames))

    def unless(self, measured: FloatArray) -> LegExtension:
        """Return the extension without information where the legs themselves are measured, (F,) from 0 to 1."""
        return replace(
            self,
            deviation=self.deviation + measured * (_FREE - self.deviation),
            upright=self.upright * (1 - measured),
        )


def expected_extension(head_ratio: FloatArray, head_speed_per_leg: FloatArray, stands: BoolArray) -> LegExtension:
    """Return the expected leg extension of people who stand on both feet.

    Args:
        head_ratio: height of the head joint above a standing foot over its height in an upright stance, (F,).
        head_speed_per_leg: speed of the head over the leg's length, per second, (F,).
        stands: whether each foot stands, (F, 2).
    """
    still = np.exp(-0.5 * (gaussian_filter(head_speed_per_leg, _SMOOTHING_FRAMES, "nearest") / _STILL_PER_S) ** 2)
    ratio = gaussian_filter(head_ratio, _SMOOTHING_FRAMES, "nearest")
    share = still * gaussian_filter(_firmly(stands.all(axis=1)).astype(np.float64), _SMOOTHING_FRAMES, "nearest")
    share = np.where(ratio < _HEAD_RATIO[0], 0.0, share)
    # A tight measurement that only counts by a tenth is still tight, so its deviation grows as the share falls.
    deviation = np.interp(ratio, _HEAD_RATIO, _DEVIATION) / np.maximum(share, 1e-3)
    upright = share * np.interp(ratio, _UPRIGHT, (0.0, 1.0))
    return LegExtension(np.interp(ratio, _HEAD_RATIO, _EXTENSION), np.minimum(deviation, _FREE), upright)


def _firmly(both: BoolArray) -> BoolArray:
    """Return the stances on both feet (F,) without their first and last moments, so that no leg is straightened before
    it lands or after it lifts."""
    firm = np.zeros_like(both)
    for first, end in runs(both):
        begin = first + _LANDING_FRAMES if first > 0 else 0
        firm[begin : end - _LANDING_FRAMES if end < len(both) else end] = True
    return firm
