# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, rotate_vector
from inpose_core.calibration.hand_devices import DEVICES_BY_NAME, HAND_DEVICES, HandDevice, device_named
from inpose_core.calibration.presets import wrist_offset
from inpose_core.recording.types import PoseType


@pytest.mark.parametrize(
    ("controllers", "headset", "name"),
    [
        ("OpenVR Controller(Knuckles Right) - Right", "VIVE Pro 2", "Index controller"),
        ("OpenVR Controller(Vive. Controller MV) - Left", "VIVE Pro 2", "Vive wand"),
        ("OpenVR Gamepad", "OpenVR", "Vive wand"),
        ("meta-quest-touch-plus", "Quest 3", "Touch controller"),
        ("oculus-hand", "Quest 3", "bare hand"),
        ("", "Oculus Rift S", "Touch controller"),
        ("htc-vive", "", "Vive wand"),
        ("htc-vive-cosmos", "", "Vive Cosmos or Focus controller"),
        ("htc-vive-focus-3", "", "Vive Cosmos or Focus controller"),
        ("vive_cosmos_controller", "Vive Cosmos", "Vive Cosmos or Focus controller"),
        ("", "VIVE Focus 3", "Vive Cosmos or Focus controller"),
        ("windows-mixed-reality", "", "Windows Mixed Reality controller"),
        ("hp-mixed-reality", "", "Windows Mixed Reality controller"),
        ("microsoft-mixed-reality", "", "Windows Mixed Reality controller"),
        ("bytedance-pico-4", "", "PICO controller"),
        ("pico-hand", "PICO 4", "bare hand"),
        ("playstation-vr2-sense", "", "PSVR2 Sense controller"),
        ("WindowsMR: 0x045E/0x065B", "Samsung Odyssey", "Windows Mixed Reality controller"),
        ("", "PICO 4", "PICO controller"),
        ("", "PlayStation VR2", "PSVR2 Sense controller"),
    ],
)
def test_devices_are_known_by_the_names_that_files_hold(controllers: str, headset: str, name: str) -> None:
    device = device_named(controllers, headset)
    assert device is not None
    assert device.name == name


@pytest.mark.parametrize("headset", ["", "VIVE Pro 2", "HTC Vive", "Vive Cosmos Elite", "OpenVR"])
def test_a_headset_that_goes_with_several_controllers_says_nothing(headset: str) -> None:
    assert device_named("", headset) is None


@pytest.mark.parametrize("device", [*HAND_DEVICES, *DEVICES_BY_NAME], ids=lambda device: device.name)
@pytest.mark.parametrize("pose", ["raw", "grip", "aim"])
def test_every_row_has_its_source_and_puts_the_wrist_in_a_hands_reach(device: HandDevice, pose: PoseType) -> None:
    wrist = device.wrist(pose)
    assert wrist is not None
    assert device.source
    assert 0.03 < np.linalg.norm(wrist.position_m) < 0.2
    # The wrist is behind the device and left of it, as a left hand holds it; the fingers do not point to the wrist.
    assert wrist.position_m[0] < 0.0
    assert rotate_vector(wrist.wxyz, (1.0, 0.0, 0.0)) @ wrist.position_m < 0.0
    assert np.linalg.norm(wrist.wxyz) == pytest.approx(1.0)


def test_a_vive_wand_points_along_the_forearm_more_than_a_grip_does() -> None:
    wand = next(device for device in HAND_DEVICES if device.name == "Vive wand").wrist("raw")
    assert wand is not None
    # Measured in the T-poses of 41 takes: 53 degrees from a grip that is pitched by 15.
    assert np.degrees(geodesic_angle(wand.wxyz, wrist_offset("grip", 0).wxyz)) == pytest.approx(68.0, abs=1e-6)
