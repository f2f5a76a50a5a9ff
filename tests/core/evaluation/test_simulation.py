# SPDX-License-Identifier: Apache-2.0
"""The bench's bodies and simulated sensors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import JOINT_INDEX, SENSOR_JOINTS, Skeleton
from inpose_core.evaluation.bodies import (
    ARM_JOINTS,
    BODIES,
    DEFAULT_BODY,
    TORSO_JOINTS,
    UPPER_BODY_JOINTS,
    Body,
    with_bone_errors,
)
from inpose_core.evaluation.simulation import PERFECT_SENSORS, SensorNoise, on_body, simulate
from tests.core.synthetic import smooth_motion


def lengths(skeleton: Skeleton) -> np.ndarray:
    return np.linalg.norm(skeleton.offsets_m, axis=1)


def test_the_bodies_are_the_paper_s() -> None:
    names = [body.name for body in BODIES]
    assert names[0] == "default"
    assert {"upper body x 0.7", "upper body x 1.4", "arms x 1.4, torso x 0.7", "arms x 0.85, torso x 1.17"} < set(names)
    assert len(set(names)) == len(names) == 12
    assert (
        sorted(UPPER_BODY_JOINTS)
        == sorted({*TORSO_JOINTS, *ARM_JOINTS})
        == [6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
    )


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_a_body_changes_its_own_joints_and_no_others(body: Body) -> None:
    template = Skeleton.template()
    ratio = lengths(body.apply(template))[1:] / lengths(template)[1:]
    wanted = np.ones(22)
    for joints, factor in body.factors:
        wanted[list(joints)] = factor
    np.testing.assert_allclose(ratio, wanted[1:])


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_on_another_body_the_rotations_stay_and_the_feet_keep_their_height_in_proportion(body: Body) -> None:
    motion = smooth_motion(40)
    changed = on_body(motion, body, Skeleton.template(1.6))
    np.testing.assert_array_equal(changed.rotations_wxyz, motion.rotations_wxyz)
    factor = changed.skeleton.leg_length_m / motion.skeleton.leg_length_m

    def clearance(m: object) -> np.ndarray:
        return m.joint_positions_m[:, [7, 8, 10, 11], 1].min(axis=1) - m.skeleton.sole_height_m  # type: ignore[attr-defined]  # any motion

    np.testing.assert_allclose(clearance(changed), factor * clearance(motion), atol=1e-9)


def test_the_motion_s_own_body_is_left_as_it_is() -> None:
    motion = smooth_motion(20)
    same = on_body(motion, DEFAULT_BODY)
    np.testing.assert_allclose(same.joint_positions_m, motion.joint_positions_m, atol=1e-12)


def test_perfect_sensors_are_the_truth_s_joints() -> None:
    truth = smooth_motion(20)
    trial = simulate(truth, PERFECT_SENSORS, seed=0)
    np.testing.assert_array_equal(trial.sensors.positions_m, truth.joint_positions_m[:, list(SENSOR_JOINTS)])
    np.testing.assert_array_equal(trial.sensors.rotations_wxyz, truth.rotations_wxyz[:, list(SENSOR_JOINTS)])
    assert trial.skeleton is truth.skeleton


def test_noise_has_the_deviation_asked_for_and_comes_again_with_the_seed() -> None:
    truth = smooth_motion(2000)
    noise = SensorNoise(position_m=0.1, rotation_deg=5.0)
    trial, again, other = (simulate(truth, noise, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(trial.sensors.positions_m, again.sensors.positions_m)
    assert not np.array_equal(trial.sensors.positions_m, other.sensors.positions_m)
    error_m = trial.sensors.positions_m - truth.joint_positions_m[:, list(SENSOR_JOINTS)]
    assert error_m.std() == pytest.approx(0.1, rel=0.02)
    angle_deg = np.rad2deg(geodesic_angle(trial.sensors.rotations_wxyz, truth.rotations_wxyz[:, list(SENSOR_JOINTS)]))
    # Three axes of 5 degrees each.
    assert np.sqrt((angle_deg**2).mean()) == pytest.approx(5 * np.sqrt(3), rel=0.03)


def test_one_kind_of_noise_does_not_change_another_s_draws() -> None:
    truth = smooth_motion(50)
    alone = simulate(truth, SensorNoise(position_m=0.1), 0).sensors.positions_m
    together = simulate(truth, SensorNoise(position_m=0.1, rotation_deg=5.0, bone_m=0.02), 0).sensors.positions_m
    np.testing.assert_array_equal(alone, together)


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 0.2))
def test_wrong_bones_keep_their_direction_and_stay_bones(seed: int, deviation_m: float) -> None:
    template = Skeleton.template()
    wrong = with_bone_errors(template, deviation_m, np.random.default_rng(seed))
    ratio = lengths(wrong)[1:] / lengths(template)[1:]
    assert ratio.min() >= 0.2 - 1e-9
    np.testing.assert_allclose(wrong.offsets_m[1:], template.offsets_m[1:] * ratio[:, None], atol=1e-12)
    left, right = JOINT_INDEX["left_elbow"], JOINT_INDEX["right_elbow"]
    assert ratio[left - 1] == pytest.approx(ratio[right - 1])
