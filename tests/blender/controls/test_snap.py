# SPDX-License-Identifier: GPL-3.0-or-later
"""Snap FK and IK to each other in any action, and compare the character by Blender's own evaluation."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import FRAMES, apart, bake, poses
from ik_rigs import auto_rig_pro_rig, hand_made_rig, mmd_rig

from inpose_blender.bpy_compat import HAS_SLOTS, action_curves
from inpose_blender.controls.snap import keyed_frames, snap
from inpose_blender.core import RigError
from inpose_blender.rig.switched_off import give_back, still_off

EVERY = range(1, FRAMES + 1)


def keys(rig: Any) -> dict[tuple[str, int], list[tuple[float, float]]]:
    curves = action_curves(rig.animation_data.action, rig)
    return {
        (curve.data_path, curve.array_index): [tuple(point.co) for point in curve.keyframe_points] for curve in curves
    }


@pytest.mark.parametrize("build", [hand_made_rig, mmd_rig, auto_rig_pro_rig])
def test_there_and_back_again(build):
    """Snap IK to an FK bake, then FK to this IK: the character does not move."""
    rig = build()
    bake(rig)
    expected, baked = poses(rig), rig.animation_data.action
    before = keys(rig)
    kept, count = snap(rig, bpy.context.scene, "ik_to_fk", EVERY, frozenset())
    assert count >= 2
    assert kept == baked.name
    assert baked.use_fake_user
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0
    snap(rig, bpy.context.scene, "fk_to_ik", EVERY, frozenset())
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0
    rig.animation_data.action = baked
    assert keys(rig) == before


@pytest.mark.parametrize("build", [hand_made_rig, mmd_rig])
def test_a_bake_of_both_is_snapped_to_fk_and_back_within_the_range(build):
    """The constraints are off in the current frame when the second snap begins."""
    rig = build()
    bake(rig, controls="both")
    expected = poses(rig)
    for way in ("fk_to_ik", "ik_to_fk", "fk_to_ik", "ik_to_fk"):
        snap(rig, bpy.context.scene, way, range(20, 41), frozenset())
        degrees, mm = apart(expected, poses(rig))
        assert degrees < 0.2
        assert mm < 1.0
        bpy.context.scene.frame_set(30)


def test_only_the_range_and_the_selected_limb_change():
    rig = auto_rig_pro_rig()
    bake(rig)
    expected, before = poses(rig), keys(rig)
    snap(rig, bpy.context.scene, "ik_to_fk", range(20, 31), frozenset({"c_hand_fk.l"}))
    after = keys(rig)
    changed = {path.split('"')[1] for (path, index), each in after.items() if before.get((path, index)) != each}
    assert changed == {"c_hand_ik.l", "c_arms_pole.l", "arm_ik.l", "forearm_ik.l"}
    moved = [frame for frame, _ in after['pose.bones["c_hand_ik.l"].location', 0]]
    assert moved == list(range(20, 31))
    switch = dict(after['pose.bones["c_hand_ik.l"]["ik_fk_switch"]', 0])
    assert [switch[frame] for frame in (19, 20, 31)] == [1.0, 0.0, 1.0]
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0


def test_keys_only_in_frames_with_keys():
    rig = hand_made_rig()
    bake(rig, key_rate=6.0)
    frames = keyed_frames(rig, 5, 30)
    assert frames == list(range(5, 30, 4))
    snap(rig, bpy.context.scene, "ik_to_fk", frames, frozenset())
    assert [frame for frame, _ in keys(rig)['pose.bones["left hand target"].location', 0]] == frames


def test_an_error_leaves_everything_as_it_was():
    rig = hand_made_rig()
    with pytest.raises(RigError, match="no active action"):
        snap(rig, bpy.context.scene, "ik_to_fk", EVERY, frozenset())
    bake(rig)
    for bone in rig.pose.bones:
        for constraint in tuple(bone.constraints):
            bone.constraints.remove(constraint)
    actions, objects = list(bpy.data.actions), list(bpy.data.objects)
    with pytest.raises(RigError, match="no IK that InPose can read"):
        snap(rig, bpy.context.scene, "fk_to_ik", EVERY, frozenset())
    assert (list(bpy.data.actions), list(bpy.data.objects)) == (actions, objects)


@pytest.mark.skipif(not HAS_SLOTS, reason="actions have slots since Blender 4.4")
def test_an_action_without_a_slot_is_refused_and_nothing_is_left_behind():
    rig = hand_made_rig()
    bake(rig)
    rig.animation_data.action_slot = None
    actions, objects = list(bpy.data.actions), list(bpy.data.objects)
    with pytest.raises(RigError, match="has no keys of"):
        snap(rig, bpy.context.scene, "ik_to_fk", EVERY, frozenset())
    assert (list(bpy.data.actions), list(bpy.data.objects)) == (actions, objects)


def test_the_operators_are_one_undo_step(registered):
    rig = hand_made_rig()
    bake(rig)
    name, action = rig.name, rig.animation_data.action.name
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.inpose.snap_ik_to_fk(first_frame=10, last_frame=20, only_keyed=True) == {"FINISHED"}
    assert bpy.data.objects[name].animation_data.action.name != action
    np.testing.assert_equal(bpy.context.scene.frame_current, 1)
    bpy.ops.ed.undo_push(message="snap")
    bpy.ops.ed.undo()
    assert bpy.data.objects[name].animation_data.action.name == action
    assert [each.name for each in bpy.data.actions] == [action]


def test_only_the_original_is_kept_however_often_one_snaps():
    rig = hand_made_rig()
    bake(rig)
    baked = rig.animation_data.action
    scene = bpy.context.scene
    assert [snap(rig, scene, way, EVERY, frozenset())[0] for way in ("ik_to_fk", "fk_to_ik", "ik_to_fk")] == [
        "take"
    ] * 3
    assert {action.name for action in bpy.data.actions} == {"take", "take.001"}
    assert rig.animation_data.action.name == "take.001"
    assert baked.use_fake_user
    baked.name = "renamed"
    assert snap(rig, scene, "fk_to_ik", EVERY, frozenset())[0] == "renamed"
    rig.animation_data.action.use_fake_user = True  # the user wants this one, too
    snap(rig, scene, "ik_to_fk", EVERY, frozenset())
    assert {action.name for action in bpy.data.actions} == {"renamed", "take.001", "take.002"}


def test_a_snapped_action_is_the_original_when_the_one_before_is_gone():
    rig = hand_made_rig()
    bake(rig)
    snap(rig, bpy.context.scene, "ik_to_fk", EVERY, frozenset())
    bpy.data.actions.remove(bpy.data.actions["take"])
    assert snap(rig, bpy.context.scene, "fk_to_ik", EVERY, frozenset())[0] == "take.001"
    assert bpy.data.actions["take.001"].use_fake_user


def test_stretching_is_off_with_the_keys_and_can_be_given_back(registered):
    rig = hand_made_rig()
    rig.pose.bones["LeftLeg"].ik_stretch = 0.2
    constraint = rig.pose.bones["LeftLeg"].constraints["IK"]
    others = rig.pose.bones["RightLeg"].constraints["IK"]
    for way in ("bake", "bake again", "snap"):
        if way == "snap":
            snap(rig, bpy.context.scene, "ik_to_fk", EVERY, frozenset())
        else:
            bake(rig, controls="ik")
        bpy.context.scene.frame_set(2)
        assert not constraint.use_stretch, way
        assert others.use_stretch, "a limb that cannot get longer is left alone"
    rig.animation_data.action = None
    assert [each.bone for each in still_off(rig) if each.setting == "use_stretch"] == ["LeftLeg"]
    give_back(rig)
    assert constraint.use_stretch
    assert not still_off(rig)
