# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate
from inpose_core.calibration.device_stretches import with_one_device
from inpose_core.calibration.hand_devices import device_named
from inpose_core.recording.types import DeviceStretch, Recording
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 400
CHANGE = 200
STRETCHES = tuple(DeviceStretch(hand, CHANGE / 60, FRAMES / 60, "oculus-hand") for hand in (1, 2))


def controllers_put_away() -> tuple[Recording, np.ndarray, np.ndarray]:
    """Return grips of Touch controllers that become bare hands, and the true wrists' places and turns."""
    joints = perfect_sensors(smooth_motion(FRAMES))
    positions_m, rotations = joints.positions_m.copy(), joints.rotations_wxyz.copy()
    for hand in (1, 2):
        for frames, name in ((slice(0, CHANGE), "oculus-touch"), (slice(CHANGE, FRAMES), "oculus-hand")):
            device = device_named(name, "")
            assert device is not None
            left = device.wrist("grip")
            assert left is not None
            back = (left if hand == 1 else left.mirrored()).inverse()
            turned = joints.rotations_wxyz[frames, hand]
            positions_m[frames, hand] += rotate_vector(turned, back.position_m)
            rotations[frames, hand] = multiply_quaternions(turned, back.wxyz)
    recording = Recording(
        np.arange(FRAMES) / 60,
        positions_m,
        rotations,
        joints.measured,
        "WebXR (IWER)",
        "grip",
        controllers="oculus-touch",
        other_devices=STRETCHES,
    )
    return recording, joints.positions_m[:, 1:], joints.rotations_wxyz[:, 1:]


def test_one_offset_serves_controllers_and_the_bare_hands_that_replace_them() -> None:
    recording, wrists_m, wrists_wxyz = controllers_put_away()
    alike = with_one_device(recording, "grip")
    device = device_named("oculus-touch", "")
    assert device is not None
    left = device.wrist("grip")
    assert left is not None
    for hand, wrist in ((1, left), (2, left.mirrored())):
        turned = alike.rotations_wxyz[:, hand]
        found_m = alike.positions_m[:, hand] + rotate_vector(turned, wrist.position_m)
        np.testing.assert_allclose(found_m, wrists_m[:, hand - 1], atol=1e-9)
        assert geodesic_angle(multiply_quaternions(turned, wrist.wxyz), wrists_wxyz[:, hand - 1]).max() < 1e-6
    assert alike.other_devices == ()


@pytest.mark.parametrize(
    ("recording", "pose"),
    [
        (controllers_put_away()[0], None),
        (replace(controllers_put_away()[0], controllers="a wand of mine"), "grip"),
        (replace(controllers_put_away()[0], other_devices=()), "grip"),
    ],
    ids=["kind of poses unknown", "controllers unknown", "one device"],
)
def test_what_is_not_known_stays_as_it_is(recording: Recording, pose: str | None) -> None:
    alike = with_one_device(recording, "grip" if pose else None)
    np.testing.assert_allclose(alike.positions_m, recording.positions_m)


def test_calibration_places_the_wrists_of_both_devices() -> None:
    recording, _, _ = controllers_put_away()
    settings = CalibrationSettings(scale="keep", calibration_pose="none", stature_m=1.7, refine=False)
    told = calibrate(recording, Skeleton.template(), settings).sensors
    untold = calibrate(replace(recording, other_devices=()), Skeleton.template(), settings).sensors
    steps_deg = [
        np.degrees(geodesic_angle(sensors.rotations_wxyz[CHANGE, 1:], sensors.rotations_wxyz[CHANGE - 1, 1:])).max()
        for sensors in (told, untold)
    ]
    assert steps_deg[0] < 8.0
    assert steps_deg[1] > 20.0
