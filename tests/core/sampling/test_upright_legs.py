# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from inpose_core import Skeleton, load_prior, solve
from inpose_core.body.skeleton import LEG_CHAINS, SENSOR_JOINTS, TOE_JOINTS
from inpose_core.recording.types import Sensors
from inpose_core.sampling.upright_legs import LegExtension, expected_extension

FRAMES = 240
STILL = np.zeros(FRAMES)
BOTH = np.ones((FRAMES, 2), dtype=np.bool_)


def test_upright_legs_are_nearly_straight_and_lower_ones_are_left_to_the_prior() -> None:
    heights = (1.0, 0.99, 0.975, 0.96)
    upright, high, lower, low = (expected_extension(np.full(FRAMES, height), STILL, BOTH) for height in heights)
    assert 0.997 < upright.share.mean() < 1.0
    assert upright.share.mean() >= high.share.mean() > lower.share.mean() > low.share.mean()
    assert upright.deviation.mean() <= high.deviation.mean() < lower.deviation.mean() < low.deviation.mean()
    assert upright.upright.min() == pytest.approx(1.0)
    assert low.upright.max() == 0.0


def test_nothing_is_known_of_legs_that_walk_or_of_a_foot_that_is_up() -> None:
    ratio = np.full(FRAMES, 0.999)
    one_up = BOTH.copy()
    one_up[:, 1] = False
    for found in (expected_extension(ratio, STILL + 1.2, BOTH), expected_extension(ratio, STILL, one_up)):
        assert found.deviation.min() > 0.9
        assert found.upright.max() < 1e-6


def test_it_begins_and_ends_smoothly() -> None:
    stands = BOTH.copy()
    stands[120:] = False
    found = expected_extension(np.full(FRAMES, 1.0), STILL, stands)
    assert np.abs(np.diff(found.upright)).max() < 0.1
    unknown = LegExtension.unknown(FRAMES)
    assert (unknown.deviation == 1.0).all()
    assert (unknown.upright == 0.0).all()


@pytest.mark.parametrize("lowered_m", [0.0, 0.006, 0.012])
def test_a_person_who_stands_upright_is_solved_upright(lowered_m: float) -> None:
    # Hands are held as a player's: before the body, elbows bent. The prior alone bends the knees of this person.
    body = Skeleton.template(1.94)
    rest_m = body.rest_positions_m
    standing_m = body.sole_height_m - rest_m[list(TOE_JOINTS), 1].min()
    positions_m = np.tile(rest_m[list(SENSOR_JOINTS)] + (0.0, standing_m - lowered_m, 0.0), (FRAMES, 1, 1))
    height_m = positions_m[0, 0, 1]
    positions_m[:, 1:] = ((0.25, 0.62 * height_m, 0.32), (-0.25, 0.62 * height_m, 0.32))
    positions_m += np.random.default_rng(0).normal(0.0, 0.0003, positions_m.shape)
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (FRAMES, 3, 1))
    wxyz[:, 1:] = ((0.5, 0.5, -0.5, 0.5), (0.5, 0.5, 0.5, -0.5))
    motion = solve(Sensors(positions_m, wxyz, np.ones((FRAMES, 3), np.bool_)), body, prior=load_prior())
    assert _knee_deg(motion.joint_positions_m).max() < 12.0
    assert abs(motion.joint_positions_m[:, list(TOE_JOINTS), 1] - body.sole_height_m).max() < 0.006


def _knee_deg(p: np.ndarray) -> np.ndarray:
    flexion = []
    for hip, knee, ankle in LEG_CHAINS:
        thigh, shin = p[:, hip] - p[:, knee], p[:, ankle] - p[:, knee]
        cosine = (thigh * shin).sum(-1) / np.linalg.norm(thigh, axis=-1) / np.linalg.norm(shin, axis=-1)
        flexion.append(180 - np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.array(flexion)


def test_no_leg_is_straightened_before_it_lands() -> None:
    stands = BOTH.copy()
    stands[:120, 0] = False
    found = expected_extension(np.full(FRAMES, 1.0), STILL, stands)
    # A bent knee in the air was pulled straight within a tenth of a second.
    assert found.deviation[:118].min() > 0.05
    assert found.deviation[150:].max() < 0.003
