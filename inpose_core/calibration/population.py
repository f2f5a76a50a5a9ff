# SPDX-License-Identifier: Apache-2.0
"""Hold what is known of people before a take is read: how tall they are, and how they sit."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray

SEAT_HEIGHT_M: Final[float] = 0.45
SEAT_DEVIATION_M: Final[float] = 0.05
"""Chairs, sofas and office chairs are 40 to 52 cm high."""
SEATED_EYES_RATIO: Final[float] = 0.44
"""Height of the eyes above the seat over stature: 0.455 in an upright seat (anthropometry), 0.43 to 0.45 as captured
people sit."""
SEATED_EYES_DEVIATION: Final[float] = 0.018

_STATURES: Final[tuple[tuple[float, float, float], ...]] = (
    # share, mean and standard deviation in metres
    (0.92, 1.70, 0.10),  # adults
    (0.03, 1.35, 0.14),  # children
    (0.05, 1.75, 0.22),  # giants, dwarfs, and actors who play with scale
)


def log_stature(stature_m: FloatArray) -> FloatArray:
    """Return the log density of statures, per metre."""
    density = sum(share * normal(stature_m - mean, deviation) for share, mean, deviation in _STATURES)
    return np.log(density)


def normal(error: FloatArray | float, deviation: FloatArray | float) -> FloatArray:
    """Return the density of a normal distribution."""
    return np.asarray(np.exp(-0.5 * np.square(error / deviation)) / (deviation * np.sqrt(2 * np.pi)))


def beside(above: FloatArray, rise: float, fall: float) -> FloatArray:
    """Return the density of an error that is exponential on both sides, with the scales ``rise`` above zero and
    ``fall`` below."""
    return np.asarray(np.exp(-np.where(above > 0, above / rise, -above / fall)) / (rise + fall))
