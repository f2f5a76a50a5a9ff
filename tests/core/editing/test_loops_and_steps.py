# SPDX-License-Identifier: Apache-2.0
"""Loops close in pose and velocity, and longer steps keep planted feet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.arrays import runs
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions
from inpose_core.body.skeleton import JOINT_COUNT, JOINT_INDEX, Skeleton
from inpose_core.editing.loops import make_loop
from inpose_core.editing.steps import scale_steps, sliding_m
from inpose_core.errors import InPoseError

SKELETON = Skeleton.template()
PERIOD_S = 1.1


def about(axis: int, angle):
    wxyz = np.zeros((*np.shape(angle), 4))
    wxyz[..., 0], wxyz[..., axis + 1] = np.cos(np.asarray(angle) / 2), np.sin(np.asarray(angle) / 2)
    return wxyz


def walk(seconds=5.0, turn_rad=0.0, drift=0.0) -> Motion:
    """Return somebody who walks with stiff legs, turns a little, and is never quite as in the round before."""
    times = np.arange(round(seconds * 60)) / 60
    phase = 2 * np.pi * times / PERIOD_S
    heading = about(1, 0.4 + turn_rad * times)
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (len(times), JOINT_COUNT, 1))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for joint, size in (("hip", 0.4), ("knee", 0.4), ("ankle", 0.4), ("foot", 0.4)):
            swing = sign * size * np.sin(phase) * (1 + drift * times)
            wxyz[:, JOINT_INDEX[f"{side}_{joint}"]] = about(0, swing + 0.2)
        wxyz[:, JOINT_INDEX[f"{side}_knee"]] = about(0, 0.5 + sign * 0.3 * np.sin(phase))
        wxyz[:, JOINT_INDEX[f"{side}_shoulder"]] = about(0, -sign * 0.3 * np.sin(phase))
    wxyz = multiply_quaternions(heading[:, None], wxyz)
    angle = 0.4 + turn_rad * times
    step_m = np.stack((np.sin(angle), 0 * angle, np.cos(angle)), axis=-1) * 1.2 / 60
    root_m = np.cumsum(step_m, axis=0)
    root_m[:, 1] = 0.88 + 0.02 * np.cos(2 * phase)
    stands = np.stack((np.cos(phase) > 0.2, np.cos(phase) < -0.2), axis=-1)
    return Motion(wxyz, root_m, SKELETON, 60.0, foot_stands=stands)


def jumps(motion: Motion):
    """Return how the velocity of each turn changes from frame to frame, in degrees a second, and of the root in m/s."""
    local = motion.local_rotations_wxyz
    relative = multiply_quaternions(local[:-1] * (1, -1, -1, -1), local[1:])
    relative *= np.where(relative[..., :1] < 0, -1, 1)
    turning = np.degrees(2 * relative[..., 1:]) * motion.fps
    moving = np.diff(motion.root_translation_m, axis=0) * motion.fps
    return np.linalg.norm(np.diff(turning, axis=0), axis=-1).max(axis=-1), np.linalg.norm(
        np.diff(moving, axis=0), axis=-1
    )


@settings(max_examples=12, deadline=None)
@given(
    fps=st.sampled_from([24.0, 25.0, 30.0, 60.0, 12.0]),
    start_s=st.floats(0.5, 2.0),
    late_s=st.floats(-0.12, 0.12),
    turn_rad=st.floats(-0.3, 0.3),
    in_place=st.booleans(),
)
def test_a_loop_closes_in_pose_and_velocity(fps, start_s, late_s, turn_rad, in_place):
    motion = walk(turn_rad=turn_rad, drift=0.02)
    loop = make_loop(motion, start_s, start_s + PERIOD_S + late_s, fps, in_place=in_place)
    one = loop.motion
    assert np.degrees(geodesic_angle(one.rotations_wxyz[0], one.rotations_wxyz[-1])).max() < 0.01
    assert np.allclose(one.root_translation_m[-1] - one.root_translation_m[0], loop.way_m, atol=1e-5)
    assert loop.way_m[1] == 0
    assert bool(np.linalg.norm(loop.way_m)) != in_place
    assert len(one) - 1 == pytest.approx(PERIOD_S * fps, abs=1.01)
    turning, moving = jumps(loop.rounds(3))
    seams = [number * (len(one) - 1) - 1 for number in (1, 2)]
    assert turning[seams].max() <= 1.5 * np.delete(turning, seams).max()
    assert moving[seams].max() <= 1.5 * np.delete(moving, seams).max() + 1e-6


def test_the_end_is_found_near_the_chosen_one():
    motion = walk()
    for late_s in (-0.2, 0.0, 0.2):
        loop = make_loop(motion, 1.0, 1.0 + PERIOD_S + late_s, 60.0)
        assert loop.stop_s == pytest.approx(1.0 + PERIOD_S, abs=0.02)


def test_planted_feet_stand_across_the_seam():
    motion = walk(turn_rad=0.2, drift=0.05)
    assert motion.foot_stands is not None
    start = int(runs(motion.foot_stands[:, 0])[2][0]) + 10  # in the middle of a stance
    loop = make_loop(motion, start / 60, start / 60 + PERIOD_S, 30.0)
    several = loop.rounds(3)
    for side, toe in enumerate(("left_foot", "right_foot")):
        toe_m = several.joint_positions_m[:, JOINT_INDEX[toe]]
        for first, last in runs(several.foot_stands[:, side]):
            if first > 0 and last < len(several):
                assert np.ptp(toe_m[first:last][:, [0, 2]], axis=0).max() < 0.005


def test_each_round_goes_straight_on():
    loop = make_loop(walk(turn_rad=0.3), 1.0, 1.0 + PERIOD_S, 30.0)
    several = loop.rounds(3)
    period = len(loop.motion) - 1
    moves = several.root_translation_m[period:] - several.root_translation_m[:-period]
    assert np.allclose(moves, loop.way_m, atol=1e-6)
    assert np.linalg.norm(loop.way_m) == pytest.approx(1.2 * PERIOD_S, rel=0.05)


@pytest.mark.parametrize(
    ("start_s", "stop_s", "said"),
    [(0.0, 5.0, "whole motion"), (1.0, 1.1, "too short"), (4.0, 9.0, "ends after")],
)
def test_a_stretch_that_cannot_loop_is_refused(start_s, stop_s, said):
    with pytest.raises(InPoseError, match=said):
        make_loop(walk(), start_s, stop_s, 30.0)


def test_steps_as_recorded_stay():
    motion = walk()
    same = scale_steps(replace(motion, foot_stands=None), 1.0)
    assert np.allclose(same.root_translation_m, motion.root_translation_m)


@settings(max_examples=10, deadline=None)
@given(factor=st.floats(0.5, 1.3))
def test_scaled_steps_go_the_scaled_way_on_planted_feet(factor):
    motion = walk()
    scaled = scale_steps(motion, factor)
    way_m = motion.root_translation_m[-1] - motion.root_translation_m[0]
    scaled_m = scaled.root_translation_m[-1] - scaled.root_translation_m[0]
    assert np.allclose(scaled_m[[0, 2]], factor * way_m[[0, 2]], atol=1e-9)
    assert sliding_m(scaled) < 0.02
    assert sliding_m(motion) > 0.02  # stiff legs do slide
