# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the body of rigs of unknown names among weapons, wings, hair and clothes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from rig.unseen import places

from inpose_blender.core import JOINT_NAMES, PARENTS
from inpose_blender.rig.rest_tree import RestBone
from inpose_blender.rig.structure import map_by_structure
from inpose_blender.rig.words import arm_words, is_decoration, is_split, leg_words

Bones = dict[str, tuple[str | None, np.ndarray]]
_FOREARM_HANGS = ((0.0, 0.0, -0.12), (0.0, 0.0, -0.24), (0.0, 0.0, -0.36))


def body(names: dict[str, str]) -> Bones:
    """Return a person without fingers; ``names`` has the bone of each joint."""
    at = places()
    bones: Bones = {}
    for joint, parent in zip(JOINT_NAMES, PARENTS, strict=True):
        bones[names[joint]] = (names[JOINT_NAMES[parent]] if parent >= 0 else None, at[joint])
    for side, number in itertools.product(("left", "right"), range(5)):
        wrist, elbow = at[f"{side}_wrist"], at[f"{side}_elbow"]
        ahead = (wrist - elbow) / np.linalg.norm(wrist - elbow)
        parent = names[f"{side}_wrist"]
        for phalanx in range(3):
            bone = f"f{side[0]}{number}{phalanx}"
            bones[bone] = (parent, wrist + (0.07 + 0.03 * phalanx) * ahead + np.array([0, 0.015 * number - 0.03, 0]))
            parent = bone
    return bones


def hang(bones: Bones, top: str, word: str, steps: list[tuple[float, float, float]]) -> None:
    """Hang a chain on a bone, each of its bones that far from the bone."""
    parent = top
    for number, step in enumerate(steps):
        bones[f"{word}{number}"] = (parent, bones[top][1] + np.array(step))
        parent = f"{word}{number}"


def found(bones: Bones) -> dict[str, str] | None:
    return map_by_structure([RestBone(name, parent, tuple(place)) for name, (parent, place) in bones.items()])


SPEAKING = {joint: f"zq_{joint}" for joint in JOINT_NAMES}
SILENT = {joint: f"b{number}" for number, joint in enumerate(JOINT_NAMES)}


@pytest.mark.parametrize("names", [SPEAKING, SILENT], ids=["speaking", "silent"])
@pytest.mark.parametrize("length_m", [0.3, 0.9, 1.6])
def test_a_weapon_in_one_hand(names, length_m):
    """It made the arms unequal: another pair became the arms, or the rig was refused."""
    bones = body(names)
    hang(bones, names["right_wrist"], "blade", [(0.0, -0.05, 0.0), (0.0, -length_m, 0.0)])
    assert found(bones) == names


def test_wings():
    bones = body(SPEAKING)
    for sign, side in ((1.0, "l"), (-1.0, "r")):
        steps = [(sign * (0.08 + 0.35 * number), 0.15, 0.05 + 0.12 * number) for number in range(4)]
        hang(bones, SPEAKING["spine3"], f"wing_{side}", steps)
    assert found(bones) == SPEAKING


def test_long_hair_and_long_sleeves():
    bones = body(SPEAKING)
    for sign, side in ((1.0, "left"), (-1.0, "right")):
        hair = [(sign * 0.15, 0.1, 0.15 - 0.14 * number) for number in range(10)]
        hang(bones, SPEAKING["head"], f"hair_{side}", hair)
        hang(bones, SPEAKING[f"{side}_elbow"], f"sleeve_{side}", list(_FOREARM_HANGS))
    assert found(bones) == SPEAKING


def test_twist_bones_in_the_limbs():
    bones = body(SPEAKING)
    pairs = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
    for side, (start, end) in itertools.product(("left", "right"), pairs):
        top, bottom = SPEAKING[f"{side}_{start}"], SPEAKING[f"{side}_{end}"]
        twist = f"twist_{side}_{start}"
        bones[twist] = (top, (bones[top][1] + bones[bottom][1]) / 2)
        bones[bottom] = (twist, bones[bottom][1])
    assert found(bones) == SPEAKING


def test_words():
    assert arm_words(["L_UpperArm", "mano_hand"]) == 1.0
    assert arm_words(["wing1", "wing2"]) == leg_words(["hair1"]) == leg_words(["hand.L"]) == -1.0
    assert arm_words(["b1", "b2"]) == leg_words([]) == 0.0
    assert is_split("ArmTwist")
    assert not is_split("Arm")
    assert is_decoration("Skirt_01")
    assert not is_decoration("Forearm")
