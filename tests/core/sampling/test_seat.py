# SPDX-License-Identifier: Apache-2.0
"""Seated stretches: thighs on the seat, feet flat and at rest, hands where they were measured, all else untouched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.arrays import BoolArray, FloatArray
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import multiply_quaternions, rotate_vector
from inpose_core.body.skeleton import JOINT_INDEX, LEG_CHAINS, SENSOR_JOINTS, TOE_JOINTS, Skeleton
from inpose_core.numerics import Backend
from inpose_core.options.solve import SolveSettings
from inpose_core.sampling.measurement import Measurement
from inpose_core.sampling.seat import with_posture
from inpose_core.sampling.seated_pose import SeatedBody, resting_hips
from inpose_core.solver.solving import solve
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 240
SETTINGS = SolveSettings(device="cpu", precision="float32")


def seated_motion(frames: int = FRAMES, seat_m: float = 0.45) -> Motion:
    """Return somebody whose hips stay 9 cm above a seat while the upper body sways."""
    body = Skeleton.template()
    motion = smooth_motion(frames, body=body, swing=0.25)
    # Without the slow turn of the whole body: this chair does not turn.
    half = -0.5 * 0.004 * np.arange(frames)
    back = np.stack((np.cos(half), 0 * half, np.sin(half), 0 * half), axis=-1)
    rotations = multiply_quaternions(back[:, None], motion.rotations_wxyz)
    hips_up_m = -body.offsets_m[1, 1]
    root_m = np.zeros((frames, 3))
    root_m[:, 1] = seat_m + 0.09 + hips_up_m
    return replace(motion, rotations_wxyz=rotations, root_translation_m=root_m)


def solved(truth: Motion, seated: BoolArray | None) -> Motion:
    return solve(replace(perfect_sensors(truth), seated=seated), truth.skeleton, SETTINGS)


def knee_bends_deg(motion: Motion) -> FloatArray:
    p = motion.joint_positions_m
    bends = []
    for hip, knee, ankle in LEG_CHAINS:
        thigh, shin = p[:, knee] - p[:, hip], p[:, ankle] - p[:, knee]
        cosine = (thigh * shin).sum(-1) / np.linalg.norm(thigh, axis=-1) / np.linalg.norm(shin, axis=-1)
        bends.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.stack(bends, axis=1)


@pytest.fixture(scope="module")
def truth() -> Motion:
    return seated_motion()


@pytest.fixture(scope="module")
def sat(truth: Motion) -> Motion:
    return solved(truth, np.ones(FRAMES, np.bool_))


def test_thighs_are_level_and_shins_hang(sat: Motion) -> None:
    p = sat.joint_positions_m
    assert 70 < np.median(knee_bends_deg(sat)) < 105
    for hip, knee, ankle in LEG_CHAINS:
        thigh, shin = p[:, knee] - p[:, hip], p[:, ankle] - p[:, knee]
        slope = np.degrees(np.arcsin(thigh[:, 1] / np.linalg.norm(thigh, axis=-1)))
        assert np.abs(np.median(slope)) < 20
        assert (-shin[:, 1] / np.linalg.norm(shin, axis=-1)).min() > 0.9


def test_feet_are_flat_on_the_floor_and_do_not_move(sat: Motion) -> None:
    p = sat.joint_positions_m
    toes_m = p[:, list(TOE_JOINTS)]
    np.testing.assert_allclose(toes_m[..., 1], sat.skeleton.sole_height_m, atol=0.01)
    assert np.ptp(toes_m, axis=0).max() < 0.02
    up = rotate_vector(sat.rotations_wxyz[:, list(TOE_JOINTS)], (0.0, 1.0, 0.0))
    assert up[..., 1].min() > 0.999
    assert sat.foot_stands is not None
    assert sat.foot_stands.all()


def test_feet_are_before_the_hips(sat: Motion) -> None:
    p = sat.joint_positions_m
    forward = rotate_vector(sat.rotations_wxyz[:, JOINT_INDEX["pelvis"]], (0.0, 0.0, 1.0))
    for hip, _, ankle in LEG_CHAINS:
        ahead_m = ((p[:, ankle] - p[:, hip]) * forward * (1, 0, 1)).sum(axis=-1)
        assert 0.2 < np.median(ahead_m) < 0.45


def test_head_and_hands_stay_where_they_were_measured(truth: Motion, sat: Motion) -> None:
    measured_m = truth.joint_positions_m[:, list(SENSOR_JOINTS)]
    error_m = np.linalg.norm(sat.joint_positions_m[:, list(SENSOR_JOINTS)] - measured_m, axis=-1)
    assert np.percentile(error_m, 99) < 0.005


def test_the_hips_rest(truth: Motion, sat: Motion) -> None:
    free = solved(truth, None)
    hips = [chain[0] for chain in LEG_CHAINS]
    resting, before = (
        np.linalg.norm(motion.joint_positions_m[:, hips].std(axis=0), axis=-1).max() for motion in (sat, free)
    )
    assert resting < 0.65 * before


def test_where_nobody_sits_nothing_changes(truth: Motion) -> None:
    nobody = solved(truth, np.zeros(FRAMES, np.bool_))
    np.testing.assert_array_equal(nobody.rotations_wxyz, solved(truth, None).rotations_wxyz)


def test_sitting_begins_and_ends_without_a_jump(truth: Motion) -> None:
    seated = np.zeros(FRAMES, np.bool_)
    seated[70:180] = True
    motion = solved(truth, seated)
    ankles_m = motion.joint_positions_m[:, [chain[2] for chain in LEG_CHAINS]]
    assert np.linalg.norm(np.diff(ankles_m, axis=0), axis=-1).max() < 0.06


def test_the_prior_is_told_of_sitting_only() -> None:
    truth = seated_motion(20)
    measurement = Measurement.from_sensors(perfect_sensors(truth), truth.skeleton, Backend("numpy"))
    condition = measurement.scale_free(use_head_motion=True)
    seated = np.arange(20) >= 10
    told = with_posture(condition, seated).posture
    assert told is not None
    np.testing.assert_array_equal(told[:, 1], seated)
    np.testing.assert_array_equal(told[:, 0], np.zeros(20))
    assert with_posture(condition, None).posture is None


def test_a_chair_that_turns_takes_the_hips_along() -> None:
    angle = np.linspace(0, np.pi, 600)
    across = 0.09 * np.stack((np.cos(angle), 0 * angle, -np.sin(angle)), axis=-1)
    hips_m = np.stack((across, -across), axis=1) + np.array((0.0, 0.55, 0.0))
    body = SeatedBody(Skeleton.template().offsets_m, 0.83, 0.02, 60.0)
    assert np.abs(resting_hips(hips_m, body) - hips_m)[60:-60].max() < 0.01
    still = np.repeat(hips_m[:1], 600, axis=0) + 0.02 * np.sin(angle)[:, None, None]
    assert np.ptp(resting_hips(still, body), axis=0).max() < 1e-9
