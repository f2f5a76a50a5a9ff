# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np

from inpose_core.body.points import joints_of_points
from inpose_core.body.skeleton import SENSOR_JOINTS
from inpose_core.evaluation.tracked_points import CONDITIONS, measure_points, points_table, simulate_points
from inpose_core.prior.checkpoint import load_prior
from tests.core.synthetic import smooth_motion

PERFECT, _, NOISE, STRAPS = CONDITIONS


def test_more_points_have_smaller_errors_and_noise_larger_ones() -> None:
    rows = measure_points([smooth_motion(120)], load_prior(), ("head,hands", "head,hands,hips,feet"), (PERFECT, NOISE))
    three, six = rows["head,hands"], rows["head,hands,hips,feet"]
    assert six["perfect"].mpjpe_cm < 0.5 * three["perfect"].mpjpe_cm
    assert six["perfect"].mpjpe_cm < six["noise"].mpjpe_cm
    assert points_table(rows).count("\n") == 3


def test_points_that_are_not_named_are_not_measured() -> None:
    trial = simulate_points(smooth_motion(60), joints_of_points("head,left_hand"), PERFECT, 0)
    assert trial.sensors.measured.all(axis=0).tolist() == [True, True, False]


def test_strapped_trackers_are_calibrated_to_some_centimetres() -> None:
    truth = smooth_motion(60, swing=0.2)
    joints = joints_of_points("hips,feet,knees")
    quiet = replace(STRAPS, noise=PERFECT.noise)
    away_m = []
    for seed in range(6):
        sensors = simulate_points(truth, joints, quiet, seed).sensors
        assert sensors.joints == (*SENSOR_JOINTS, *joints)
        away_m.append(np.linalg.norm(sensors.positions_m[:, 3:] - truth.joint_positions_m[:, joints], axis=-1))
    assert np.mean(away_m) < 0.06
