# SPDX-License-Identifier: Apache-2.0
"""Estimate the noise of measured positions, and smooth those that are too noisy to be followed frame by frame.

A body's third differences are small (millimetres a frame cubed at 60 Hz); white noise of deviation sigma has third
differences of ``sqrt(20) sigma``. So their median gives sigma for any movement. The smoother penalises third
differences relative to their usual size (Whittaker 1922; Eilers 2003).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.skeleton import JOINT_INDEX
from ..numerics.banded import solve_banded_spd
from ..recording.types import Sensors

_STEADY_M: Final[float] = 0.005
"""Positions with less noise are not smoothed; good tracking has a millimetre."""
_THIRD_DIFFERENCE_M: Final[float] = 0.006
_OF_TRUNK_M: Final[float] = 0.002
"""Usual third difference of wrists, limbs, and of head and trunk, per frame and axis at 60 Hz, root mean square over
walking to boxing."""
_TRUNK: Final[frozenset[int]] = frozenset(
    JOINT_INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
)
_FEWEST_DIFFERENCES: Final[int] = 8
_NORMAL_MEDIAN: Final[float] = 0.6745
"""Median of the absolute value of a standard normal variable."""


@dataclass(frozen=True)
class SteadySensors:
    """Hold sensors with smoothed positions, and the noise that remains in them."""

    sensors: Sensors
    noise_m: NDArray[np.float64]
    """(P,) standard deviation that remains in each point's positions; zero if the point was not smoothed."""


def steady_positions(sensors: Sensors) -> SteadySensors:
    """Return the sensors with noisy devices smoothed, the others untouched."""
    noise_m = position_noise_m(sensors)
    left_m = np.zeros(len(sensors.joints))
    positions_m = sensors.positions_m.copy()
    for device in np.flatnonzero(noise_m > _STEADY_M):
        usual_m = _OF_TRUNK_M if sensors.joints[device] in _TRUNK else _THIRD_DIFFERENCE_M
        stiffness = (noise_m[device] / usual_m) ** 2
        weight = sensors.measured[:, device].astype(np.float64)
        positions_m[:, device] = _whittaker(positions_m[:, device], weight, stiffness)
        left_m[device] = noise_m[device] * np.sqrt(_noise_share(stiffness))
    return SteadySensors(replace(sensors, positions_m=positions_m), left_m)


def position_noise_m(sensors: Sensors) -> NDArray[np.float64]:
    """Return the standard deviation of the white noise in each point's positions, (P,).

    Zero if too little is measured. Movement also counts as noise, but only a little: 0.4 mm for walking, less than 1 mm
    for fast games.
    """
    noise_m = np.zeros(len(sensors.joints))
    third = np.abs(np.diff(sensors.positions_m, 3, axis=0))
    if len(third) == 0:
        return noise_m
    together = np.lib.stride_tricks.sliding_window_view(sensors.measured, 4, axis=0).all(axis=-1)
    for device in range(len(sensors.joints)):
        if together[:, device].sum() >= _FEWEST_DIFFERENCES:
            noise_m[device] = np.median(third[together[:, device], device]) / (_NORMAL_MEDIAN * np.sqrt(20.0))
    return noise_m


def _whittaker(values: NDArray[np.float64], weight: NDArray[np.float64], stiffness: float) -> NDArray[np.float64]:
    """Return the series (F, 3) that is near to the weighted values and has small third differences."""
    frames = len(values)
    # D^T D in upper banded storage, D the third difference.
    coefficients = np.array((-1.0, 3.0, -3.0, 1.0))
    banded = np.zeros((4, frames))
    for first in range(4):
        for second in range(first, 4):
            band = second - first
            banded[3 - band, second : frames - 3 + second] += stiffness * coefficients[first] * coefficients[second]
    banded[3] += np.maximum(weight, 1e-6)
    return solve_banded_spd(banded, np.maximum(weight, 1e-6)[:, None] * values)


def _noise_share(stiffness: float) -> float:
    """Return the share of white noise's variance that the smoother lets through, far from the ends."""
    frequency = np.linspace(0.0, np.pi, 2048)
    gain = 1.0 / (1.0 + stiffness * (2.0 - 2.0 * np.cos(frequency)) ** 3)
    return float(np.mean(gain**2))
