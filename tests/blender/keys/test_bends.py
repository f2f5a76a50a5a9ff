# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how far a knee moves when the channels of its IK limb are a little off, against two-bone IK."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_blender.keys.bends import BentPoint
from inpose_blender.keys.body import body_effects
from inpose_blender.keys.ends import Tolerance
from inpose_blender.keys.properties import AnimatedProperty, EndPoint
from inpose_blender.rig.tree import CarriedBone

UPPER, LOWER = 0.45, 0.42
HIP, FOOT, POLE = np.array((0.1, 0.0, 0.9)), np.array((0.1, 0.03, 0.08)), np.array((0.1, -0.6, 0.5))
LIMIT = Tolerance(1.0, 1.0)
FRAMES = 5


def channels(rng: np.random.Generator) -> list[AnimatedProperty]:
    """Return channels of a body, of the control of a foot and of a pole."""
    no_turn = np.tile((1.0, 0.0, 0.0, 0.0), (FRAMES, 1)) + 0.05 * rng.normal(size=(FRAMES, 4))
    return [
        AnimatedProperty("hips", True, "", 0.03 * rng.normal(size=(FRAMES, 3)) - (0.0, 0.0, 0.06)),
        AnimatedProperty("hips", False, "QUATERNION", no_turn),
        AnimatedProperty("foot", True, "", 0.03 * rng.normal(size=(FRAMES, 3))),
        AnimatedProperty("foot", False, "XYZ", 0.1 * rng.normal(size=(FRAMES, 3))),
        AnimatedProperty("pole", True, "", 0.05 * rng.normal(size=(FRAMES, 3))),
    ]


def tree() -> dict[str, CarriedBone]:
    bones = {}
    for name, carrier, head in (
        ("hips", None, (0.0, 0.0, 0.95)),
        ("thigh", "hips", HIP),
        ("foot", None, (0.1, 0.1, 0.05)),
        ("pole", None, POLE),
    ):
        rest = np.eye(4)
        rest[:3, 3] = head
        bones[name] = CarriedBone(name, carrier, True, rest)
    return bones


def knee_of(each: list[AnimatedProperty]) -> np.ndarray:
    """Return where two-bone IK puts the knee, (F, 3), by matrices of its own."""
    hips, turn, foot, foot_turn, pole = (channel.values for channel in each)
    places = []
    for frame in range(FRAMES):
        head = np.array((0.0, 0.0, 0.95))
        hip = head + hips[frame] + quaternion_matrix(turn[frame]) @ (HIP - head)
        ankle_head = np.array((0.1, 0.1, 0.05))
        ankle = ankle_head + foot[frame] + euler_matrix(foot_turn[frame]) @ (FOOT - ankle_head)
        way = ankle - hip
        distance = np.linalg.norm(way)
        along = way / distance
        share = (UPPER**2 - LOWER**2 + distance**2) / (2 * distance)
        towards = POLE + pole[frame] - hip
        towards = towards - towards @ along * along
        places.append(hip + share * along + np.sqrt(UPPER**2 - share**2) * towards / np.linalg.norm(towards))
    return np.array(places)


def quaternion_matrix(wxyz: np.ndarray) -> np.ndarray:
    w, x, y, z = wxyz / np.linalg.norm(wxyz)
    cross = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    return np.eye(3) + 2 * w * cross + 2 * cross @ cross


def euler_matrix(angles: np.ndarray) -> np.ndarray:
    result = np.eye(3)
    for axis, angle in enumerate(angles):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[b, a], turn[a, b] = np.sin(angle), -np.sin(angle)
        result = turn @ result
    return result


@pytest.mark.parametrize("index", range(5))
def test_the_knee_moves_as_two_bone_ik_moves_it(index: int, rng: np.random.Generator) -> None:
    every = channels(rng)
    knee = BentPoint(
        "left_knee",
        EndPoint("", "thigh", HIP),
        EndPoint("left_ankle", "foot", FOOT),
        (UPPER, LOWER),
        np.array((0.0, -1.0, 0.0)),
        "pole",
        "pole",
    )
    axes = {name: np.eye(3) for name in ("hips", "foot", "pole")}
    found = body_effects(every, tree(), [], axes, 1.0, LIMIT, bends=[knee])
    effect = found.reaches[index]
    at = effect.ends.tolist().index(0)
    moved = effect.effects(FRAMES, [LIMIT] * len(effect.ends))[:, at, :3]
    for component in range(every[index].values.shape[1]):
        values = every[index].values.copy()
        values[:, component] += 1e-5
        other = [*every[:index], replace(every[index], values=values), *every[index + 1 :]]
        expected = (knee_of(other) - knee_of(every)) / 1e-5
        assert np.abs(moved[component].T - expected).max() < 2e-3 * max(1.0, np.abs(expected).max())
