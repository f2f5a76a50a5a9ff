# SPDX-License-Identifier: Apache-2.0
"""Estimate the noise of measured poses, and smooth those that are too noisy to be followed frame by frame.

A body's third differences are small (millimetres a frame cubed at 60 Hz); white noise of deviation sigma has third
differences of ``sqrt(20) sigma``. So their median gives sigma for any movement. The smoother penalises third
differences relative to their usual size (Whittaker 1922; Eilers 2003). Rotations are treated the same, each by itself:
some trackers have good positions and trembling rotations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.quaternions import conjugate_quaternion, continuous_signs, multiply_quaternions, normalize_quaternion
from ..body.skeleton import JOINT_INDEX
from ..numerics.banded import solve_banded_spd
from ..recording.types import Sensors

_ADULT_M: Final[float] = 1.52
"""Standing head height of the body on which the lengths below were found. On other bodies they are in proportion,
because the sensors are scaled to the body."""
_STEADY: Final[float] = 0.005 / _ADULT_M
"""Positions with less noise are not smoothed: 5 mm for an adult; good tracking has a millimetre."""
_THIRD_DIFFERENCE: Final[float] = 0.006 / _ADULT_M
_OF_TRUNK: Final[float] = 0.002 / _ADULT_M
"""Usual third difference of wrists, limbs, and of head and trunk, per frame and axis at 60 Hz, root mean square over
walking to boxing: 6 mm and 2 mm for an adult."""
_TRUNK: Final[frozenset[int]] = frozenset(
    JOINT_INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
)
_STEADY_RAD: Final[float] = float(np.radians(1.0))
"""Rotations with less noise are not smoothed; good tracking has 0.1 degrees, and no captured motion seems to have more
than half a degree."""
_THIRD_DIFFERENCE_RAD: Final[float] = float(np.radians(0.6))
"""Usual third difference of rotations, per frame and axis: the median over people, alike for all joints but the feet
(1 degree). Chosen among 0.4 to 1.6 degrees, with noise of 5 degrees, which makes little difference."""
_FEWEST_DIFFERENCES: Final[int] = 8
_NORMAL_MEDIAN: Final[float] = 0.6745
"""Median of the absolute value of a standard normal variable."""


@dataclass(frozen=True)
class SteadySensors:
    """Hold sensors with smoothed poses, and the noise that remains in their positions.

    What remains in the rotations is added to the sensors' own noise of rotations.
    """

    sensors: Sensors
    noise_m: NDArray[np.float64]
    """(P,) standard deviation that remains in each point's positions; zero if the point was not smoothed."""


def steady_poses(sensors: Sensors, body_size_m: float) -> SteadySensors:
    """Return the sensors with noisy devices smoothed, the others untouched.

    Args:
        sensors: joint poses, in the size of the body.
        body_size_m: standing head height of the body.
    """
    noise_m = position_noise_m(sensors)
    left_m = np.zeros(len(sensors.joints))
    positions_m = sensors.positions_m.copy()
    for device in np.flatnonzero(noise_m > _STEADY * body_size_m):
        usual_m = body_size_m * (_OF_TRUNK if sensors.joints[device] in _TRUNK else _THIRD_DIFFERENCE)
        stiffness = (noise_m[device] / usual_m) ** 2
        weight = sensors.measured[:, device].astype(np.float64)
        positions_m[:, device] = _whittaker(positions_m[:, device], weight, stiffness)
        left_m[device] = noise_m[device] * np.sqrt(_noise_share(stiffness))
    return SteadySensors(_with_steady_rotations(replace(sensors, positions_m=positions_m)), left_m)


def _with_steady_rotations(sensors: Sensors) -> Sensors:
    noise_rad = rotation_noise_rad(sensors)
    noisy = np.flatnonzero(noise_rad > _STEADY_RAD)
    if not len(noisy):
        return sensors
    rotations_wxyz = sensors.rotations_wxyz.copy()
    told_rad = np.zeros(sensors.measured.shape) if sensors.rotation_noise_rad is None else sensors.rotation_noise_rad
    told_rad = told_rad.copy()
    for device in noisy:
        stiffness = (noise_rad[device] / _THIRD_DIFFERENCE_RAD) ** 2
        weight = sensors.rotation_known[:, device].astype(np.float64)
        smooth = _whittaker(continuous_signs(rotations_wxyz[:, device]), weight, stiffness)
        rotations_wxyz[:, device] = normalize_quaternion(smooth)
        left_rad = noise_rad[device] * np.sqrt(_noise_share(stiffness))
        told_rad[:, device] = np.hypot(told_rad[:, device], left_rad)
    return replace(sensors, rotations_wxyz=rotations_wxyz, rotation_noise_rad=told_rad)


def rotation_noise_rad(sensors: Sensors) -> NDArray[np.float64]:
    """Return the standard deviation per axis of the white noise in each point's rotations, (P,).

    Zero if too little is measured.
    """
    noise_rad = np.zeros(len(sensors.joints))
    wxyz = sensors.rotations_wxyz
    steps = multiply_quaternions(conjugate_quaternion(wxyz[:-1]), wxyz[1:])
    # Steps are small, so that their rotation vectors are twice their vector parts; q and -q are the same.
    turns_rad = 2 * np.where(steps[..., :1] < 0, -1.0, 1.0) * steps[..., 1:]
    third = np.abs(np.diff(turns_rad, 2, axis=0))
    if len(third) == 0:
        return noise_rad
    together = np.lib.stride_tricks.sliding_window_view(sensors.rotation_known, 4, axis=0).all(axis=-1)
    for device in range(len(sensors.joints)):
        if together[:, device].sum() >= _FEWEST_DIFFERENCES:
            noise_rad[device] = np.median(third[together[:, device], device]) / (_NORMAL_MEDIAN * np.sqrt(20.0))
    return noise_rad


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
    """Return the series (F, C) that is near to the weighted values and has small third differences."""
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
