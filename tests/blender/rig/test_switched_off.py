# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake under inverse kinematics: it is off while the action plays, told, and given back."""

from __future__ import annotations

import bpy
import pytest
from rigs import build_rig, map_and_measure, scene_facts, still_motion, worst_errors

from inpose_blender.bake import play_action
from inpose_blender.bake.bake import bake_motion
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.core import RigError
from inpose_blender.rig.checks import check_bones, rig_notes
from inpose_blender.rig.panel import draw_rig
from tests.blender.ui.test_panels import ListeningLayout


@pytest.fixture
def rig(registered, rng):
    """Return a rig as MMD characters are: inverse kinematics on both legs, and knees that bend one way only."""
    rig = build_rig(rng)
    target = bpy.data.objects.new("Floor", None)
    bpy.context.scene.collection.objects.link(target)
    target.location = (0.5, -0.5, 0.5)
    for side in ("left", "right"):
        constraint = rig.pose.bones[f"{side}_knee"].constraints.new("IK")
        constraint.target, constraint.chain_count, constraint.influence = target, 2, 0.9
        rig.pose.bones[f"{side}_knee"].constraints.new("LIMIT_ROTATION").use_limit_x = True
    bpy.context.view_layer.update()
    return rig


def constraints(rig):
    return [
        (bone.name, constraint.name, round(constraint.influence, 4), constraint.mute, constraint.enabled)
        for bone in rig.pose.bones
        for constraint in bone.constraints
    ]


def bake_a_pose(rig, **settings):
    mapping, measure = map_and_measure(rig)
    motion = still_motion(measure.skeleton, 3)
    result = bake_motion(
        rig, motion, BakeSettings("take", **settings), scene=bpy.context.scene, mapping=mapping, measure=measure
    )
    return result, (mapping, measure, motion)


def test_the_keys_play_and_everything_is_given_back(rig):
    before = constraints(rig)
    assert {influence for _, _, influence, _, _ in before} == {0.9, 1.0}
    notes = rig_notes(rig, map_and_measure(rig)[0])
    assert any("IK of left_knee and 3 more" in note and "Give IK Back" in note for note in notes)
    _, baked = bake_a_pose(rig)
    degrees, metres = worst_errors(rig, *baked)
    assert degrees < 1e-3
    assert metres < 1e-4
    assert [each[2] for each in constraints(rig)] == [0.0] * 4
    assert bpy.ops.inpose.give_ik_back() == {"FINISHED"}
    assert constraints(rig) == before
    bpy.context.scene.frame_set(2)
    assert constraints(rig) == before
    assert not bpy.ops.inpose.give_ik_back.poll()


@pytest.mark.parametrize("to_nla_track", [False, True])
def test_a_second_bake_switches_off_as_well(rig, to_nla_track):
    before = constraints(rig)
    for _ in range(2):
        _, baked = bake_a_pose(rig, replace_own=True, to_nla_track=to_nla_track)
    assert worst_errors(rig, *baked)[0] < 1e-3
    bpy.ops.inpose.give_ik_back()
    bpy.context.scene.frame_set(3)
    assert constraints(rig) == before


def test_another_action_gets_it_back_with_one_click(rig):
    rig.keyframe_insert("location", frame=1)
    own = rig.animation_data.action
    before = constraints(rig)
    bake_a_pose(rig)
    rig.animation_data.action = own
    layout = ListeningLayout()
    draw_rig(layout, rig)
    assert "inpose.give_ik_back" in layout.operators
    bpy.ops.inpose.give_ik_back()
    assert constraints(rig) == before
    layout = ListeningLayout()
    draw_rig(layout, rig)
    assert "inpose.give_ik_back" not in layout.operators


def test_an_error_leaves_the_constraints(rig, monkeypatch):
    before, facts = constraints(rig), scene_facts(rig)

    assign, calls = play_action.assign_action, []

    def fail_once(*arguments):
        assign(*arguments)
        calls.append(arguments)
        if len(calls) == 1:
            raise RuntimeError("disk on fire")

    monkeypatch.setattr(play_action, "assign_action", fail_once)
    with pytest.raises(RuntimeError, match="disk on fire"):
        bake_a_pose(rig)
    monkeypatch.undo()
    bpy.context.scene.frame_set(1)
    assert constraints(rig) == before
    assert scene_facts(rig)[0] == facts[0]
    assert not rig.inpose_take.switched_off


def test_what_the_user_muted_is_left_alone(rig):
    muted = rig.pose.bones["left_knee"].constraints["IK"]
    muted.mute = True
    bake_a_pose(rig)
    assert (muted.mute, round(muted.influence, 4)) == (True, 0.9)
    bpy.ops.inpose.give_ik_back()
    assert muted.mute


def test_it_is_found_again_in_a_file_that_was_baked_without_the_add_on(rig):
    before = constraints(rig)
    bake_a_pose(rig)
    rig.inpose_take.switched_off = ""
    assert bpy.ops.inpose.give_ik_back() == {"FINISHED"}
    assert constraints(rig) == before


def test_all_other_constraints_are_named_at_once(rig):
    for bone in ("head", "left_wrist"):
        rig.pose.bones[bone].constraints.new("COPY_ROTATION").target = bpy.data.objects["Floor"]
    with pytest.raises(RigError, match=r"The bone head .*, and there are 1 more") as refused:
        check_bones(rig, map_and_measure(rig)[0])
    assert "Copy Rotation of head, Copy Rotation of left_wrist" in refused.value.hint
