# SPDX-License-Identifier: Apache-2.0
"""Clips become one performance: continuous, on the floor, in the posture that is asked for."""

import numpy as np

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import FOOT_JOINTS, JOINT_INDEX, Skeleton
from inpose_core.evaluation.recordings.performance import Performance, PerformanceSettings, perform
from tests.core.evaluation.recordings.scenes import clips


def performed(settings: PerformanceSettings, body: Skeleton | None = None, seed: int = 0) -> Performance:
    return perform(clips(), body or Skeleton.template(1.6), settings, np.random.default_rng(seed))


def test_clips_follow_each_other_without_a_jump() -> None:
    motion = performed(PerformanceSettings(seconds=14.0)).motion
    assert len(motion) / motion.fps > 13.0
    assert np.linalg.norm(np.diff(motion.joint_positions_m, axis=0), axis=-1).max() < 0.1
    assert np.degrees(geodesic_angle(motion.rotations_wxyz[1:], motion.rotations_wxyz[:-1])).max() < 20.0


def test_the_feet_stay_on_the_floor_of_any_body() -> None:
    for stature_m in (1.45, 2.0):
        motion = performed(PerformanceSettings(), Skeleton.template(stature_m)).motion
        lowest_m = motion.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1) - motion.skeleton.sole_height_m
        assert abs(float(np.median(lowest_m))) < 0.03


def test_a_good_t_pose_comes_first_and_its_end_is_told() -> None:
    performance = performed(PerformanceSettings(calibration="good"))
    held = performance.motion.joint_positions_m[:120]
    arms = held[:, JOINT_INDEX["left_wrist"]] - held[:, JOINT_INDEX["right_wrist"]]
    assert np.linalg.norm(arms, axis=-1).min() > 0.97 * performance.motion.skeleton.wrist_span_m
    assert 2.5 < performance.posed_until_s < 4.0
    assert performed(PerformanceSettings(calibration="none")).posed_until_s == 0.0


def test_a_sloppy_t_pose_has_low_arms_and_a_short_one_is_short() -> None:
    motion = performed(PerformanceSettings(calibration="sloppy")).motion
    wrists_m = motion.joint_positions_m[30, [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]], 1]
    shoulder_m = motion.joint_positions_m[30, JOINT_INDEX["left_shoulder"], 1]
    assert (wrists_m < shoulder_m - 0.05).all()
    assert performed(PerformanceSettings(calibration="short")).posed_until_s < 1.5


def test_seated_people_sit_with_level_thighs_and_feet_on_the_floor() -> None:
    body = Skeleton.template(1.6)
    motion = performed(PerformanceSettings(posture="seated", calibration="none"), body).motion
    joints_m = motion.joint_positions_m
    thigh_m = joints_m[:, JOINT_INDEX["left_knee"]] - joints_m[:, JOINT_INDEX["left_hip"]]
    assert np.abs(thigh_m[:, 1]).max() < 0.08
    feet_m = joints_m[:, list(FOOT_JOINTS), 1].min(axis=1)
    np.testing.assert_allclose(feet_m, body.sole_height_m, atol=0.02)
    assert float(np.median(joints_m[:, 0, 1])) < 0.4 * 1.6


def test_hanging_arms_hang() -> None:
    motion = performed(PerformanceSettings(hanging_arms=True, calibration="none")).motion
    joints_m = motion.joint_positions_m
    for side in ("left", "right"):
        below_m = joints_m[:, JOINT_INDEX[f"{side}_shoulder"], 1] - joints_m[:, JOINT_INDEX[f"{side}_wrist"], 1]
        assert float(np.median(below_m)) > 0.8 * motion.skeleton.arm_length_m
