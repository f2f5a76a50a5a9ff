# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare rigs with unusual rest poses: people in any pose are accepted, animals on four legs are not."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from rig.unseen import Unseen, build, places
from rigs import add_fingers, build_rig, random_motion, worst_errors

from inpose_blender.bake.bake import bake_motion
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.core import JOINT_INDEX, JOINT_NAMES, PARENTS, SIDES, RigError
from inpose_blender.fingers.find import find_fingers
from inpose_blender.rig.find import chosen_mapping, map_rig
from inpose_blender.rig.measure import measure_rig
from inpose_blender.rig.prepare import prepare_rig

PEOPLE = {
    "arms forward": {"shoulder": 60.0},
    "arms straight ahead": {"shoulder": 90.0},
    "bent knees": {"hip": 40.0, "knee": -70.0, "ankle": 30.0},
    "sitting": {"hip": 90.0, "knee": -90.0, "shoulder": 30.0},
    "sitting on the floor, arms forward": {"hip": 90.0, "shoulder": 70.0},
    "crouching": {"hip": 110.0, "knee": -130.0, "ankle": 20.0, "shoulder": 60.0},
    "bending over, arms hanging": {"spine1": -40.0, "shoulder": 40.0},
}
"""How far joints turn from the A-pose, in degrees, positive where the limb below goes forward."""
_ANIMAL = {"pelvis": -80.0, "hip": 80.0, "shoulder": 70.0, "head": 60.0}
UNKNOWN = {joint: f"b{number}" for number, joint in enumerate(JOINT_NAMES)}
_SIDES = {"left": "right", "right": "left"}


def posed(turns: Mapping[str, float], names: Mapping[str, str] | None = None, legs: float = 1.0) -> Unseen:
    """Return a rig in a rest pose: joints of both sides turned forward with all that hangs on them.

    Args:
        turns: degrees for each joint, without its side.
        names: the bone of each joint; the joint's name where there is none.
        legs: length of the legs, of a person's.
    """
    at = places(legs)
    for joint in JOINT_NAMES:
        turn = np.array(Matrix.Rotation(-np.radians(turns.get(joint.split("_")[-1], 0.0)), 3, "X"))
        pivot = at[joint].copy()
        for below in filter(lambda name: joint in _with_parents(name), JOINT_NAMES):
            at[below] = pivot + turn @ (at[below] - pivot)
    bone = {joint: (names or {}).get(joint, joint) for joint in JOINT_NAMES}
    bones = {
        bone[joint]: (bone[JOINT_NAMES[parent]] if parent >= 0 else None, tuple(at[joint].tolist()))
        for joint, parent in zip(JOINT_NAMES, PARENTS, strict=True)
    }
    return Unseen(bones, bone)


def _with_parents(joint: str) -> list[str]:
    chain = [JOINT_INDEX[joint]]
    while PARENTS[chain[-1]] >= 0:
        chain.append(PARENTS[chain[-1]])
    return [JOINT_NAMES[index] for index in chain]


def exchanged(joint: str) -> str:
    """Return the joint on the other side."""
    side, _, rest = joint.partition("_")
    return f"{_SIDES[side]}_{rest}" if side in _SIDES else joint


def expect_an_exact_bake(rig, prepared, rng):
    """Bake random motion, and compare the evaluated bones with it."""
    motion = random_motion(rng, prepared.measure.skeleton)
    bake_motion(
        rig,
        motion,
        BakeSettings("take"),
        scene=bpy.context.scene,
        mapping=prepared.mapping,
        measure=prepared.measure,
    )
    degrees, metres = worst_errors(rig, prepared.mapping, prepared.measure, motion)
    assert degrees < 1e-3
    assert metres < 2e-5


@pytest.mark.parametrize("pose", PEOPLE)
@pytest.mark.parametrize("names", [None, UNKNOWN])
def test_people_in_unusual_rest_poses(rng, pose, names):
    described = posed(PEOPLE[pose], names)
    rig = build(described)
    prepared = prepare_rig(rig, bpy.context.scene)
    assert prepared.mapping.bones == described.mapping
    offsets_m = dict(zip(JOINT_NAMES, prepared.measure.skeleton.offsets_m, strict=True))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        assert sign * offsets_m[f"{side}_hip"][0] > 0.05
        assert offsets_m[f"{side}_foot"][2] > 0.1
    expect_an_exact_bake(rig, prepared, rng)


@pytest.mark.parametrize("names", [None, UNKNOWN])
@pytest.mark.parametrize("slope_deg", [-15.0, 0.0, 8.0])
def test_an_animal_on_four_legs_is_refused(names, slope_deg):
    """It was stood up, and danced on its hind legs."""
    turns = _ANIMAL | {
        joint: _ANIMAL[joint] + sign * slope_deg for joint, sign in (("pelvis", 1.0), ("hip", -1.0), ("shoulder", -1.0))
    }
    with pytest.raises(RigError, match="stands on four legs"):
        prepare_rig(build(posed(turns, names, legs=0.6)), bpy.context.scene)


def test_a_rigify_cat_is_refused():
    """Its bones have the names of those of the human."""
    try:
        bpy.ops.preferences.addon_enable(module="rigify")
        bpy.ops.object.armature_cat_metarig_add()
    except (AttributeError, RuntimeError):
        pytest.skip("this Blender has no Rigify")
    with pytest.raises(RigError, match="stands on four legs"):
        prepare_rig(bpy.context.object, bpy.context.scene)


def test_sides_named_as_the_viewer_sees_them(rng):
    """The motion would walk backwards: left and forward belong together."""
    rig = build_rig(rng, arm_angle_deg=30.0)
    add_fingers(rig, rng)
    for bone in [bone for bone in rig.data.bones if bone.name.startswith("left")]:
        right = rig.data.bones["right" + bone.name[4:]]
        bone.name, right.name, bone.name = "between", bone.name, right.name
    prepared = prepare_rig(rig, bpy.context.scene)
    assert prepared.mapping.bones == {joint: exchanged(joint) for joint in JOINT_NAMES}
    assert any("feet show" in note for note in prepared.measure.notes)
    fingers = find_fingers(rig, prepared.mapping)
    for side in SIDES:
        assert len(fingers[side]) == 5
        for chain in fingers[side].values():
            assert all(bone.startswith(_SIDES[side]) for bone in chain.bones)
    expect_an_exact_bake(rig, prepared, rng)


def test_sides_that_somebody_chose_stay(rng):
    """A note says what is odd."""
    rig = build_rig(rng)
    mapping = chosen_mapping({exchanged(joint): joint for joint in JOINT_NAMES}, None)
    notes = measure_rig(rig, mapping, 1.0).notes
    assert any("Exchange the bones" in note for note in notes)
    assert not any("Exchange the bones" in note for note in measure_rig(rig, map_rig(rig), 1.0).notes)
