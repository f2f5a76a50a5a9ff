# SPDX-License-Identifier: GPL-3.0-or-later
"""The switches of a rig (IK constraints, IK and FK) are as they were where a layer does not play."""

from __future__ import annotations

import bpy
import pytest
from ik_rigs import hand_made_rig
from layers.test_layers import bake, smooth_motion

from inpose_blender.bake.takes_of_actions import rename_bakes
from inpose_blender.export.clips import find_clips
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.rig.switched_off import give_back, still_off


def test_ik_that_was_switched_off_comes_back_with_the_walk():
    """The gesture had switched off the IK of all limbs; as a layer on the arms, it keys that of the arms only."""
    rig = hand_made_rig()
    gesture = smooth_motion(5, prepare_rig(rig, bpy.context.scene).measure.skeleton)
    rig.pose.bones["Hips"].keyframe_insert("location", frame=1)

    def influences() -> dict[str, float]:
        bpy.context.scene.frame_set(5)
        return {bone.name: each.influence for bone in rig.pose.bones for each in bone.constraints if each.type == "IK"}

    on = influences()
    assert set(on.values()) == {1.0}
    bake(rig, gesture)
    assert set(influences().values()) == {0.0}
    bake(rig, gesture, layer="replace", mask="arms")
    assert influences() == {name: 1.0 if "Leg" in name else 0.0 for name in on}
    assert {each.bone for each in still_off(rig)} == {name for name in on if "Leg" not in name}


def test_switches_that_nobody_keyed_stay_as_they_are_outside_of_a_layer():
    """Blender gives them their default values there: IK off."""
    rig = hand_made_rig()
    gesture = smooth_motion(5, prepare_rig(rig, bpy.context.scene).measure.skeleton, 15)
    for frame in (1, 60):
        rig.pose.bones["Hips"].keyframe_insert("location", frame=frame)
    ik = {bone.name: each for bone in rig.pose.bones for each in bone.constraints if each.type == "IK"}
    ik["LeftForeArm"].influence = 0.8

    def influences(frame: int) -> dict[str, float]:
        bpy.context.scene.frame_set(frame)
        return {name: pytest.approx(each.influence) for name, each in ik.items()}

    before = influences(5)
    for first_frame in (20, 20, 25):  # again, and elsewhere
        bpy.context.scene.frame_set(first_frame + 5)
        bake(rig, gesture, layer="replace", mask="arms", first_frame=first_frame)
        assert influences(5) == influences(50) == before
        assert influences(first_frame + 5) == {name: 1.0 if "Leg" in name else 0.0 for name in ik}
        tracks = [track.name for track in rig.animation_data.nla_tracks]
        assert tracks[1:] == ["gesture switches", "gesture"]
    assert {action.name for action in bpy.data.actions} == {tracks[0], "gesture switches", "gesture"}


def test_switches_are_held_below_several_layers_and_under_new_names():
    rig = hand_made_rig()
    gesture = smooth_motion(5, prepare_rig(rig, bpy.context.scene).measure.skeleton, 15)
    rig.pose.bones["Hips"].keyframe_insert("location", frame=1)
    ik = [each for bone in rig.pose.bones for each in bone.constraints if each.type == "IK"]

    def outside() -> set[float]:
        bpy.context.scene.frame_set(100)
        return {each.influence for each in ik}

    for name, first_frame in (("first", 20), ("second", 60), ("first", 20), ("second", 60)):
        bake(rig, gesture, name, layer="replace", mask="arms", first_frame=first_frame)
        assert outside() == {1.0}
    rename_bakes(rig, "first", "wave")
    bpy.context.scene.frame_set(25)
    bake(rig, gesture, "wave", layer="replace", mask="arms", first_frame=20)
    assert outside() == {1.0}
    tracks = rig.animation_data.nla_tracks
    assert [track.name for track in tracks][1:] == ["wave switches", "wave", "second"]
    tracks["wave"].mute = True
    clips = find_clips(rig, bpy.context.scene, "takes")
    assert {(clip.name, clip.first_frame) for clip in clips} == {("wave", 20), ("second", 60)}


def test_ik_that_is_given_back_is_the_users_again():
    rig = hand_made_rig()
    gesture = smooth_motion(5, prepare_rig(rig, bpy.context.scene).measure.skeleton, 15)
    rig.pose.bones["Hips"].keyframe_insert("location", frame=1)
    arm = rig.pose.bones["LeftForeArm"].constraints[0]
    bake(rig, gesture, layer="replace", mask="arms", first_frame=20)
    assert len(rig.animation_data.nla_tracks) == 3
    give_back(rig)
    arm.influence = 0.3
    for frame in (25, 100):
        bpy.context.scene.frame_set(frame)
        assert arm.influence == pytest.approx(0.3)
    assert [track.name for track in rig.animation_data.nla_tracks][1:] == ["gesture"]
    assert not [action for action in bpy.data.actions if "switches" in action.name]
