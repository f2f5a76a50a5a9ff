# SPDX-License-Identifier: Apache-2.0
"""Straighten the legs of people who stand upright and relaxed.

How straight legs are follows from the head's height: captured people who stand still with their head within 1 % of
its upright height have knees bent by 5 degrees in the median, and by less than 10 in nine of ten. Half a centimetre of
height is 12 degrees of knee, so the prior, which sees a noisy height, cannot say it as sharply. It becomes one more
measurement: the height of each hip over its ankle. With the head lower than this it widens and ends, and what height
is missing bends trunk and neck as well as knees, as the prior knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..numerics.filters import gaussian_filter

_HEAD_RATIO: Final[tuple[float, ...]] = (0.955, 0.965, 0.975, 0.9825, 0.9875, 0.9925, 1.0)
"""Height of the head over its height in an upright stance."""
_EXTENSION: Final[tuple[float, ...]] = (0.968, 0.972, 0.986, 0.994, 0.998, 0.999, 0.999)
"""Distance of hip and ankle over the leg's length at these heights: the medians of `benchmarks/upright_legs.py`."""
_DEVIATION: Final[tuple[float, ...]] = (0.100, 0.040, 0.017, 0.012, 0.006, 0.002, 0.002)
"""Its standard deviation, likewise; at the lower end it says nothing any more."""
_UPRIGHT: Final[tuple[float, float]] = (0.965, 0.985)
"""Below the first height nobody stands upright, above the second everybody does."""
_FREE: Final[float] = 1.0
_STILL_PER_S: Final[float] = 0.17
"""Speed of the head over the leg's length in a relaxed stance: 15 cm/s for an adult."""
_SMOOTHING_FRAMES: Final[float] = 6.0


@dataclass(frozen=True)
class LegExtension:
    """Hold how far hips are from ankles, and how surely."""

    share: FloatArray
    """(F,) of the leg's length."""
    deviation: FloatArray
    """(F,) standard deviation of the share; 1 where nothing is known."""
    upright: FloatArray
    """(F,) from 0 to 1, how surely the person stands upright and still."""

    @classmethod
    def unknown(cls, frames: int) -> LegExtension:
        """Return what is known of people whose height above the floor is not known: nothing."""
        return cls(np.ones(frames), np.full(frames, _FREE), np.zeros(frames))


def expected_extension(head_ratio: FloatArray, head_speed_per_leg: FloatArray, stands: BoolArray) -> LegExtension:
    """Return how straight the legs of people are who stand on both feet.

    Args:
        head_ratio: height of the head joint above a standing foot over its height in an upright stance, (F,).
        head_speed_per_leg: speed of the head over the leg's length, per second, (F,).
        stands: whether each foot stands, (F, 2).
    """
    still = np.exp(-0.5 * (gaussian_filter(head_speed_per_leg, _SMOOTHING_FRAMES, "nearest") / _STILL_PER_S) ** 2)
    ratio = gaussian_filter(head_ratio, _SMOOTHING_FRAMES, "nearest")
    share = still * gaussian_filter(stands.all(axis=1).astype(np.float64), _SMOOTHING_FRAMES, "nearest")
    share = np.where(ratio < _HEAD_RATIO[0], 0.0, share)
    deviation = np.interp(ratio, _HEAD_RATIO, _DEVIATION) / np.sqrt(np.maximum(share, 1e-6))
    upright = share * np.interp(ratio, _UPRIGHT, (0.0, 1.0))
    return LegExtension(np.interp(ratio, _HEAD_RATIO, _EXTENSION), np.minimum(deviation, _FREE), upright)
