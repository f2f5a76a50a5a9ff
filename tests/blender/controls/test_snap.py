# SPDX-License-Identifier: GPL-3.0-or-later
"""Snap FK and IK to each other in any action, and compare the character by Blender's own evaluation."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import FRAMES, apart, bake, limber_motion, poses, solved_take
from ik_rigs import auto_rig_pro_rig, hand_made_rig, mmd_rig

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bpy_compat import HAS_SLOTS, ActionWriter, action_curves, assign_action
from inpose_blender.controls.snap import keyed_frames, snap
from inpose_blender.controls.write import KeyedCurve, set_keys
from inpose_blender.core import Motion, RigError, multiply_quaternions, rotate_vector
from inpose_blender.layers.options import LayerOptions
from inpose_blender.rig.prepare import prepare_rig
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


def turned_motion(skeleton: Any, total_deg: float) -> Motion:
    """Return the limber motion of somebody who turns round meanwhile."""
    limber = limber_motion(skeleton)
    half = np.radians(np.linspace(0, total_deg, FRAMES)) / 2
    wxyz = np.stack((np.cos(half), 0 * half, np.sin(half), 0 * half), axis=1)
    rotations = multiply_quaternions(wxyz[:, None], limber.rotations_wxyz)
    return Motion(rotations, rotate_vector(wxyz, limber.root_translation_m), skeleton, limber.fps)


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ"])
@pytest.mark.parametrize("total_deg", [0.0, 540.0])
def test_sparse_keys_go_on_outside_the_range_as_before(total_deg: float, mode: str) -> None:
    """Few keys lie outside of the range, and the rotations there have other signs and more turns than fresh ones."""
    rig, scene = auto_rig_pro_rig(), bpy.context.scene
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    prepared = prepare_rig(rig, scene)
    take = solved_take(turned_motion(prepared.measure.skeleton, total_deg))
    BakeJob(prepared, scene, lambda: take, BakeOptions(controls="ik", fewer_keys=True), "take", replace_own=False).run()
    expected = poses(rig)
    for way in ("fk_to_ik", "ik_to_fk"):
        snap(rig, scene, way, range(40, 51), frozenset())
        degrees, mm = apart(expected, poses(rig))
        assert degrees < 0.1
        assert mm < 1.0


def test_a_curve_is_divided_without_changing_it() -> None:
    """Whatever handles its keys have, and also where Blender would move them."""
    rig = auto_rig_pro_rig()
    bone = rig.pose.bones["c_hand_fk.l"]
    bone.rotation_mode = "XYZ"
    kinds = ("AUTO", "AUTO_CLAMPED", "VECTOR", "ALIGNED", "FREE", "AUTO")
    for number, kind in enumerate(kinds):
        bone.rotation_euler = (0.3 * (number % 3), 0.1 * number, -0.2 * (number % 2))
        bone.keyframe_insert("rotation_euler", frame=1 + 11 * number)
        for curve in action_curves(rig.animation_data.action, rig):
            curve.keyframe_points[-1].handle_left_type = curve.keyframe_points[-1].handle_right_type = kind
    frames = np.arange(1, 57, 0.25)

    def course() -> np.ndarray:
        return np.array(
            [[curve.evaluate(f) for f in frames] for curve in action_curves(rig.animation_data.action, rig)]
        )

    before = course()
    path = bone.path_from_id("rotation_euler")
    values = np.tile((1.0, 0.0, 0.0, 0.0), (5, 1))
    writer = ActionWriter.of_copy(rig.animation_data)
    assign_action(rig.animation_data, writer.action, writer.slot)
    set_keys(writer, KeyedCurve(path, bone.name, values, "XYZ"), np.arange(26.0, 31.0))
    after = course()
    outside = (frames <= 25) | (frames >= 31)
    np.testing.assert_allclose(after[:, outside], before[:, outside], atol=2e-4)
    inside = (frames >= 26) & (frames <= 30)
    np.testing.assert_allclose(after[:, inside], 0.0, atol=1e-6)


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
    rig.data.pose_position = "REST"
    with pytest.raises(RigError, match="rest position"):
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


def test_an_action_that_is_added_to_others_is_not_snapped(registered):
    """Its keys are no poses: snapped ones would be added, too."""
    rig, scene = hand_made_rig(), bpy.context.scene
    bake(rig, layers=LayerOptions(layer="replace", tweak_layer=True))
    animation, before = rig.animation_data, keys(rig)
    scene.inpose.armature = rig
    with pytest.raises(RigError, match="added to the NLA tracks"):
        snap(rig, scene, "ik_to_fk", EVERY, frozenset())
    assert not bpy.ops.inpose.snap_ik_to_fk.poll()
    assert keys(rig) == before
    animation.action_blend_type, animation.action_influence = "REPLACE", 0.5
    assert not bpy.ops.inpose.snap_ik_to_fk.poll()
    animation.nla_tracks[0].mute = True  # over no track, Blender plays it as it is
    assert bpy.ops.inpose.snap_ik_to_fk.poll()


def test_an_action_over_tracks_that_it_replaces_is_snapped():
    rig, scene = hand_made_rig(), bpy.context.scene
    bake(rig, to_nla_track=True)
    bake(rig, first_frame=3)
    expected = poses(rig)
    snap(rig, scene, "ik_to_fk", range(1, 63), frozenset())
    assert max(apart(expected, poses(rig))) < 0.1
