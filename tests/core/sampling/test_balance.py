# SPDX-License-Identifier: Apache-2.0
"""Test that the feet of people who stand still are under their body, and that all others keep theirs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.arrays import FloatArray
from inpose_core.body.kinematics import forward_kinematics
from inpose_core.body.skeleton import ANKLE_JOINTS, TOE_JOINTS, Skeleton
from inpose_core.calibration import calibrate
from inpose_core.options.reading import ReadOptions
from inpose_core.recording import load_recording
from inpose_core.sampling.balance import (
    BalanceSettings,
    StandingBody,
    distance_outside,
    joint_masses,
    shift_to_balance,
)
from inpose_core.solver.solving import solve
from tests.core.recording.recording_files import real_recording

LEG_M = 0.83
FRAMES = 200
UPRIGHT, STILL = np.ones(FRAMES), np.zeros(FRAMES)


def standing(positions_m: FloatArray) -> StandingBody:
    """Return what balance depends on, of all joints (F, 22, 3)."""
    mass_m = (joint_masses()[:, None] * positions_m).sum(axis=1)
    return StandingBody(positions_m[:, list(TOE_JOINTS)], positions_m[:, list(ANKLE_JOINTS)], mass_m)


def leaning(feet_ahead_m: float) -> StandingBody:
    """Return a body in rest whose feet are ahead of where they belong."""
    at_rest = np.broadcast_to(np.eye(3), (FRAMES, 22, 3, 3))
    body = standing(forward_kinematics(at_rest, Skeleton.template().offsets_m))
    ahead_m = np.array((0.0, 0.0, feet_ahead_m))
    return replace(body, toes_m=body.toes_m + ahead_m, ankles_m=body.ankles_m + ahead_m)


def test_feet_ahead_of_a_still_body_come_under_it() -> None:
    body = leaning(0.25)
    assert distance_outside(body, LEG_M).min() * LEG_M > 0.06
    shift_m = shift_to_balance(body, UPRIGHT, STILL, LEG_M)
    np.testing.assert_array_equal(shift_m[:, 1], 0.0)
    assert np.abs(shift_m[:, 0]).max() < 0.01
    moved = replace(body, toes_m=body.toes_m + shift_m[:, None], ankles_m=body.ankles_m + shift_m[:, None])
    assert distance_outside(moved, LEG_M).max() == 0.0


@pytest.mark.parametrize("feet_ahead_m", [-0.12, 0.0, 0.04])
def test_a_body_over_its_feet_keeps_them(feet_ahead_m: float) -> None:
    assert not shift_to_balance(leaning(feet_ahead_m), UPRIGHT, STILL, LEG_M).any()


@pytest.mark.parametrize(("head_ratio", "speed"), [(0.75, 0.0), (0.5, 0.0), (1.0, 1.0)], ids=["sits", "lies", "walks"])
def test_people_who_sit_lie_or_walk_keep_their_feet(head_ratio: float, speed: float) -> None:
    shift_m = shift_to_balance(leaning(0.25), head_ratio * UPRIGHT, speed + STILL, LEG_M)
    assert np.abs(shift_m).max() < 1e-3


def test_it_is_indifferent_to_place_heading_and_size() -> None:
    body, angle, scale = leaning(0.22), 0.7, 3.0
    turn = np.array(((np.cos(angle), 0, np.sin(angle)), (0, 1, 0), (-np.sin(angle), 0, np.cos(angle))))
    away_m = np.array((5.0, 0.0, -3.0))
    other = StandingBody(*(scale * (points_m @ turn.T) + away_m for points_m in vars(body).values()))
    np.testing.assert_allclose(
        shift_to_balance(other, UPRIGHT, STILL, scale * LEG_M),
        scale * shift_to_balance(body, UPRIGHT, STILL, LEG_M) @ turn.T,
        atol=1e-9,
    )


def test_the_distance_is_that_from_the_convex_hull() -> None:
    corners_m = np.array(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 1.0)))
    mass_m = np.array(((0.5, 9, 0.5), (0.5, 9, 1.5), (2.0, 9, 2.0), (0.1, 9, 0.8), (-0.25, 9, 0.3)))
    # Left toe and ankle beside the right ones; the second body's are crossed.
    for order in ((2, 3, 0, 1), (3, 2, 0, 1)):
        toes_m, ankles_m = (np.broadcast_to(corners_m[list(two)], (5, 2, 3)) for two in (order[:2], order[2:]))
        points_only = BalanceSettings(heel=0.0, tip=0.0, half_width=0.0)
        outside = distance_outside(StandingBody(toes_m, ankles_m, mass_m), 1.0, points_only)
        np.testing.assert_allclose(outside, (0.0, 0.5, np.sqrt(2), 0.0, 0.25), atol=1e-12)


def test_a_real_player_who_waits_with_the_hands_at_the_face_does_not_lean_back() -> None:
    """The prior alone puts the feet 15 to 30 cm ahead of the body in these six seconds."""
    path = real_recording("bs_vivepro2_normal.bsor")
    recording = load_recording(path, ReadOptions(trim_start_s=0.0, trim_end_s=6.5))
    skeleton = Skeleton.template(1.94)
    sensors = calibrate(recording, skeleton).sensors
    body = standing(solve(sensors, skeleton).joint_positions_m)
    assert distance_outside(body, skeleton.leg_length_m).max() == 0.0
