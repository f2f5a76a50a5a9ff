# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from inpose_core.body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    geodesic_angle,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import (
    CalibrationSettings,
    calibrate,
    find_calibration_pose,
    head_offset,
    measure_performer,
    wrist_offset,
)
from inpose_core.calibration.calibration_pose import CalibrationPose
from inpose_core.calibration.performer import _doubted_pose
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.errors import CalibrationError
from inpose_core.recording import PoseType, Recording, load_recording
from inpose_core.recording.cleaning.resample import resample_recording
from tests.core.recording.recording_files import real_recording
from tests.timing import fastest_s

STATURE_M = 1.75


def held(
    drop_deg: float = 0.0,
    seconds: float = 3.0,
    pose: PoseType | None = "grip",
    heading_rad: float = 0.7,
    start_s: float = 2.0,
    body: Skeleton | None = None,
) -> Recording:
    """Return somebody who stands with hanging arms, raises them to a pose, holds it, and lets them hang again."""
    body = body or Skeleton.template(STATURE_M)
    frames = round(60 * (start_s + seconds + 4))
    times_s = np.arange(frames) / 60
    raised = np.clip((times_s - start_s + 1) * 1.0, 0, 1) * np.clip(start_s + seconds + 1 - times_s, 0, 1)
    drops = np.radians(80.0) + raised * np.radians(drop_deg - 80.0)
    rest_m = body.rest_positions_m
    yaw = np.array((np.cos(heading_rad / 2), 0.0, np.sin(heading_rad / 2), 0.0))
    head_m = np.array((0.4, 0.93 * STATURE_M - 0.06 * STATURE_M / 1.75, -0.2))
    sway = 0.004 * np.sin(times_s[:, None] * (1.1, 0.7, 1.7))
    positions_m, rotations = np.empty((frames, 3, 3)), np.empty((frames, 3, 4))
    joints: list[tuple[np.ndarray, np.ndarray]] = [(head_m + sway, np.broadcast_to(yaw, (frames, 4)))]
    for side in (0, 1):
        half = (-0.5 if side == 0 else 0.5) * drops
        lowered = np.stack((np.cos(half), 0 * half, 0 * half, np.sin(half)), axis=-1)
        turned = multiply_quaternions(yaw, lowered)
        shoulder_m = rest_m[16 + side] - rest_m[15]
        arm_m = rotate_vector(turned, rest_m[20 + side] - rest_m[16 + side])
        joints.append((head_m + sway + rotate_vector(yaw, shoulder_m) + arm_m, turned))
    offsets = (head_offset(STATURE_M), wrist_offset("grip", 0), wrist_offset("grip", 1))
    for device, ((joint_m, joint_wxyz), offset) in enumerate(zip(joints, offsets, strict=True)):
        rotations[:, device] = multiply_quaternions(joint_wxyz, conjugate_quaternion(offset.wxyz))
        positions_m[:, device] = joint_m - rotate_vector(rotations[:, device], offset.position_m)
    measured = np.ones((frames, 3), dtype=np.bool_)
    return Recording(times_s, positions_m, continuous_signs(rotations), measured, "test", pose)


def test_ten_times_as_many_poses_take_about_ten_times_as_long() -> None:
    """And not a hundred times."""
    once = held(seconds=1.5, start_s=0.0)

    def held_times(poses: int) -> Recording:
        frames = np.arange(poses * len(once))
        return replace(
            once,
            times_s=frames / 60,
            positions_m=np.tile(once.positions_m, (poses, 1, 1)),
            rotations_wxyz=np.tile(once.rotations_wxyz, (poses, 1, 1)),
            measured=np.tile(once.measured, (poses, 1)),
        )

    few, many = held_times(40), held_times(400)
    assert find_calibration_pose(many, "grip") is not None
    few_s = fastest_s(lambda: find_calibration_pose(few, "grip"))
    # Memory that no longer fits into the processor's cache alone can make it twice as slow.
    limit_s = 50 * few_s
    assert fastest_s(lambda: find_calibration_pose(many, "grip"), limit_s) <= limit_s


@pytest.mark.parametrize("pose", ["grip", None])
@pytest.mark.parametrize("heading_rad", [0.0, 2.5, -1.2])
def test_a_t_pose_is_found_where_it_is_held(pose: PoseType | None, heading_rad: float) -> None:
    found = find_calibration_pose(held(pose=pose, heading_rad=heading_rad), pose)
    assert found is not None
    assert found.kind == "t_pose"
    assert found.start_s == pytest.approx(2.15, abs=0.3)
    assert found.stop_s == pytest.approx(4.85, abs=0.3)
    assert found.heading_rad == pytest.approx(heading_rad, abs=0.03)
    assert found.eye_height_m == pytest.approx(0.93 * STATURE_M, abs=0.01)


@pytest.mark.parametrize("drop_deg", [35.0, 45.0, 55.0])
def test_an_a_pose_is_found_with_its_angle(drop_deg: float) -> None:
    found = find_calibration_pose(held(drop_deg), "grip")
    assert found is not None
    assert found.kind == "a_pose"
    assert np.degrees(found.arm_drop_rad) == pytest.approx(drop_deg, abs=4.0)
    assert find_calibration_pose(held(drop_deg), "grip", "t_pose") is None
    assert find_calibration_pose(held(drop_deg), "grip", "none") is None


def test_arms_that_hang_or_are_raised_briefly_are_no_pose() -> None:
    assert find_calibration_pose(held(80.0), "grip") is None
    assert find_calibration_pose(held(0.0, seconds=0.0), "grip") is None
    assert find_calibration_pose(held(0.0, seconds=0.2, pose=None), None) is None


@pytest.mark.parametrize("seconds", [0.35, 0.5, 0.8])
def test_a_t_pose_that_is_held_briefly_is_found_with_known_devices(seconds: float) -> None:
    found = find_calibration_pose(held(0.0, seconds=seconds), "grip")
    assert found is not None
    assert found.kind == "t_pose"
    assert 1.9 < found.start_s < found.stop_s < 2.1 + seconds
    assert found.heading_rad == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize("seconds", [0.3, 1.5])
def test_arms_that_hang_a_little_must_be_held_longer_and_do_not_tilt_the_hands(seconds: float) -> None:
    recording = held(20.0, seconds=seconds)
    found = find_calibration_pose(recording, "grip")
    if seconds < 0.8:
        assert found is None
        return
    assert found is not None
    assert found.kind == "t_pose"
    assert np.degrees(found.arm_drop_rad) == pytest.approx(20.0, abs=3.0)
    careful = find_calibration_pose(held(), "grip")
    assert careful is not None
    assert found.arm_deviation_rad > 1.5 * careful.arm_deviation_rad
    performer = measure_performer(recording, Skeleton.template(STATURE_M)).performer
    for side in (0, 1):
        angle = geodesic_angle(performer.wrists[side].wxyz, wrist_offset("grip", side).wxyz)
        assert np.degrees(angle) < 4.0
        shift_m = performer.wrists[side].position_m - wrist_offset("grip", side).position_m
        assert np.linalg.norm(shift_m) < 0.03


def test_hanging_arms_with_palms_forward_are_no_t_pose() -> None:
    recording = held(20.0)
    quarter = np.array((np.sqrt(0.5), 0.0, -np.sqrt(0.5), 0.0))
    recording.rotations_wxyz[:, 1] = multiply_quaternions(recording.rotations_wxyz[:, 1], quarter)
    assert find_calibration_pose(recording, "grip", "t_pose") is None


def test_arms_held_forward_are_no_t_pose() -> None:
    recording = held()
    turn = np.array((np.cos(np.pi / 4), 0.0, np.sin(np.pi / 4), 0.0))
    recording.rotations_wxyz[:, 0] = multiply_quaternions(turn, recording.rotations_wxyz[:, 0])
    assert find_calibration_pose(recording, "grip") is None


@pytest.mark.parametrize(
    "name",
    [
        "bs_vivepro2_normal.bsor",
        "bs_vivepro2_expertplus.bsor",
        "aframe_tracked-recording.json",
        "webxr_iwer_quest3.json",
    ],
)
def test_players_who_strike_no_pose_are_not_misread(name: str) -> None:
    recording = resample_recording(load_recording(real_recording(name)))
    for pose in ("saber", "grip", "raw", "aim", None):
        assert find_calibration_pose(recording, pose) is None  # type: ignore[arg-type]  # a literal, one after the other


def test_the_user_may_say_when() -> None:
    recording = held(seconds=0.5)
    assert find_calibration_pose(recording, "grip", "none") is None
    found = find_calibration_pose(recording, "grip", "t_pose", 2.25)
    assert found is not None
    assert (found.start_s, found.stop_s) == pytest.approx((2.0, 2.5))
    recording.measured[130:140, 2] = False
    with pytest.raises(CalibrationError, match="no calibration pose at"):
        find_calibration_pose(recording, "grip", "t_pose", 2.25)
    with pytest.raises(CalibrationError):
        find_calibration_pose(recording, "grip", "t_pose", 1e6)


@pytest.mark.parametrize(("kind", "drop_deg"), [("t_pose", 0.0), ("a_pose", 45.0)])
def test_controllers_held_anyhow_are_solved_in_the_pose(kind: Literal["t_pose", "a_pose"], drop_deg: float) -> None:
    grip = held(drop_deg)
    rng = np.random.default_rng(3)
    moved, turned = grip.positions_m.copy(), grip.rotations_wxyz.copy()
    for device in (1, 2):
        axis = rng.standard_normal(3)
        turn = normalize_quaternion(np.concatenate(([1.2], 0.6 * axis / np.linalg.norm(axis))))
        moved[:, device] += rotate_vector(turned[:, device], 0.08 * rng.standard_normal(3) / np.sqrt(3))
        turned[:, device] = multiply_quaternions(turned[:, device], turn)
    unknown = replace(grip, positions_m=moved, rotations_wxyz=turned, pose=None)
    body = Skeleton.template(STATURE_M)
    settings = CalibrationSettings(calibration_pose=kind, scale="keep", body="rig")
    truth = calibrate(grip, body, CalibrationSettings(calibration_pose="none", scale="keep", refine=False)).sensors
    solved = calibrate(unknown, body, settings)
    assert any("Calibrated with the" in note for note in solved.notes)
    # Everything but the sway of the head is known here: the body is the rig's own, the arms are straight.
    assert np.linalg.norm(solved.sensors.positions_m - truth.positions_m, axis=-1).max() < 0.03
    assert np.degrees(geodesic_angle(solved.sensors.rotations_wxyz, truth.rotations_wxyz)).max() < 5.0


def test_a_palm_that_looks_forward_does_not_overrule_a_known_controller() -> None:
    recording = held()
    quarter = np.array((np.sqrt(0.5), 0.0, -np.sqrt(0.5), 0.0))
    recording.rotations_wxyz[:, 1] = multiply_quaternions(recording.rotations_wxyz[:, 1], quarter)
    found = measure_performer(recording, Skeleton.template(STATURE_M))
    np.testing.assert_allclose(found.performer.wrists[0].wxyz, wrist_offset("grip", 0).wxyz, atol=1e-12)
    assert any("did not face down" in note for note in found.notes)


def test_a_tilted_headset_is_levelled_in_the_pose() -> None:
    recording = held()
    tilt = np.array((np.cos(0.06), np.sin(0.06), 0.0, 0.0))  # 7 degrees of pitch
    recording.rotations_wxyz[:, 0] = multiply_quaternions(recording.rotations_wxyz[:, 0], tilt)
    sensors = calibrate(recording, Skeleton.template(STATURE_M)).sensors
    up = rotate_vector(sensors.rotations_wxyz[200, 0], (0.0, 1.0, 0.0))
    assert np.degrees(np.arccos(up[1])) < 0.5


def test_long_arms_are_measured_and_matched() -> None:
    usual = Skeleton.template(STATURE_M)
    offsets_m = usual.offsets_m.copy()
    offsets_m[[18, 19, 20, 21]] *= 1.12
    long_armed = Skeleton(offsets_m)
    # Grips are known within centimetres, so the pose tells the arms.
    found = measure_performer(held(body=long_armed), usual, CalibrationSettings(body="average"))
    assert found.performer.wrist_span_m == pytest.approx(long_armed.wrist_span_m, abs=0.05)
    by_height = calibrate(held(body=long_armed), usual, CalibrationSettings(body="average"))
    by_span = calibrate(held(body=long_armed), usual, CalibrationSettings(body="average", scale="arm_span"))
    assert by_height.scale == pytest.approx(1.0, abs=0.03)
    assert by_span.scale == pytest.approx(usual.wrist_span_m / long_armed.wrist_span_m, abs=0.035)


@pytest.mark.parametrize("floor_m", [-0.3, 0.25])
def test_a_floor_that_is_elsewhere_is_found_by_the_stature(floor_m: float) -> None:
    recording = held()
    recording.positions_m[..., 1] += floor_m
    body = Skeleton.template(STATURE_M)
    expected = calibrate(held(), body, CalibrationSettings(stature_m=STATURE_M)).sensors
    found = calibrate(recording, body, CalibrationSettings(stature_m=STATURE_M))
    np.testing.assert_allclose(found.sensors.positions_m, expected.positions_m, atol=0.01)
    assert any("InPose moved the floor" in note for note in found.notes)


def test_nobody_reaches_through_the_floor() -> None:
    recording = held()
    recording.positions_m[..., 1] -= 0.2
    recording.positions_m[400:430, 2, 1] = -0.2  # picks something up
    found = measure_performer(recording, Skeleton.template(STATURE_M))
    assert found.recording.positions_m[400:430, 2, 1].min() == pytest.approx(0.0, abs=0.01)
    assert found.performer.stature_m == pytest.approx(STATURE_M, abs=0.01)
    assert [finding.kind for finding in found.findings] == ["floor_wrong"]
    assert "up to 20 cm below it" in found.findings[0].sentence


def test_a_pose_that_puts_the_wrists_far_from_usual_devices_is_doubted() -> None:
    held = CalibrationPose("t_pose", 60, 120, 60.0, 1.6, 0.0, 0.0)
    presets = (RigidOffset(np.zeros(3), np.array((1.0, 0, 0, 0))),) * 2
    usual = _doubted_pose(held, presets, (np.array((0.0, 0.05, 0.08)), np.array((0.0, 0.05, 0.08))))
    assert usual == ()
    assert _doubted_pose(None, presets, (np.full(3, 1.0), np.full(3, 1.0))) == ()
    (doubt,) = _doubted_pose(held, presets, (np.array((0.0, 0.15, 0.12)), np.array((0.0, 0.05, 0.08))))
    assert (doubt.kind, doubt.start_s) == ("calibration_pose", held.start_s)
    assert "19 cm" in doubt.sentence


def after(first: Recording, second: Recording) -> Recording:
    """Return one recording after another of the same performer."""
    times_s = np.concatenate((first.times_s, second.times_s + first.times_s[-1] + 1 / 60))
    return replace(
        first,
        times_s=times_s,
        positions_m=np.concatenate((first.positions_m, second.positions_m)),
        rotations_wxyz=continuous_signs(np.concatenate((first.rotations_wxyz, second.rotations_wxyz))),
        measured=np.ones((len(times_s), 3), dtype=np.bool_),
    )


@pytest.mark.parametrize("pose", ["grip", None])
def test_of_two_poses_the_careful_one_counts_even_if_it_is_shorter(pose: PoseType | None) -> None:
    careless, careful = held(drop_deg=11.0, seconds=4.0, pose=pose), held(seconds=1.0, pose=pose)
    for recording, start_s in ((after(careless, careful), 12.0), (after(careful, careless), 2.0)):
        found = find_calibration_pose(recording, pose)
        assert found is not None
        assert found.start_s == pytest.approx(start_s, abs=1.2)
        assert found.stop_s < start_s + 2.5


def test_of_two_careful_poses_the_longer_one_counts() -> None:
    found = find_calibration_pose(after(held(seconds=1.0), held(seconds=3.0)), "grip")
    assert found is not None
    assert found.start_s > 8.0
