# SPDX-License-Identifier: Apache-2.0
"""Every figure of the bench against what a pencil gives."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import wxyz_from_xyzw, xyzw_from_wxyz
from inpose_core.body.skeleton import JOINT_INDEX, Skeleton
from inpose_core.evaluation import metrics
from tests.core.synthetic import smooth_motion

FPS = 60.0


def standing(frames: int = 8) -> NDArray[np.float64]:
    """A T-pose that stands still, (F, 22, 3)."""
    body = Skeleton.template()
    motion = Motion(np.tile((1.0, 0, 0, 0), (frames, 22, 1)), np.zeros((frames, 3)), body, FPS)
    p = motion.joint_positions_m
    return p + np.array((0, body.sole_height_m - p[..., 1].min(), 0))


def turned(motion: Motion, joint: int, rotvec: tuple[float, float, float]) -> Motion:
    """The motion with one joint's local rotation times another, and everything below it carried along."""
    turn = Rotation.from_rotvec(rotvec)
    local = motion.local_rotations_wxyz
    rotations = [Rotation.from_quat(xyzw_from_wxyz(local[:, j])) for j in range(22)]
    rotations[joint] = rotations[joint] * turn
    parents = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
    for j in range(1, 22):
        rotations[j] = rotations[parents[j]] * rotations[j]
    wxyz = np.stack([wxyz_from_xyzw(r.as_quat()) for r in rotations], axis=1)
    return replace(motion, rotations_wxyz=wxyz)


def test_position_errors_are_mean_distances_of_the_joints_asked_for() -> None:
    p = standing()
    p_hat = p.copy()
    p_hat[:, 20] += (0.03, 0.0, 0.04)  # one wrist by 5 cm
    assert metrics.position_error_cm(p, p_hat) == pytest.approx(5 / 22)
    assert metrics.position_error_cm(p, p_hat, (20, 21)) == pytest.approx(2.5)
    assert metrics.position_error_cm(p, p_hat, metrics.UPPER_JOINTS) == pytest.approx(5 / 13)
    assert metrics.position_error_cm(p, p_hat, metrics.LOWER_JOINTS) == 0


def test_the_joint_sets_are_the_literature_s() -> None:
    names = list(JOINT_INDEX)
    lower = {names[joint] for joint in metrics.LOWER_JOINTS}
    assert lower == {f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "foot")}
    # BoDiffusion and InPose count the pelvis to neither half.
    assert set(metrics.UPPER_JOINTS) | set(metrics.LOWER_JOINTS) == set(range(1, 22))


def test_aligned_heads_take_a_constant_and_a_changing_shift_away() -> None:
    p = standing()
    shift = np.linspace(0, 1, len(p))[:, None, None] * np.array((1.0, -2.0, 0.5))
    np.testing.assert_allclose(metrics.align_heads(p, p + shift), p, atol=1e-12)


def test_mpjre_is_the_mean_axis_angle_component_and_the_geodesic_error_an_angle() -> None:
    motion = Motion(np.tile((1.0, 0, 0, 0), (5, 22, 1)), np.zeros((5, 3)), Skeleton.template(), FPS)
    bent = turned(motion, JOINT_INDEX["left_knee"], (0.3, -0.4, 0.0))
    # |0.3| + |-0.4| + |0| over 21 joints of three components; the angle is 0.5.
    assert metrics.axis_angle_error_deg(motion, bent) == pytest.approx(math.degrees(0.7 / 63))
    assert metrics.geodesic_error_deg(motion, bent) == pytest.approx(math.degrees(0.5 / 21))


def test_the_root_s_rotation_is_no_body_joint() -> None:
    motion = smooth_motion(10)
    spun = turned(motion, 0, (0.0, 0.5, 0.0))
    assert metrics.axis_angle_error_deg(motion, spun) == pytest.approx(0, abs=1e-6)
    assert metrics.geodesic_error_deg(motion, spun) == pytest.approx(0, abs=1e-4)


def test_velocity_error_is_the_difference_of_velocities() -> None:
    p = standing()
    drift = np.arange(len(p))[:, None, None] * np.array((0.001, 0.0, 0.0))  # 1 mm a frame: 6 cm/s
    assert metrics.velocity_error_cm_s(p, p + drift, FPS) == pytest.approx(6.0)
    assert metrics.velocity_error_cm_s(p, p + 1.0, FPS) == pytest.approx(0.0)
    assert math.isnan(metrics.velocity_error_cm_s(p[:1], p[:1], FPS))


def test_jitter_is_the_third_difference_in_hundreds_of_metres_per_second_cubed() -> None:
    t = np.arange(12) / FPS
    p = np.zeros((12, 22, 3))
    p[..., 0] = (t**3)[:, None]  # third derivative 6 m/s^3
    assert metrics.jitter(p, FPS) == pytest.approx(0.06)
    p[..., 0] = (5 * t**2 - t)[:, None]
    assert metrics.jitter(p, FPS) == pytest.approx(0, abs=1e-9)
    assert math.isnan(metrics.jitter(p[:3], FPS))


def test_leg_motion_is_how_much_of_the_true_movement_is_there() -> None:
    p = standing()
    swing = np.linspace(0, 0.2, len(p))[:, None]
    for joint in metrics.LOWER_JOINTS:
        p[:, joint, [2]] += swing
    half = p.copy()
    half[:, list(metrics.LOWER_JOINTS), 2] -= swing / 2
    moved_as_a_whole = half + np.linspace(0, 1, len(p))[:, None, None]
    assert metrics.leg_motion(p, p) == pytest.approx(1)
    assert metrics.leg_motion(p, half) == pytest.approx(0.5)
    assert metrics.leg_motion(p, moved_as_a_whole) == pytest.approx(0.5)
    assert math.isnan(metrics.leg_motion(standing(), standing()))


def test_foot_skate_counts_only_while_the_true_foot_stands() -> None:
    p = standing(9)
    p[4:, 10] += np.arange(5)[:, None] * np.array((0.0, 0.02, 0.0))  # the left foot leaves after four steps
    slide = p.copy()
    slide[:, [10, 11]] += np.arange(9)[:, None, None] * np.array((0.001, 0.0, 0.0))
    assert metrics.foot_skate_cm_s(p, slide, FPS) == pytest.approx(6.0)
    swinging = slide.copy()
    swinging[5:, 10] += np.arange(4)[:, None] * np.array((0.05, 0.0, 0.0))  # while in the air: not counted
    assert metrics.foot_skate_cm_s(p, swinging, FPS) == pytest.approx(6.0)
    flying = p + np.arange(9)[:, None, None] * np.array((0.0, 0.5, 0.0))
    assert math.isnan(metrics.foot_skate_cm_s(flying, flying, FPS))


def test_the_floor_is_where_a_standing_toe_joint_is() -> None:
    p, sole_m = standing(), Skeleton.template().sole_height_m
    assert metrics.floor_penetration_cm(p, sole_m) == pytest.approx(0, abs=1e-9)
    assert metrics.floor_penetration_cm(p - (0, 0.02, 0), sole_m) == pytest.approx(2.0)
    assert metrics.floor_floating_cm(p, p + np.array((0, 0.03, 0)), sole_m) == pytest.approx(3.0)
    assert metrics.floor_floating_cm(p, p - (0, 0.03, 0), sole_m) == 0
    jumping = p + np.array((0, 0.5, 0))
    assert math.isnan(metrics.floor_floating_cm(jumping, jumping, sole_m))


def test_a_perfect_solution_has_no_error_and_the_truth_s_jitter() -> None:
    truth = smooth_motion(60)
    figures = metrics.figures_of(truth, truth)
    for name in ("mpjpe_cm", "mpjre_deg", "upper_cm", "lower_cm", "hand_cm", "root_cm", "mpjve_cm_s"):
        assert getattr(figures, name) == pytest.approx(0, abs=1e-6), name
    assert figures.jitter == figures.jitter_of_truth > 0


def test_a_shifted_solution_errs_only_with_its_own_root() -> None:
    truth = smooth_motion(30)
    shifted = replace(truth, root_translation_m=truth.root_translation_m + np.array((0.1, 0, 0)))
    figures = metrics.figures_of(truth, shifted)
    assert figures.mpjpe_cm == pytest.approx(0, abs=1e-9)
    assert figures.mpjpe_predicted_root_cm == pytest.approx(10.0)


def test_the_scaled_error_is_over_the_body_s_size() -> None:
    truth = smooth_motion(30)
    bent = turned(truth, JOINT_INDEX["right_hip"], (0.4, 0, 0))
    figures = metrics.figures_of(truth, bent, size=2.0)
    assert figures.scaled_mpjpe_cm == pytest.approx(figures.mpjpe_cm / 2)


def test_means_leave_out_what_a_clip_does_not_have() -> None:
    figures = metrics.figures_of(smooth_motion(30), smooth_motion(30, seed=1))
    other = replace(figures, mpjpe_cm=figures.mpjpe_cm + 2, foot_skate_cm_s=float("nan"))
    mean = metrics.mean_figures([figures, other])
    assert mean.mpjpe_cm == pytest.approx(figures.mpjpe_cm + 1)
    assert mean.foot_skate_cm_s == pytest.approx(figures.foot_skate_cm_s, nan_ok=True)


def test_joint_errors_are_head_aligned() -> None:
    truth = smooth_motion(20)
    bent = turned(truth, JOINT_INDEX["left_knee"], (0.5, 0, 0))
    errors_cm = metrics.joint_errors_cm(truth, replace(bent, root_translation_m=truth.root_translation_m + 1.0))
    moved = np.flatnonzero(errors_cm > 1e-6)
    assert moved.tolist() == [JOINT_INDEX["left_ankle"], JOINT_INDEX["left_foot"]]
