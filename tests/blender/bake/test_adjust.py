# SPDX-License-Identifier: GPL-3.0-or-later
"""Adjust motions: what is promised to stay stays, what is promised to change changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_blender.bake.adjust import (
    AdjustSettings,
    adjust_motion,
    in_place,
    reduce_keys,
    resample_motion,
    root_path_of,
)
from inpose_blender.core import JOINT_INDEX, Motion, Sensors, Skeleton
from tests.core.synthetic import bent_motion

FPS = 60.0
SEEDS = st.integers(0, 2**31)


def wrists_of(motion: Motion) -> np.ndarray:
    return motion.joint_positions_m[:, [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]]


def sensors_near(motion: Motion, seed: int, spread_m: float = 0.05) -> Sensors:
    rng = np.random.default_rng(seed)
    joints = [JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist")]
    positions_m = motion.joint_positions_m[:, joints] + rng.uniform(-spread_m, spread_m, size=(1, 3, 3))
    return Sensors(positions_m, motion.rotations_wxyz[:, joints], np.ones((len(motion), 3), np.bool_), motion.fps)


def test_hands_stay_on_the_recording_while_the_body_is_smoothed():
    motion = bent_motion(9)
    sensors = sensors_near(motion, 0, 0.0)
    adjusted = adjust_motion(motion, sensors, AdjustSettings(smoothing_s=0.1))
    assert np.abs(wrists_of(adjusted) - wrists_of(motion)).max() < 0.005
    loose = adjust_motion(motion, sensors, AdjustSettings(smoothing_s=0.1, hand_lock=0.0, foot_lock=0.0))
    assert np.abs(wrists_of(loose) - wrists_of(motion)).max() > 0.005


def walk(frames: int = 240) -> Motion:
    """Return a walk in a quarter circle with a sway of the hips."""
    angle = np.linspace(0, np.pi / 2, frames)
    wxyz = np.zeros((frames, 22, 4))
    wxyz[..., 0], wxyz[..., 2] = np.cos(angle / 2)[:, None], np.sin(angle / 2)[:, None]
    sway = 0.03 * np.sin(np.arange(frames) / FPS * 2 * np.pi)
    root_m = np.stack((3 * (1 - np.cos(angle)) + sway, np.full(frames, 0.9), 3 * np.sin(angle)), axis=-1)
    return Motion(wxyz, root_m, Skeleton.template(), FPS)


def test_in_place_takes_the_way_out_and_leaves_height_sway_and_turning():
    motion = walk()
    standing = in_place(motion)
    assert (
        np.linalg.norm(standing.root_translation_m[:, [0, 2]] - motion.root_translation_m[0, [0, 2]], axis=1).max()
        < 0.3
    )
    assert np.array_equal(standing.root_translation_m[:, 1], motion.root_translation_m[:, 1])
    assert np.array_equal(standing.rotations_wxyz, motion.rotations_wxyz)
    assert standing.root_translation_m[:, 0].std() > 0.01


def test_the_root_follows_way_and_heading():
    motion = walk()
    path = root_path_of(motion.rotations_wxyz, motion.root_translation_m, motion.fps)
    assert np.abs(path.ground_m - motion.root_translation_m * (1, 0, 1)).max() < 0.3
    assert path.heading_rad[[60, 180]] == pytest.approx([np.pi / 8, np.pi * 3 / 8], abs=0.02)
    assert np.allclose(np.linalg.norm(path.wxyz, axis=-1), 1)


@given(st.sampled_from([24.0, 25.0, 30 / 1.001, 30.0, 60.0, 90.0, 120.0]), SEEDS)
@settings(max_examples=25, deadline=None)
def test_another_frame_rate_has_the_same_poses_at_the_same_times(fps, seed):
    motion = bent_motion(seed, frames=61)
    rotations, root_m = resample_motion(motion, fps)
    assert len(root_m) == int(np.floor(60 * fps / FPS + 1e-6)) + 1
    times = np.arange(len(root_m)) / fps
    on_frames = np.flatnonzero(np.abs(times * FPS - np.round(times * FPS)) < 1e-9)
    same = np.round(times[on_frames] * FPS).astype(int)
    assert np.allclose(root_m[on_frames], motion.root_translation_m[same])
    assert np.allclose(np.abs((rotations[on_frames] * motion.rotations_wxyz[same]).sum(-1)), 1)
    for axis in range(3):
        assert np.allclose(root_m[:, axis], np.interp(times, np.arange(61) / FPS, motion.root_translation_m[:, axis]))


@given(SEEDS, st.floats(0.0, 0.5), st.integers(1, 4), st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_left_out_keys_lie_within_the_tolerance_of_the_lines(seed, tolerance, channels, frames):
    values = np.random.default_rng(seed).normal(scale=0.1, size=(frames, channels)).cumsum(0)
    kept = reduce_keys(values, tolerance)
    assert kept[0] == 0
    assert kept[-1] == frames - 1
    assert (np.diff(kept) > 0).all()
    lines = np.stack([np.interp(np.arange(frames), kept, values[kept, c]) for c in range(channels)], axis=-1)
    assert np.linalg.norm(lines - values, axis=-1).max() <= tolerance + 1e-8


def test_a_straight_line_needs_two_keys():
    assert reduce_keys(np.linspace((0, 1), (5, 3), 1000), 1e-6).tolist() == [0, 999]
    assert len(reduce_keys(np.zeros((500, 4)), 0.0)) == 2
