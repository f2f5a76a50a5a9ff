# SPDX-License-Identifier: Apache-2.0
"""The skinned surface knows depths as the shape that its points are on, and moves with its joints."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import multiply_quaternions, rotvec_to_quaternion
from inpose_core.body.skeleton import JOINT_COUNT
from inpose_core.editing.body_surface import BodySurface, PosedSurface, posed_surface, surface_of

RADIUS_M = 0.15


def ball(motion: Motion, count: int = 500) -> BodySurface:
    """Return a ball around the pelvis that the pelvis carries."""
    number = np.arange(count) + 0.5
    up, angle = 1 - 2 * number / count, np.pi * (1 + 5**0.5) * number
    normals = np.stack((np.sqrt(1 - up**2) * np.cos(angle), up, np.sqrt(1 - up**2) * np.sin(angle)), axis=1)[:, None]
    joints = np.zeros((count, 1), np.int64)
    rest_m = motion.skeleton.rest_positions_m
    return surface_of(joints, np.ones((count, 1)), RADIUS_M * normals, normals, np.zeros(count, np.int64), rest_m)


def looked_at(surface: PosedSurface, places_m: np.ndarray, frame: int) -> tuple[np.ndarray, np.ndarray]:
    frames = np.full(len(places_m), frame)
    skin = surface.nearest(places_m[None], np.array([frame]))[0]
    return surface.below(places_m, frames, skin)


@pytest.mark.parametrize("depth_m", [-0.2, -0.05, -0.01, 0.0, 0.01, 0.05, 0.1])
def test_depths_in_a_ball_are_those_of_geometry(walk, depth_m: float) -> None:
    surface = posed_surface(ball(walk), walk.part(slice(0, 50)))
    way = np.random.default_rng(1).normal(size=(60, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    places_m = walk.root_translation_m[40] + (RADIUS_M - depth_m) * way
    found_m, out = looked_at(surface, places_m, 40)
    assert found_m == pytest.approx(np.full(60, depth_m), abs=0.003 + 0.1 * abs(depth_m))
    assert (out * way).sum(axis=1).min() > 0.9


def test_a_place_that_moved_finds_its_nearest_skin_from_the_old_one(walk) -> None:
    surface = posed_surface(ball(walk), walk.part(slice(0, 5)))
    before_m = walk.root_translation_m[2] + np.array(((0.14, 0.0, 0.0), (0.0, 0.1, 0.05)))
    after_m = before_m + np.array((-0.02, 0.03, 0.03))
    skin = surface.nearest(before_m[None], np.array([2]))[0]
    assert surface.below(after_m, np.array([2, 2]), skin)[0] == pytest.approx(
        looked_at(surface, after_m, 2)[0], abs=1e-6
    )


def test_the_surface_moves_with_its_joint(walk) -> None:
    surface = ball(walk)
    turn = rotvec_to_quaternion(np.array((0.3, -1.0, 0.5)))
    turned = replace(walk, rotations_wxyz=multiply_quaternions(turn, walk.rotations_wxyz))
    before, after = (posed_surface(surface, one) for one in (walk, turned))
    assert after.normals[7] == pytest.approx(
        np.array([_rotated(turn, one) for one in before.normals[7].astype(float)]), abs=1e-5
    )
    assert np.linalg.norm(after.points_m[7], axis=1) == pytest.approx(np.full(500, RADIUS_M), abs=1e-5)


def _rotated(turn: np.ndarray, vector: np.ndarray) -> np.ndarray:
    w, xyz = turn[0], turn[1:]
    return np.asarray(vector + 2 * np.cross(xyz, np.cross(xyz, vector) + w * vector))


def test_parts_that_touch_are_no_neighbours(walk) -> None:
    one = ball(walk)
    twice = (
        np.concatenate((getattr(one, name), getattr(one, name)))
        for name in ("joints", "weights", "points_m", "normals")
    )
    parts = np.repeat((0, 1), len(one.parts))
    both = surface_of(*twice, parts, np.zeros((JOINT_COUNT, 3)))
    assert (parts[both.neighbours] == parts[:, None]).all()
