# SPDX-License-Identifier: Apache-2.0
"""Noisy positions are told from moving ones, and smoothed as far as their noise asks."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.skeleton import Skeleton
from inpose_core.recording.types import Sensors
from inpose_core.sampling.steadying import position_noise_m, steady_poses
from tests.core.synthetic import perfect_sensors, smooth_motion

BODY_SIZE_M = Skeleton.template().standing_head_height_m


def noisy(sensors: Sensors, deviation_m: tuple[float, float, float], seed: int = 0) -> Sensors:
    noise = np.random.default_rng(seed).standard_normal(sensors.positions_m.shape) * np.array(deviation_m)[:, None]
    return replace(sensors, positions_m=sensors.positions_m + noise)


@pytest.fixture(scope="module")
def clean() -> Sensors:
    return perfect_sensors(smooth_motion(900))


@pytest.mark.parametrize("deviation_m", [0.01, 0.05, 0.2])
def test_white_noise_is_told_by_its_deviation(clean: Sensors, deviation_m: float) -> None:
    found = position_noise_m(noisy(clean, (deviation_m,) * 3))
    np.testing.assert_allclose(found, deviation_m, rtol=0.15)


def test_good_tracking_is_left_exactly_as_it_is(clean: Sensors) -> None:
    sensors = noisy(clean, (0.001, 0.001, 0.001))
    steady = steady_poses(sensors, BODY_SIZE_M)
    np.testing.assert_array_equal(steady.sensors.positions_m, sensors.positions_m)
    assert not steady.noise_m.any()


def test_only_the_noisy_device_is_smoothed(clean: Sensors) -> None:
    steady = steady_poses(noisy(clean, (0.0, 0.1, 0.0)), BODY_SIZE_M)
    np.testing.assert_array_equal(steady.sensors.positions_m[:, [0, 2]], clean.positions_m[:, [0, 2]])
    assert (steady.noise_m > 0).tolist() == [False, True, False]


@pytest.mark.parametrize("deviation_m", [0.02, 0.1])
def test_smoothing_takes_most_noise_away_and_says_how_much_is_left(clean: Sensors, deviation_m: float) -> None:
    steady = steady_poses(noisy(clean, (deviation_m,) * 3), BODY_SIZE_M)
    left_m = (steady.sensors.positions_m - clean.positions_m).std(axis=(0, 2))
    assert (left_m < 0.6 * deviation_m).all()
    # What is left is the noise that passed, and a little of the movement that did not.
    np.testing.assert_allclose(left_m, steady.noise_m, rtol=0.5)


def test_a_steady_speed_up_is_not_bent() -> None:
    time = np.arange(300) / 60
    path = np.stack((time**2, 1 - time, np.zeros(300)), axis=-1)
    positions_m = np.repeat(path[:, None], 3, axis=1)
    sensors = Sensors(positions_m, np.tile((1.0, 0, 0, 0), (300, 3, 1)), np.ones((300, 3), bool))
    steady = steady_poses(noisy(sensors, (0.05,) * 3), BODY_SIZE_M)
    middle = slice(50, 250)
    assert np.abs((steady.sensors.positions_m - positions_m)[middle].mean(axis=0)).max() < 0.01


def test_lost_frames_neither_count_as_noise_nor_pull(clean: Sensors) -> None:
    measured = clean.measured.copy()
    measured[200:400, 1] = False
    wild = clean.positions_m.copy()
    wild[200:400, 1] = np.random.default_rng(0).normal(size=(200, 3)) * 10
    sensors = replace(clean, positions_m=wild, measured=measured)
    assert position_noise_m(sensors)[1] < 0.005
    steady = steady_poses(noisy(sensors, (0.0, 0.05, 0.0)), BODY_SIZE_M)
    away = np.r_[0:150, 450:900]
    assert np.abs(steady.sensors.positions_m[away, 1] - clean.positions_m[away, 1]).max() < 0.12


@pytest.mark.parametrize("scale", [0.3, 6.5])
@pytest.mark.parametrize("deviation_m", [0.001, 0.004, 0.006, 0.05])
def test_the_sensors_of_a_larger_body_are_smoothed_the_same(clean: Sensors, scale: float, deviation_m: float) -> None:
    sensors = noisy(clean, (deviation_m,) * 3)
    larger = replace(sensors, positions_m=scale * sensors.positions_m)
    steady, steady_larger = steady_poses(sensors, BODY_SIZE_M), steady_poses(larger, scale * BODY_SIZE_M)
    np.testing.assert_allclose(steady_larger.sensors.positions_m, scale * steady.sensors.positions_m, atol=1e-9)
    np.testing.assert_allclose(steady_larger.noise_m, scale * steady.noise_m)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 9])
def test_short_recordings_pass(frames: int) -> None:
    sensors = perfect_sensors(smooth_motion(frames))
    steady = steady_poses(noisy(sensors, (0.1, 0.1, 0.1)), BODY_SIZE_M)
    assert np.isfinite(steady.sensors.positions_m).all()
    assert len(steady.sensors.positions_m) == frames
