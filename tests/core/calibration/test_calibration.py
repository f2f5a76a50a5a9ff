# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
)
from inpose_core.body.skeleton import JOINT_INDEX, Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate, head_offset, wrist_offset
from inpose_core.errors import CalibrationError
from inpose_core.recording import HandOffsets, PoseType, Recording, load_recording
from tests.core.recording.recording_files import moving_person, real_recording

HANDS: tuple[PoseType, ...] = ("grip", "aim", "raw", "saber")


def devices_on(skeleton: Skeleton, stature_m: float, pose: PoseType, frames: int = 30) -> Recording:
    """Put devices on a body in T-pose, standing with its head joint where the performer's is, facing +Z."""
    joints_m = skeleton.rest_positions_m[[JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist")]]
    head_height_m = 0.93 * stature_m - 0.06 * stature_m / 1.75
    joints_m = joints_m + np.array((0.0, head_height_m - joints_m[0, 1], 0.0))
    positions_m, rotations = np.empty((3, 3)), np.empty((3, 4))
    for device, offset in enumerate((head_offset(stature_m), wrist_offset(pose, 0), wrist_offset(pose, 1))):
        rotations[device] = conjugate_quaternion(offset.wxyz)  # the joint's own rotation is the identity
        positions_m[device] = joints_m[device] - rotate_vector(rotations[device], offset.position_m)
    return replace(
        moving_person(frames, 60.0),
        positions_m=np.repeat(positions_m[None], frames, axis=0),
        rotations_wxyz=np.repeat(rotations[None], frames, axis=0),
        pose=pose,
    )


@pytest.mark.parametrize("pose", HANDS)
@settings(max_examples=10, deadline=None)
@given(stature_m=st.floats(1.5, 1.95), skeleton_m=st.floats(0.4, 5.0))
def test_a_t_pose_comes_back_in_the_size_of_the_skeleton(pose: PoseType, stature_m: float, skeleton_m: float) -> None:
    skeleton = Skeleton.template(skeleton_m)
    # The performer has the skeleton's proportions, so every joint must land on the skeleton's own.
    performer_head_m = 0.93 * stature_m - 0.06 * stature_m / 1.75
    factor = performer_head_m / (skeleton.standing_head_height_m + skeleton.sole_height_m)
    performer = skeleton.scaled(factor)
    recording = devices_on(performer, stature_m, pose)
    for given_m in (None, stature_m):
        # The presets alone are exact; a T-pose weighs them against the body of an average adult.
        presets = CalibrationSettings(stature_m=given_m, calibration_pose="none")
        calibrated = calibrate(recording, skeleton, presets)
        assert calibrated.stature_m == pytest.approx(stature_m)
        assert calibrated.scale == pytest.approx(1 / factor)
        rest_m = skeleton.rest_positions_m[[15, 20, 21]]
        np.testing.assert_allclose(
            calibrated.sensors.positions_m - calibrated.sensors.positions_m[:, :1],
            np.repeat((rest_m - rest_m[0])[None], 30, axis=0),
            atol=1e-9,
        )
        head_m = skeleton.standing_head_height_m + skeleton.sole_height_m
        np.testing.assert_allclose(calibrated.sensors.positions_m[:, 0, 1], head_m, atol=1e-9)
        assert geodesic_angle(calibrated.sensors.rotations_wxyz, (1.0, 0, 0, 0)).max() < 1e-6


def test_head_joint_lies_below_and_behind_the_eyes() -> None:
    # A headset that looks along -Z; the joint then faces -Z, so its rotation is a half turn.
    recording = moving_person(10)
    recording.rotations_wxyz[:] = (1.0, 0.0, 0.0, 0.0)
    calibrated = calibrate(recording, Skeleton.template(), CalibrationSettings(stature_m=1.75, pose="grip"))
    head_m = calibrated.performer_positions_m[0, 0]
    np.testing.assert_allclose(head_m - recording.positions_m[0, 0], (0.0, -0.06, 0.10), atol=1e-9)
    R = quaternion_to_matrix(calibrated.sensors.rotations_wxyz[0, 0])
    np.testing.assert_allclose(R[:, 2], (0.0, 0.0, -1.0), atol=1e-9)


@pytest.mark.parametrize(
    ("side", "fingers", "back"), [(0, (0.0, -1.0, 0.0), (-1.0, 0.0, 0.0)), (1, (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))]
)
def test_grip_axes_are_openxr(side: int, fingers: tuple[float, ...], back: tuple[float, ...]) -> None:
    offset = wrist_offset("grip", side)
    R = quaternion_to_matrix(offset.wxyz)
    outwards = 1.0 if side == 0 else -1.0  # in the T-pose the left fingers point along +X, the right along -X
    np.testing.assert_allclose(R[:, 0] * outwards, fingers, atol=1e-12)
    np.testing.assert_allclose(R[:, 1], back, atol=1e-12)
    np.testing.assert_allclose(R[:, 2], (0.0, 0.0, -1.0), atol=1e-12)  # the thumb's side
    np.testing.assert_allclose(offset.position_m, (-0.037 * outwards, 0.065, 0.002))


def test_aim_points_45_degrees_below_the_thumb() -> None:
    R = quaternion_to_matrix(wrist_offset("aim", 0).wxyz)
    thumb, fingers = R[:, 2], R[:, 0]
    assert np.degrees(np.arcsin(thumb[1])) == pytest.approx(44.9, abs=1.5)
    assert fingers[2] < -0.6
    assert fingers[1] < -0.6


@pytest.mark.parametrize("pose", HANDS)
def test_hands_mirror_each_other(pose: PoseType) -> None:
    left, right = wrist_offset(pose, 0), wrist_offset(pose, 1)
    S = np.diag((-1.0, 1.0, 1.0))
    np.testing.assert_allclose(S @ left.position_m, right.position_m)
    np.testing.assert_allclose(S @ quaternion_to_matrix(left.wxyz) @ S, quaternion_to_matrix(right.wxyz), atol=1e-12)


def test_joint_poses_are_only_resampled() -> None:
    person = moving_person(60, 60.0, eye_m=7.0)
    calibrated = calibrate(person, Skeleton.template(), CalibrationSettings(pose="joint"))
    np.testing.assert_allclose(calibrated.sensors.positions_m, person.positions_m, atol=1e-12)
    assert geodesic_angle(calibrated.sensors.rotations_wxyz, person.rotations_wxyz).max() < 1e-7
    assert calibrated.scale == 1.0


def test_saber_offsets_of_the_replay_are_undone() -> None:
    skeleton = Skeleton.template()
    stature_m = 1.75
    grip = devices_on(skeleton, stature_m, "grip")
    offset_m, offset_wxyz = np.array((0.01, -0.02, -0.1)), np.array((np.cos(0.4), np.sin(0.4), 0.0, 0.0))
    positions_m, rotations_wxyz = grip.positions_m.copy(), grip.rotations_wxyz.copy()
    positions_m[:, 1:] += rotate_vector(rotations_wxyz[:, 1:], offset_m)
    rotations_wxyz[:, 1:] = multiply_quaternions(rotations_wxyz[:, 1:], offset_wxyz)
    sabers = replace(
        grip,
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        pose="saber",
        hand_offsets=HandOffsets(np.tile(offset_m, (2, 1)), np.tile(offset_wxyz, (2, 1)), "grip"),
    )
    presets = CalibrationSettings(calibration_pose="none")
    expected, actual = (calibrate(recording, skeleton, presets).sensors for recording in (grip, sabers))
    np.testing.assert_allclose(actual.positions_m, expected.positions_m, atol=1e-9)
    assert geodesic_angle(actual.rotations_wxyz, expected.rotations_wxyz).max() < 1e-6


def test_eye_level_origin_needs_a_stature() -> None:
    person = moving_person(eye_m=0.05)
    with pytest.raises(CalibrationError, match="--performer-height"):
        calibrate(person, Skeleton.template())
    calibrated = calibrate(person, Skeleton.template(1.8), CalibrationSettings(stature_m=1.8))
    head_m = calibrated.sensors.positions_m[:, 0, 1]
    standing_m = Skeleton.template(1.8).standing_head_height_m + Skeleton.template(1.8).sole_height_m
    assert np.median(head_m) == pytest.approx(standing_m, abs=0.1)


@pytest.mark.parametrize("eye_m", [0.4, 3.0, 16.0])
def test_impossible_statures_are_refused(eye_m: float) -> None:
    with pytest.raises(CalibrationError) as caught:
        calibrate(moving_person(eye_m=eye_m), Skeleton.template())
    assert "--performer-height" in caught.value.hint


@pytest.mark.parametrize("stature_m", [0.0, -1.0, 175.0, float("nan"), float("inf")])
def test_a_given_stature_must_be_a_person(stature_m: float) -> None:
    with pytest.raises(CalibrationError, match="Performer height cannot be"):
        calibrate(moving_person(), Skeleton.template(), CalibrationSettings(stature_m=stature_m))


def test_notes_tell_what_was_assumed() -> None:
    assert any("grip" in note for note in calibrate(moving_person(), Skeleton.template()).notes)
    seated = calibrate(moving_person(eye_m=1.2), Skeleton.template(), CalibrationSettings(pose="grip"))
    assert any("sits" in note for note in seated.notes)
    wrong = calibrate(moving_person(eye_m=3.0), Skeleton.template(), CalibrationSettings(stature_m=1.7, pose="grip"))
    assert any("unit" in note for note in wrong.notes)


def test_a_lost_hand_stays_lost() -> None:
    person = moving_person()
    person.measured[:, 2] = False
    calibrated = calibrate(person, Skeleton.template(), CalibrationSettings(pose="grip"))
    assert calibrated.sensors.measured.any(axis=0).tolist() == [True, True, False]
    assert np.isfinite(calibrated.sensors.positions_m).all()


@pytest.mark.parametrize("name", ["bs_vivepro2_normal.bsor", "bs_vivepro2_expertplus.bsor"])
def test_real_players_fit_the_body_they_are_calibrated_to(name: str) -> None:
    skeleton = Skeleton.template(1.75)
    calibrated = calibrate(load_recording(real_recording(name)), skeleton)
    assert calibrated.pose == "saber"
    assert 1.8 < calibrated.stature_m < 2.0
    positions_m = calibrated.sensors.positions_m
    standing_m = skeleton.standing_head_height_m + skeleton.sole_height_m
    assert np.median(positions_m[:, 0, 1]) == pytest.approx(standing_m, abs=0.03)
    R = quaternion_to_matrix(calibrated.sensors.rotations_wxyz)
    rest_m, heading = skeleton.rest_positions_m, _heading(calibrated.sensors.rotations_wxyz[:, 0])
    for side in (1, 2):
        to_hand = positions_m[:, side] - positions_m[:, 0]
        assert (np.linalg.norm(to_hand, axis=1) > _longest_reach_m(skeleton)).mean() < 0.01
        # Of a stretched arm, the fingers point where the arm points: no wrist bends by 90 degrees.
        arm_m = to_hand - rotate_vector(heading, rest_m[15 + side] - rest_m[15])
        reach_m = np.linalg.norm(arm_m, axis=1)
        stretched = reach_m > 0.88 * skeleton.arm_length_m
        fingers = R[stretched, side, :, 0] * (1.0 if side == 1 else -1.0)
        bend_deg = np.degrees(np.arccos((fingers * arm_m[stretched]).sum(axis=1) / reach_m[stretched]))
        assert np.median(bend_deg) < 45.0
        assert np.percentile(bend_deg, 95) < 90.0


@pytest.mark.parametrize("name", ["bs_vivepro2_normal.bsor", "bs_vivepro2_expertplus.bsor"])
def test_the_motion_takes_sabers_wrists_out_of_the_shoulders(name: str) -> None:
    skeleton, recording = Skeleton.template(1.75), load_recording(real_recording(name))
    rest_m = skeleton.rest_positions_m
    # An elbow bends by 150 degrees at most; this is how near the wrist is to the shoulder then.
    upper_m, fore_m = np.linalg.norm(skeleton.offsets_m[[18, 20]], axis=1)
    nearest_m = np.sqrt(upper_m**2 + fore_m**2 - 2 * upper_m * fore_m * np.cos(np.radians(30.0)))
    folded = {}
    for refine in (False, True):
        sensors = calibrate(recording, skeleton, CalibrationSettings(refine=refine)).sensors
        heading = _heading(sensors.rotations_wxyz[:, 0])
        distances_m = [
            sensors.positions_m[:, 1 + side]
            - (sensors.positions_m[:, 0] + rotate_vector(heading, rest_m[16 + side] - rest_m[15]))
            for side in (0, 1)
        ]
        folded[refine] = float((np.linalg.norm(distances_m, axis=-1) < nearest_m).mean())
    assert folded[False] > 0.05
    # The line from the head's heading to the shoulder is rough: some frames stay.
    assert folded[True] < 0.08
    assert folded[True] < 0.5 * folded[False]


def _heading(head_wxyz: np.ndarray) -> np.ndarray:
    """Return the head's turn about +Y, (F, 4)."""
    forward = rotate_vector(head_wxyz, (0.0, 0.0, 1.0))
    half = 0.5 * np.arctan2(forward[:, 0], forward[:, 2])
    return np.stack((np.cos(half), 0 * half, np.sin(half), 0 * half), axis=-1)


def _longest_reach_m(skeleton: Skeleton) -> float:
    rest_m = skeleton.rest_positions_m
    head_to_shoulder_m = rest_m[JOINT_INDEX["left_shoulder"]] - rest_m[JOINT_INDEX["head"]]
    return skeleton.arm_length_m + float(np.linalg.norm(head_to_shoulder_m))


def test_a_performer_far_from_the_origin_stays_there_in_any_size() -> None:
    recording = moving_person(300)
    far_m = np.array((4.0, 0.0, -7.0))
    there = replace(recording, positions_m=recording.positions_m + far_m)
    settings = CalibrationSettings(stature_m=1.75, pose="grip")
    small, large = (calibrate(there, Skeleton.template(stature_m), settings) for stature_m in (0.9, 3.4))
    middle_m = np.median(small.sensors.positions_m[:, 0], axis=0)
    np.testing.assert_allclose(middle_m[[0, 2]], far_m[[0, 2]], atol=0.3)
    np.testing.assert_allclose(np.median(large.sensors.positions_m[:, 0], axis=0)[[0, 2]], middle_m[[0, 2]], atol=1e-6)
    # The floor stays the floor, and the way gets longer with the legs.
    way_m = [np.ptp(each.sensors.positions_m[:, 0], axis=0) / each.scale for each in (small, large)]
    np.testing.assert_allclose(way_m[0], way_m[1], rtol=1e-6)
    assert large.sensors.positions_m[:, 0, 1].max() > 3.0
