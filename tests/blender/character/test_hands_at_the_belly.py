# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a real character sit with a hand at its belly: InPose does not warn because of the fold of its skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from character.checking import checked, turned
from rigs import import_shared_rig

from inpose_blender.core import JOINT_INDEX, Motion, matrix_to_quaternion
from inpose_core.editing.limbs import ARMS, bend_limb

TRUNK_DEG = {"pelvis": 10, "spine1": 20, "spine2": 30, "spine3": 35, "neck": 40, "head": 40}
PALM_ON_BELLY = np.array([[-1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
"""The fingers of the left hand point to the right, its palm to the body."""


def sits_with_a_hand_at(motion: Motion, above: str, ahead_m: float, side_m: float) -> Motion:
    motion = turned(motion, ["left_hip", "right_hip"], (1, 0, 0), -85.0)
    for joint, degrees in TRUNK_DEG.items():
        motion = turned(motion, [joint], (1, 0, 0), degrees)
    motion = turned(
        motion,
        [f"{side}_{part}" for side in ("left", "right") for part in ("collar", "shoulder", "elbow")],
        (1, 0, 0),
        35.0,
    )
    wxyz = motion.rotations_wxyz.copy()
    wxyz[:, JOINT_INDEX["left_wrist"]] = matrix_to_quaternion(PALM_ON_BELLY)
    motion = replace(motion, rotations_wxyz=wxyz)
    places_m = motion.joint_positions_m
    scale, lean = motion.skeleton.stature_m / 1.7, np.radians(15.0)
    ahead = ahead_m * scale * np.array([0.0, -np.sin(lean), np.cos(lean)])
    target_m = places_m[:, JOINT_INDEX[above]] + ahead + np.array([side_m * scale, 0.0, 0.0])
    return bend_limb(motion, ARMS[0], places_m, target_m)


@pytest.fixture
def character():
    return import_shared_rig("makehuman_default_female.blend")[0]


@pytest.mark.parametrize(
    ("above", "ahead_m", "side_m", "warned"),
    [
        ("pelvis", 0.12, 0.1, False),  # in the fold between belly and thigh
        ("spine3", 0.05, 0.02, True),
    ],
)
def test_a_hand_in_the_fold_is_no_problem_and_one_in_the_belly_is(character, above, ahead_m, side_m, warned) -> None:
    check = checked(character, lambda motion: sits_with_a_hand_at(motion, above, ahead_m, side_m))
    assert any(found.kind == "hand_inside" for found in check.problems) == warned
