# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import SOLVER_FPS
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import CalibrationSettings, measure_performer, wrist_offset
from inpose_core.calibration.hand_devices import HAND_DEVICES, placed
from inpose_core.calibration.holding import declared_holding, declared_wrists, other_holdings
from inpose_core.calibration.holding_choice import choose_holding, holding_strain
from inpose_core.calibration.presets import head_offset
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.calibration.turn_refinement import refine_turns
from inpose_core.recording import HandOffsets, PoseType, Recording, load_recording
from inpose_core.recording.cleaning.resample import resample_recording
from tests.core.recording.recording_files import real_recording
from tests.core.synthetic import perfect_sensors, smooth_motion

STATURE_M = Skeleton.template().stature_m


def recorded(left: RigidOffset, pose: PoseType | None, controllers: str = "", frames: int = 900) -> Recording:
    """Return somebody who moves the arms, with devices in which the wrists are at the given place."""
    joints = perfect_sensors(smooth_motion(frames))
    positions_m, rotations = joints.positions_m.copy(), joints.rotations_wxyz.copy()
    for device, offset in enumerate((head_offset(STATURE_M), left, left.mirrored())):
        back = offset.inverse()
        positions_m[:, device] += rotate_vector(joints.rotations_wxyz[:, device], back.position_m)
        rotations[:, device] = multiply_quaternions(joints.rotations_wxyz[:, device], back.wxyz)
    return Recording(
        np.arange(frames) / SOLVER_FPS, positions_m, rotations, joints.measured, "CSV", pose, controllers=controllers
    )


def row(name: str, pose: PoseType) -> RigidOffset:
    left = next(device for device in HAND_DEVICES if device.name == name).wrist(pose)
    assert left is not None
    return left


@pytest.mark.parametrize(
    ("controllers", "name", "pose"),
    [("knuckles", "Index controller", "raw"), ("oculus-touch", "Touch controller", "grip"), ("", "", "grip")],
)
def test_what_is_declared_rightly_stays(controllers: str, name: str, pose: PoseType) -> None:
    left = row(name, pose) if name else wrist_offset(pose, 0)
    chosen = choose_holding(recorded(left, pose, controllers), STATURE_M, pose)
    assert geodesic_angle(chosen.holding.left.wxyz, left.wxyz) < 1e-6
    assert chosen.findings == ()


@pytest.mark.parametrize(("controllers", "name"), [("oculus-touch", "Touch controller"), ("", "Index controller")])
def test_a_grip_that_bends_the_wrists_too_far_is_told_and_mended(controllers: str, name: str) -> None:
    left = row(name, "aim")
    recording = recorded(left, "grip", controllers)
    found = measure_performer(recording, Skeleton.template())
    assert [finding.kind for finding in found.findings] == ["hand_poses"]
    assert found.findings[0].action == "repaired"
    assert found.findings[0].sentence in found.notes
    assert np.degrees(geodesic_angle(found.performer.wrists[0].wxyz, left.wxyz)) < 25.0
    told_nothing = measure_performer(recording, Skeleton.template(), CalibrationSettings(refine=False))
    assert told_nothing.findings == ()


def test_hands_that_no_device_explains_are_told() -> None:
    left = RigidOffset(np.zeros(3), multiply_quaternions((0.0, 0.0, 0.0, 1.0), wrist_offset("grip", 0).wxyz))
    recording = recorded(left, "grip")
    findings = choose_holding(recording, STATURE_M, "grip").findings
    assert [finding.kind for finding in findings] in (["wrists_bent"], ["hand_poses"])


def test_a_frame_rolls_the_hands_and_is_seen_through() -> None:
    recording = resample_recording(load_recording(real_recording("aframe_tracked-recording.json")), SOLVER_FPS)
    declared = declared_holding(recording, "raw")
    assert declared.device == "Vive wand"
    chosen = choose_holding(recording, 1.85, "raw")
    assert chosen.holding.quirk
    assert np.degrees(geodesic_angle(chosen.holding.left.wxyz, declared.left.wxyz)) == pytest.approx(90.0, abs=15.0)
    before, after = (holding_strain(recording, 1.85, holding.wrists) for holding in (declared, chosen.holding))
    assert before is not None
    assert after is not None
    assert after < before - 2.0


def test_a_replay_that_tells_its_sabers_offsets_is_believed() -> None:
    turn = np.array((np.cos(0.2), np.sin(0.2), 0.0, 0.0))
    offsets = HandOffsets(np.array(((0.0, 0.02, -0.1), (0.0, 0.02, -0.1))), np.stack((turn, turn)), "raw")
    recording = replace(recorded(wrist_offset("grip", 0), "saber", "knuckles", 60), hand_offsets=offsets)
    wrists = declared_wrists(recording, "saber")
    saber = RigidOffset(offsets.positions_m[0], turn)
    again = saber.then(wrists[0])
    np.testing.assert_allclose(again.position_m, row("Index controller", "raw").position_m, atol=1e-12)


def test_a_short_recording_tells_nothing() -> None:
    recording = recorded(row("Touch controller", "raw"), "grip", "oculus-touch", frames=40)
    assert choose_holding(recording, STATURE_M, "grip").findings == ()
    assert other_holdings(recording, "grip")


def test_the_motion_turns_a_known_device_towards_what_wrists_do() -> None:
    recording = resample_recording(load_recording(real_recording("aframe_tracked-recording.json")), SOLVER_FPS)
    chosen = choose_holding(recording, 1.85, "raw").holding
    turned = replace(chosen, left=chosen.left.then(placed((0.0, 0.0, 0.0), (0.0, 15.0, 0.0))))
    deviation_rad = np.radians(8.0)
    refined = refine_turns(recording, 1.85, turned.wrists, (deviation_rad, deviation_rad))
    before, after = (holding_strain(recording, 1.85, wrists) for wrists in (turned.wrists, refined))
    assert before is not None
    assert after is not None
    assert after < before - 0.1
    for old, new in zip(turned.wrists, refined, strict=True):
        np.testing.assert_allclose(new.position_m, old.position_m, atol=1e-12)
        assert geodesic_angle(new.wxyz, old.wxyz) < 2.0 * deviation_rad
