# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the choice of keys with a small body: a hip that carries an arm with two bones."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_blender.bake.channels import Channel
from inpose_blender.bake.reduction import KeyedBody, with_fewer_keys, with_held_poses
from inpose_blender.bake.settings import KeyTolerance
from inpose_blender.keys.axes import channel_rotation, turn_axes
from inpose_blender.keys.curves import Segments
from inpose_blender.keys.properties import EndPoint
from inpose_blender.keys.tridiagonal import BlockTridiagonal
from inpose_blender.keys.turning import turning_points
from inpose_blender.rig.tree import CarriedBone
from inpose_core.body.quaternions import (
    continuous_signs,
    multiply_quaternions,
    quaternion_to_rotvec,
    rotate_vector,
    rotvec_to_quaternion,
)

FRAMES = 400


def test_the_tridiagonal_system_is_solved(rng: np.random.Generator) -> None:
    for count in (2, 3, 8, 61):
        after = rng.normal(size=(2, 2, count - 1))
        diagonal = np.tile(np.eye(2)[..., None] * 9.0, count)
        full = np.zeros((2 * count, 2 * count))
        for k in range(count):
            full[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = diagonal[..., k]
            if k + 1 < count:
                full[2 * k : 2 * k + 2, 2 * k + 2 : 2 * k + 4] = after[..., k]
                full[2 * k + 2 : 2 * k + 4, 2 * k : 2 * k + 2] = after[..., k].T
        known = rng.normal(size=(2, 3, count))
        solved = BlockTridiagonal.of(diagonal, after).solve(known)
        flat = np.moveaxis(solved, 2, 0).reshape(2 * count, 3)
        assert np.allclose(full @ flat, np.moveaxis(known, 2, 0).reshape(2 * count, 3), atol=1e-7)


def test_keys_with_exact_values_leave_the_fit_of_the_others_alone() -> None:
    kept = np.arange(0, 401, 2)
    exact = np.isin(kept, (0, 100, 140, 300))
    wanted = 5.0 + np.sin(np.arange(401.0) / 9)[None]
    segments = Segments(kept, exact, np.gradient(wanted, axis=1)[:, kept], np.ones(401))
    assert np.abs(segments.evaluate(segments.fit(wanted)) - wanted).max() < 1e-3


def test_a_cubic_is_fitted_exactly_by_two_keys() -> None:
    t = np.arange(21.0)
    wanted = np.stack((0.001 * t**3 - 0.02 * t**2 + t, 5 - t))
    segments = Segments(np.array([0, 20]), np.zeros(2, np.bool_), np.zeros((2, 2)), np.ones(21))
    assert np.abs(segments.evaluate(segments.fit(wanted)) - wanted).max() < 5e-3


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "ZXY", "AXIS_ANGLE"])
def test_turn_axes_say_what_a_small_change_does(mode: str, rng: np.random.Generator) -> None:
    values = rng.normal(size=(5, 3 if len(mode) == 3 else 4))
    change = 1e-4 * rng.normal(size=values.shape)
    before, after = channel_rotation(values, mode), channel_rotation(values + change, mode)
    turn = quaternion_to_rotvec(multiply_quaternions(after, before * (1, -1, -1, -1)))
    assert np.abs(turn - np.einsum("fic,fc->fi", turn_axes(values, mode), change)).max() < 1e-6


def test_turning_points_leave_jitter_out(rng: np.random.Generator) -> None:
    values = np.sin(np.arange(200) / 10) + 0.02 * rng.normal(size=200)
    found = turning_points(values, 0.5)
    assert np.abs(found - 10 * np.pi * (np.arange(6) + 0.5)).max() < 5
    assert not len(turning_points(values, 3.0))


def test_the_end_of_an_arm_stays_within_the_tolerance_with_few_keys(rng: np.random.Generator) -> None:
    channels, body = _arm(rng)
    fewer = with_fewer_keys(channels, body, KeyTolerance(2.0, 0.5), None)
    (before_m, before), (after_m, after) = _wrist(channels), _wrist(fewer)
    assert 1e3 * np.linalg.norm(after_m - before_m, axis=1).max() < 2.0
    turn = quaternion_to_rotvec(multiply_quaternions(after, before * (1, -1, -1, -1)))
    assert np.degrees(np.linalg.norm(turn, axis=1).max()) < 0.5
    keys = sum(len(channel.kept) for channel in fewer)
    assert keys < 0.25 * FRAMES * len(channels)
    looser = with_fewer_keys(channels, body, KeyTolerance(20.0, 5.0), None)
    assert sum(len(channel.kept) for channel in looser) < 0.7 * keys


def test_a_foot_has_keys_where_it_lands_and_leaves(rng: np.random.Generator) -> None:
    channels, body = _arm(rng, "left_ankle", "left_knee")
    stands = np.zeros((FRAMES, 2), np.bool_)
    stands[101:151, 0] = True
    stands[33:77, 1] = True
    fewer = with_fewer_keys(channels, body, KeyTolerance(20.0, 5.0), stands)
    for channel in fewer[1:]:
        if channel.data_path.endswith("quaternion"):
            assert {101, 150} <= set(channel.kept.tolist())


def test_held_poses_are_on_every_second_frame_of_the_scene_and_at_the_ends() -> None:
    channels = [Channel("a", "a", np.arange(9.0)[:, None]), Channel("b", "b", np.ones((1, 1)))]
    held, constant = with_held_poses(channels, 1002.0 + np.arange(9), 2, 1001)
    assert held.kept.tolist() == [0, 1, 3, 5, 7, 8]
    assert held.held
    assert constant is channels[1]


def _arm(
    rng: np.random.Generator, end: str = "left_wrist", middle: str = "left_elbow"
) -> tuple[list[Channel], KeyedBody]:
    """Return a smooth motion of three bones, each half a metre above the other."""
    channels, tree, carrier = [], {}, None
    for index, name in enumerate(("hip", "upper", "lower")):
        rest = np.eye(4)
        rest[2, 3] = 0.5 * index
        tree[name] = CarriedBone(name, carrier, True, rest)
        carrier = name
        phases, t = rng.uniform(0, 6, 3), np.arange(FRAMES)[:, None]
        wxyz = continuous_signs(rotvec_to_quaternion(0.5 * np.sin(t / (9 + 4 * index) + phases)))
        channels.append(Channel(f'pose.bones["{name}"].rotation_quaternion', name, wxyz))
    way = np.sin(np.arange(FRAMES)[:, None] / (21.0, 33.0, 14.0))
    channels.append(Channel('pose.bones["hip"].location', "hip", way))
    joints = (("pelvis", "hip"), (middle, "upper"), (end, "lower"))
    points = tuple(EndPoint(joint, bone, tree[bone].rest_armature[:3, 3]) for joint, bone in joints)
    return channels, KeyedBody(tree, {}, points, {"hip": np.eye(3)}, 1.0)


def _wrist(channels: list[Channel]) -> tuple[np.ndarray, np.ndarray]:
    """Return place and rotation of the last bone in each frame, by forward kinematics of their own."""
    *rotations, way = (channel.values for channel in channels)
    place, turn = way, channel_rotation(rotations[0], "QUATERNION")
    for rotation in rotations[1:]:
        place = place + rotate_vector(turn, np.array((0.0, 0.0, 0.5)))
        turn = multiply_quaternions(turn, channel_rotation(rotation, "QUATERNION"))
    return place, turn
