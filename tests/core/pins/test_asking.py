# SPDX-License-Identifier: Apache-2.0
"""Pins become measurements: where, when, and how strongly."""

import numpy as np
import pytest

from inpose_core.body.skeleton import JOINT_INDEX
from inpose_core.pins import Pin, PinKey, PinSet
from inpose_core.pins.asking import with_pins
from inpose_core.recording.sensors import Sensors
from tests.core.synthetic import perfect_sensors, smooth_motion

HERE = (0.3, 0.1, 0.2)
FOOT = JOINT_INDEX["left_foot"]


@pytest.fixture(scope="module")
def sensors() -> Sensors:
    return perfect_sensors(smooth_motion(240))


def test_a_pin_is_one_more_measured_point(sensors: Sensors) -> None:
    pinned = with_pins(sensors, PinSet((Pin("left_foot", 2.0, 2.0, (PinKey(2.0, HERE),)),)))
    assert pinned.joints == (*sensors.joints, FOOT)
    assert np.array_equal(pinned.positions_m[:, :3], sensors.positions_m)
    assert pinned.measured[120, 3]
    assert tuple(pinned.positions_m[120, 3]) == HERE
    assert pinned.noise_m is not None
    assert pinned.noise_m[120, 3] < 0.001
    # It eases in: before its time it counts less and less, and after a third of a second not at all.
    easing = pinned.noise_m[102:121, 3][pinned.measured[102:121, 3]]
    assert (np.diff(easing) < 0).all()
    assert easing[0] > 1.0
    assert not pinned.measured[:100, 3].any()
    assert not pinned.measured[141:, 3].any()
    assert not pinned.rotation_known[:, 3].any()


def test_between_two_keys_the_joint_moves_straight(sensors: Sensors) -> None:
    pin = Pin("pelvis", 1.0, 2.0, (PinKey(1.0, (0.0, 1.0, 0.0)), PinKey(2.0, (1.0, 1.0, 0.0))))
    pinned = with_pins(sensors, PinSet((pin,)))
    assert pinned.positions_m[90, 3] == pytest.approx((0.5, 1.0, 0.0))
    assert pinned.positions_m[130, 3] == pytest.approx((1.0, 1.0, 0.0))


def test_a_rotation_can_be_pinned_alone(sensors: Sensors) -> None:
    turned = (0.0, 0.0, 1.0, 0.0)
    pinned = with_pins(sensors, PinSet((Pin("spine3", 2.0, 2.0, (PinKey(2.0, None, turned),)),)))
    assert pinned.rotation_known[120, 3]
    assert not pinned.measured[:, 3].any()
    assert tuple(pinned.rotations_wxyz[120, 3]) == turned


def test_a_soft_pin_counts_less(sensors: Sensors) -> None:
    soft = with_pins(sensors, PinSet((Pin("left_foot", 2.0, 2.0, (PinKey(2.0, HERE),), soft=True),)))
    assert soft.noise_m is not None
    assert soft.noise_m[120, 3] > 0.02


def test_of_two_pins_of_a_joint_the_later_one_counts(sensors: Sensors) -> None:
    there = (0.0, 0.2, 0.0)
    pins = PinSet(
        (
            Pin("left_foot", 1.0, 3.0, (PinKey(1.0, HERE),)),
            Pin("left_foot", 2.0, 2.2, (PinKey(2.0, there),), ease_s=0.0),
        )
    )
    pinned = with_pins(sensors, pins)
    assert len(pinned.joints) == 4
    assert tuple(pinned.positions_m[126, 3]) == there
    assert tuple(pinned.positions_m[100, 3]) == HERE
    assert tuple(pinned.positions_m[150, 3]) == HERE


def test_a_pin_of_a_hand_takes_the_place_of_the_device(sensors: Sensors) -> None:
    pinned = with_pins(sensors, PinSet((Pin("left_wrist", 2.0, 2.5, (PinKey(2.0, HERE),)),)))
    assert pinned.joints == sensors.joints
    assert pinned.positions_m[130, 1] == pytest.approx(HERE)
    assert np.array_equal(pinned.positions_m[:99], sensors.positions_m[:99])
    way = np.linalg.norm(pinned.positions_m[99:122, 1] - HERE, axis=-1)
    assert way[-1] == pytest.approx(0.0, abs=1e-9)
    assert np.abs(np.diff(way)).max() < 0.15 * way[0]
    assert np.array_equal(pinned.rotations_wxyz, sensors.rotations_wxyz)


def test_a_pin_outside_of_the_recording_asks_for_nothing(sensors: Sensors) -> None:
    assert with_pins(sensors, PinSet((Pin("left_foot", 9.0, 9.5, (PinKey(9.0, HERE),)),))) == sensors
