# SPDX-License-Identifier: GPL-3.0-or-later
"""Map rigs whose names mean another joint than usual: the hierarchy tells which."""

from __future__ import annotations

import numpy as np
import pytest
from rig.unseen import Unseen, both, build, limbs, places

from inpose_blender.core import JOINT_INDEX
from inpose_blender.rig.find import map_rig
from inpose_blender.rig.measure import measure_rig

_ARM = {"shoulder": "Shoulder", "elbow": "Elbow", "wrist": "Wrist"}
_LEG = {"hip": "Hip", "knee": "Knee", "ankle": "Ankle", "foot": "Toe"}
_TRUNK = {"pelvis": "Root", "spine1": "Spine", "spine3": "Chest", "neck": "Neck", "head": "Head"}


def rig_of(trunk: dict[str, str], limb: dict[str, str], *, collars_on: str = "spine3") -> Unseen:
    """Return a rig of a trunk, lowest bone first, and limbs with {} for the side."""
    bones, parent = {}, None
    for joint, bone in trunk.items():
        bones[bone] = (parent, joint)
        parent = bone
    bones |= limbs(limb, trunk[collars_on], trunk["pelvis"])
    return Unseen(bones, trunk | both(limb))


@pytest.mark.parametrize("side", ["{}.{{}}", "{}_{{}}"])
@pytest.mark.parametrize("collar", [{}, {"collar": "Clavicle"}, {"collar": "Scapula"}])
def test_bones_named_by_their_joints(collar, side):
    """MMD calls the collar shoulder, and this took the rig for an MMD character without upper arms."""
    rig = rig_of(_TRUNK, {joint: side.format(name) for joint, name in (collar | _ARM | _LEG).items()})
    assert map_rig(build(rig)).bones == rig.mapping


def test_advanced_skeleton():
    trunk = {"pelvis": "Root_M", "spine1": "Spine1_M", "spine3": "Chest_M", "neck": "Neck_M", "head": "Head_M"}
    limb = {joint: f"{name}_{{}}" for joint, name in (_ARM | _LEG | {"collar": "Scapula", "foot": "Toes"}).items()}
    mapping = map_rig(build(rig_of(trunk, limb)))
    assert mapping.family.name == "advanced_skeleton"
    assert mapping.bones == rig_of(trunk, limb).mapping


@pytest.mark.parametrize("collar", [{}, {"collar": "Bone17_{}"}])
def test_a_shoulder_that_carries_the_forearm_is_the_upper_arm(collar):
    """Names of MMD characters, but for the shoulders."""
    trunk = {"pelvis": "lower body", "spine1": "upper body", "spine3": "upper body 2", "neck": "neck", "head": "head"}
    limb = {joint: f"{name.lower()}_{{}}" for joint, name in (_ARM | _LEG | {"hip": "leg"}).items()} | collar
    rig = rig_of(trunk, limb)
    mapping = map_rig(build(rig))
    assert mapping.family.name == "mmd_english"
    assert mapping.bones == rig.mapping


@pytest.mark.parametrize("above_shoulders_m", [-0.01, 0.0, 0.01, 0.05])
def test_the_neck_of_a_biped_may_begin_between_the_shoulders(above_shoulders_m):
    """It became the third bone of the spine, and the neck was missing."""
    names = {"pelvis": "Pelvis", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck"}
    trunk = {joint: f"Bip01 {name}" for joint, name in (names | {"head": "Head"}).items()}
    limb = {
        "collar": "Clavicle", "shoulder": "UpperArm", "elbow": "Forearm", "wrist": "Hand",
        "hip": "Thigh", "knee": "Calf", "ankle": "Foot", "foot": "Toe0",
    }  # fmt: skip
    rig = rig_of(trunk, {joint: f"Bip01 {{}} {name}" for joint, name in limb.items()}, collars_on="neck")
    x, y, _ = places()["neck"]
    neck = (float(x), float(y), float(places()["left_shoulder"][2]) + above_shoulders_m)
    rig = Unseen(rig.bones | {"Bip01 Neck": ("Bip01 Spine2", neck)}, rig.mapping)
    assert map_rig(build(rig)).bones == rig.mapping


def test_the_ball_of_a_foot_in_second_life():
    """Each leg has mAnkle, mFoot and mToe: the last is the tip of the toes, and the ball is before it."""
    trunk = {"pelvis": "mPelvis", "spine1": "mTorso", "spine3": "mChest", "neck": "mNeck", "head": "mHead"}
    names = _ARM | _LEG | {"collar": "Collar", "foot": "Foot"}
    plain = rig_of(trunk, {joint: f"m{name}{{}}" for joint, name in names.items()})
    bones = dict(plain.bones)
    for side, letter in (("left", "L"), ("right", "R")):
        x, y, z = places()[f"{side}_foot"]
        bones[f"mToe{letter}"] = (f"mFoot{letter}", (float(x), float(y) - 0.109, float(z)))
    rig = build(Unseen(bones, plain.mapping))
    for bone in [bone for bone in rig.data.bones if bone.name[-1] in "LR"]:
        bone.name = bone.name[:-1] + {"L": "Left", "R": "Right"}[bone.name[-1]]
    mapping = map_rig(rig)
    assert mapping.family.name == "second_life"
    assert mapping.bones["left_foot"] == "mFootLeft"
    measure = measure_rig(rig, mapping, 1.0)
    assert np.linalg.norm(measure.skeleton.offsets_m[JOINT_INDEX["left_foot"]]) < 0.16
