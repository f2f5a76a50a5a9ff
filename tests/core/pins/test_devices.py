# SPDX-License-Identifier: Apache-2.0
"""Pins of head and hands: the recorded movement goes on around them."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotvec_to_quaternion
from inpose_core.pins import Pin, PinKey, PinSet, with_pinned_devices
from inpose_core.recording.sensors import Sensors
from tests.core.synthetic import perfect_sensors, smooth_motion

WRIST = 1
UP = np.array((0.0, 0.05, 0.0))
AT_S = 2.0 + 0.4 / 60
"""A frame of the scene is seldom one of the recording."""


@pytest.fixture(scope="module")
def waving() -> Sensors:
    """Return sensors of which the left hand waves and turns, 30 cm to each side in half a second."""
    sensors = perfect_sensors(smooth_motion(240))
    swing = np.sin(2 * np.pi * np.arange(240) / 60)
    places, turns = sensors.positions_m.copy(), sensors.rotations_wxyz.copy()
    places[:, WRIST, 0] += 0.3 * swing
    turns[:, WRIST] = multiply_quaternions(rotvec_to_quaternion(swing[:, None] * (0.0, 0.0, 1.0)), turns[:, WRIST])
    return replace(sensors, positions_m=places, rotations_wxyz=turns)


def place_at(sensors: Sensors, at_s: float) -> np.ndarray:
    frames = np.arange(len(sensors)) / sensors.fps
    return np.array([np.interp(at_s, frames, axis) for axis in sensors.positions_m[:, WRIST].T])


def pin(place_m: np.ndarray, start_s: float = AT_S, stop_s: float | None = None) -> Pin:
    key = PinKey(start_s, tuple(place_m.tolist()))
    return Pin("left_wrist", start_s, start_s if stop_s is None else stop_s, (key,))


def path(sensors: Sensors, *pins: Pin) -> np.ndarray:
    return with_pinned_devices(sensors, PinSet(pins)).positions_m[:, WRIST]


def test_a_pin_where_the_hand_is_changes_nothing(waving: Sensors) -> None:
    same = path(waving, pin(place_at(waving, AT_S)))
    assert np.allclose(same, waving.positions_m[:, WRIST], atol=1e-12)


def test_the_hand_still_waves_on_the_way_to_a_pin(waving: Sensors) -> None:
    pinned = path(waving, pin(place_at(waving, AT_S) + UP))
    moved = pinned - waving.positions_m[:, WRIST]
    assert np.allclose(moved[:, (0, 2)], 0.0, atol=1e-12)
    assert moved[:, 1].max() == pytest.approx(0.05)
    met = pinned[120] + 0.4 * (pinned[121] - pinned[120])
    assert np.allclose(met, place_at(waving, AT_S) + UP, atol=1e-5)


def test_a_hand_that_is_held_comes_to_rest_and_goes_on(waving: Sensors) -> None:
    place = place_at(waving, 2.0) + UP
    pinned = path(waving, pin(place, 2.0, 2.5))
    assert np.allclose(pinned[120:151], place, atol=1e-12)
    speeds = np.linalg.norm(np.diff(pinned, axis=0), axis=-1) * waving.fps
    assert speeds[119] < 0.2 * speeds[105:119].max()  # nothing stops within one frame
    assert np.abs(np.diff(speeds)).max() < 1.5
    # Until a fifth of a second before, the wave is nearly as it was recorded.
    before = np.linalg.norm(pinned - waving.positions_m[:, WRIST] - UP, axis=-1)
    assert before[108] < 0.06


def test_two_pins_close_together_are_both_met(waving: Sensors) -> None:
    first, second = place_at(waving, 2.0) + UP, place_at(waving, 2.2) - UP
    pinned = path(waving, pin(first, 2.0), pin(second, 2.2))
    assert np.allclose(pinned[120], first, atol=1e-4)
    assert np.allclose(pinned[132], second, atol=1e-4)
    assert np.linalg.norm(np.diff(pinned, n=2, axis=0), axis=-1).max() < 0.02


def test_a_pin_inside_another_one_corrects_what_that_one_holds(waving: Sensors) -> None:
    place = place_at(waving, 2.0)
    pinned = path(waving, pin(place, 1.0, 3.0), pin(place + 2 * UP, 2.0))
    assert np.allclose(pinned[120], place + 2 * UP)
    assert np.allclose(pinned[[80, 160]], place)
    assert np.abs(np.diff(pinned[70:170], axis=0)).max() < 0.02


def test_a_turned_hand_still_turns_as_recorded(waving: Sensors) -> None:
    turn = rotvec_to_quaternion((0.3, 0.0, 0.0))
    at = multiply_quaternions(turn, waving.rotations_wxyz[120, WRIST])
    turned = Pin("left_wrist", 2.0, 2.0, (PinKey(2.0, None, tuple(at.tolist())),))
    pinned = with_pinned_devices(waving, PinSet((turned,))).rotations_wxyz[:, WRIST]
    assert geodesic_angle(pinned[120], at) < 1e-6
    away = geodesic_angle(pinned, waving.rotations_wxyz[:, WRIST])
    assert away.max() == pytest.approx(0.3, abs=1e-6)
    assert away[90] == 0.0


def test_where_nothing_is_measured_only_the_frames_of_a_pin_count(waving: Sensors) -> None:
    measured = waving.measured.copy()
    measured[100:140, WRIST] = False
    lost = replace(waving, measured=measured)
    place = np.array((0.3, 1.1, 0.2))
    pinned = with_pinned_devices(lost, PinSet((pin(place, 2.0),)))
    assert np.array_equal(pinned.positions_m[120, WRIST], place)
    assert np.flatnonzero(pinned.measured[100:140, WRIST]).tolist() == [20]
    assert np.array_equal(pinned.positions_m[:95, WRIST], waving.positions_m[:95, WRIST])
