# SPDX-License-Identifier: Apache-2.0
"""Solve a stream: head and hands are met, feet stay, nothing jumps, and it is nearly what the whole recording gives."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from inpose_core import CalibrationSettings, Sensors, Skeleton, calibrate, load_prior, load_recording, solve
from inpose_core.arrays import FloatArray
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import SENSOR_JOINTS, TOE_JOINTS
from inpose_core.live import LivePoints, LivePose, LiveSettings, LiveSolver
from tests.core.live.streams import EXAMPLE, moments_of

BODY = Skeleton.template(1.7)
SETTINGS = LiveSettings(beside=False)


@cache
def example() -> Sensors:
    """Return seven seconds of the example: a T-pose and a walk."""
    return calibrate(load_recording(EXAMPLE), BODY, CalibrationSettings(), prior=load_prior()).sensors.part(
        slice(0, 420)
    )


@cache
def streamed(lookahead_s: float = 0.1) -> list[LivePose]:
    solver = LiveSolver(BODY, replace(SETTINGS, lookahead_s=lookahead_s), load_prior())
    return list(solver.steps(moments_of(example())))


def joints_of(poses: list[LivePose]) -> FloatArray:
    return np.stack([pose.joints_m(BODY) for pose in poses])


def test_a_pose_for_each_frame_after_the_lookahead() -> None:
    poses = streamed()
    assert np.allclose([pose.time_s for pose in poses], np.arange(len(poses)) / 60)
    assert len(poses) == 420 - 6


def test_head_and_hands_are_met() -> None:
    poses = streamed()
    away_m = np.linalg.norm(joints_of(poses)[:, list(SENSOR_JOINTS)] - example().positions_m[: len(poses)], axis=-1)
    assert away_m[:, 0].max() < 1e-9
    assert np.quantile(away_m[:, 1:], 0.99) < 0.005, "but where an arm is too short"
    turned = geodesic_angle(
        np.stack([pose.rotations_wxyz for pose in poses])[:, list(SENSOR_JOINTS)],
        example().rotations_wxyz[: len(poses)],
    )
    assert np.degrees(turned).max() < 0.01


def test_it_is_close_to_the_solve_of_the_whole_recording() -> None:
    poses = streamed()
    whole = solve(example(), BODY, prior=load_prior()).joint_positions_m[: len(poses)]
    assert np.linalg.norm(joints_of(poses) - whole, axis=-1)[60:].mean() < 0.05


def test_planted_feet_stay() -> None:
    poses = streamed()
    toes_m, stands = joints_of(poses)[:, list(TOE_JOINTS)], np.stack([pose.foot_stands for pose in poses])
    slide_m_s = 60 * np.linalg.norm(np.diff(toes_m, axis=0), axis=-1)
    both = stands[1:] & stands[:-1]
    assert both.mean() > 0.3
    assert slide_m_s[both].mean() < 0.15
    assert toes_m[..., 1].min() > -0.02


def test_nothing_jumps() -> None:
    joints_m = joints_of(streamed())[30:]
    whole = solve(example(), BODY, prior=load_prior()).joint_positions_m[30 : 30 + len(joints_m)]
    fastest = [np.quantile(60 * np.linalg.norm(np.diff(each, axis=0), axis=-1), 0.999) for each in (joints_m, whole)]
    assert fastest[0] < 2.0 * fastest[1]


def test_without_lookahead_the_newest_moment_is_shown() -> None:
    poses = streamed(0.0)
    assert poses[-1].time_s == pytest.approx(419 / 60)
    assert np.abs(joints_of(poses)[:, 15] - example().positions_m[-len(poses) :, 0]).max() < 1e-9


def test_a_lost_hand_comes_back_without_a_jump() -> None:
    sensors = example()
    measured = sensors.measured.copy()
    measured[150:210, 2] = False
    lost = replace(sensors, measured=measured)
    poses = list(LiveSolver(BODY, SETTINGS, load_prior()).steps(moments_of(lost)))
    hand_m = joints_of(poses)[:, 21]
    step_m = np.linalg.norm(np.diff(hand_m, axis=0), axis=-1)
    true_m = np.linalg.norm(np.diff(sensors.positions_m[:, 2], axis=0), axis=-1)
    assert step_m[140:230].max() < true_m.max() + 0.03


def test_after_a_pause_it_begins_anew() -> None:
    solver = LiveSolver(BODY, SETTINGS, load_prior())
    moments = list(moments_of(example().part(slice(0, 60))))
    first = list(solver.steps(iter(moments)))
    again = list(solver.steps((time_s + 100.0, points) for time_s, points in moments))
    assert len(first) == len(again)
    assert np.allclose(first[-1].rotations_wxyz, again[-1].rotations_wxyz)


def test_moments_of_which_the_last_come_after_a_pause_make_no_pose() -> None:
    moments = list(moments_of(example()))[:60]
    solver = LiveSolver(BODY, SETTINGS, load_prior())
    assert [solver.add(points, time_s) for time_s, points in moments][-1]
    later_s, points = moments[-1][0] + 2.0, moments[-1][1]
    assert not solver.add(points, later_s)
    assert solver.pose() is None, "somebody who was late asks only now"
    assert [solver.add(points, later_s + number / 60) for number in range(1, 30)][-1]
    assert solver.pose() is not None


def test_a_solve_beside_the_poses_gives_nearly_the_same() -> None:
    solver = LiveSolver(BODY, LiveSettings(), load_prior())
    try:
        poses = list(solver.steps(moments_of(example().part(slice(0, 200)))))
    finally:
        solver.close()
    assert np.isfinite(joints_of(poses)).all()
    assert np.abs(joints_of(poses)[:, 15] - example().positions_m[: len(poses), 0]).max() < 1e-9


def test_no_head_is_no_crash() -> None:
    solver = LiveSolver(BODY, SETTINGS, load_prior())
    nothing = LivePoints(np.zeros((3, 3)), np.tile((1.0, 0, 0, 0), (3, 1)), np.zeros(3, np.bool_))
    for frame in range(30):
        pose = solver.step(nothing, frame / 60)
    assert pose is not None
    assert np.isfinite(pose.joints_m(BODY)).all()
