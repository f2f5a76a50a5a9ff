# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake sound and ruined motions on sound and ruined characters, and look at what the check says."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest
from character.checking import checked, turned
from character.skinned import add_body
from rigs import build_rig

from inpose_blender.character.problems import NO_MESH
from inpose_blender.character.skin import read_skin
from inpose_blender.core import JOINT_INDEX
from inpose_core.editing.limbs import ARMS, bend_limb


def kinds(check):
    return [found.kind for found in check.problems]


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_a_sound_character_is_sound(rng, scale):
    rig = build_rig(rng, arm_angle_deg=40.0, scale=scale, extra_bones=True)
    add_body(rig) if scale == 1.0 else None
    check = checked(rig)
    assert check.problems == ()
    assert (check.state, check.frames) == ("ok", 24)
    assert check.skipped == ("" if scale == 1.0 else NO_MESH)


def test_skin_on_the_root_is_left_behind(rng):
    rig = build_rig(rng, extra_bones=True)
    add_body(rig, weights_on={"pelvis": "root of all"})
    check = checked(rig)
    assert check.state == "check the character"
    assert kinds(check) == ["left_behind"]
    assert check.problems[0].bone == "root of all"
    assert any(bone in check.problems[0].hint for bone in ("pelvis", "spine1"))


def test_skin_on_a_bone_of_its_own_that_turns_on_the_spot_is_found(rng):
    """The middle of skin around the axis of a turn does not move, but the skin does not turn with the body."""
    rig = build_rig(rng, extra_bones=True)
    add_body(rig, weights_on={"spine1": "root of all"})
    check = checked(rig, lambda motion: replace(motion, root_translation_m=0 * motion.root_translation_m))
    assert kinds(check) == ["left_behind"]


def test_skin_without_weights_is_told_with_its_mesh(rng):
    rig = build_rig(rng)
    add_body(rig, weights_on={"left_hip": "", "head": ""})
    (found,) = checked(rig).problems
    assert (found.kind, found.bone) == ("unweighted", "Body")
    assert found.sentence.startswith("9 %") or found.sentence.startswith("10 %")


@pytest.mark.parametrize("also", ["another armature", "envelopes"])
def test_skin_that_something_else_moves_as_well_is_not_judged(rng, also):
    rig = build_rig(rng)
    body = add_body(rig, weights_on={"left_hip": "", "head": ""})
    if also == "envelopes":
        body.modifiers["Armature"].use_bone_envelopes = True
    else:
        body.modifiers.new("Cloth", "ARMATURE").object = build_rig(rng)
    assert checked(rig).problems == ()


def test_a_collar_that_hangs_on_the_wrong_bone_is_told(rng):
    rig = build_rig(rng)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    bones["head"].tail = bones["left_collar"].head
    bones["left_collar"].parent = bones["head"]
    bones["left_collar"].use_connect = True
    bpy.ops.object.mode_set(mode="OBJECT")
    add_body(rig)
    check = checked(rig, lambda motion: turned(motion, ["head"], (1, 0, 0), 60.0))
    assert kinds(check) == ["pulled_off"]
    assert check.problems[0].bone == "left_collar"
    assert "Connected" in check.problems[0].hint


@pytest.mark.parametrize(("degrees", "expected"), [(-40.0, ["leans_back"]), (20.0, []), (0.0, [])])
def test_a_trunk_that_leans_back_is_told(rng, degrees, expected):
    trunk = ["pelvis", "spine1", "spine2", "spine3", "neck", "head"]
    rig = build_rig(rng)
    add_body(rig)
    check = checked(rig, lambda motion: turned(motion, trunk, (1, 0, 0), degrees))
    assert kinds(check) == expected
    assert all("40 degrees" in found.sentence and "pelvis" in found.hint for found in check.problems)


def test_toes_that_point_up_are_told(rng):
    rig = build_rig(rng)
    feet = ["left_ankle", "right_ankle", "left_foot", "right_foot"]
    check = checked(rig, lambda motion: turned(motion, feet, (1, 0, 0), -45.0))
    assert kinds(check) == ["toes_up", "toes_up"]
    assert [found.bone for found in check.problems] == ["left_ankle", "right_ankle"]


def test_feet_below_the_floor_are_told(rng):
    rig = build_rig(rng)
    add_body(rig)
    lowered = np.array([0, -0.12, 0])
    check = checked(rig, lambda motion: replace(motion, root_translation_m=motion.root_translation_m + lowered))
    assert kinds(check) == ["below_floor"]
    assert "12 cm" in check.problems[0].sentence


def test_hands_far_from_a_body_of_separate_parts_are_not_inside_it(rng):
    """In a T-pose, the nearest skin of the trunk may be the end of a part, which faces away from the hand."""
    rig = build_rig(rng, arm_angle_deg=60.0)
    body = add_body(rig)
    for polygon in body.data.polygons:
        if abs(polygon.center.x) < 0.2 and polygon.center.z > 1.1 and polygon.normal.x * polygon.center.x > 0:
            polygon.flip()
    body.data.update()
    assert "hand_inside" not in kinds(checked(rig))


@pytest.mark.parametrize(("ahead_m", "expected"), [(0.0, ["hand_inside"]), (0.3, [])])
def test_a_hand_in_the_body_is_told_and_a_hand_before_it_is_not(rng, ahead_m, expected):
    def reach(motion):
        places = motion.joint_positions_m
        target = places[:, JOINT_INDEX["spine2"]] + np.array([0.05, 0.0, ahead_m])
        return bend_limb(motion, ARMS[0], places, target)

    rig = build_rig(rng)
    add_body(rig)
    check = checked(rig, reach)
    assert kinds(check) == expected
    assert all(found.bone == "left_wrist" and "100 %" in found.sentence for found in check.problems)


def test_a_large_mesh_is_sampled(rng):
    rig = build_rig(rng)
    body = add_body(rig, rings=250)
    assert len(body.data.vertices) > 50_000
    skin = read_skin(rig)
    assert len(skin.points) < 12_000
    assert {joint for joint in skin.bones if joint} == {bone.name for bone in rig.data.bones}
    np.testing.assert_allclose(skin.weights.sum(axis=1), 1.0)


def test_nothing_of_the_check_stays(rng):
    rig = build_rig(rng)
    add_body(rig)
    bpy.context.scene.frame_set(7)
    checked(rig)
    assert (len(bpy.data.scenes), bpy.context.scene.frame_current) == (1, 7)
    assert len(rig.users_collection) == 1
