# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay bakes over other animation, and let Blender evaluate what is then seen."""

from __future__ import annotations

from functools import partial

import bpy
import numpy as np
import pytest
from rigs import build_rig, gentle_motion, map_and_measure, nearest_rotation, scene_facts, still_motion

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bpy_compat import HAS_SLOTS, action_curves, all_curves
from inpose_blender.core import JOINT_INDEX, Motion, RigError, multiply_quaternions, normalize_quaternion
from inpose_blender.layers import stack
from inpose_blender.layers.masks import part_of_joint
from inpose_blender.layers.options import LayerOptions
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

FRAMES = 40
_LEGS = ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_foot", "right_foot")


def smooth_motion(seed: int, skeleton, frames: int = FRAMES) -> Motion:
    """Return a motion in which each joint swings slowly about its own axis."""
    rng = np.random.default_rng(seed)
    gentle = gentle_motion(rng, skeleton, 2)
    phase = 0.5 - 0.5 * np.cos(np.linspace(0, 3, frames))[:, None, None]
    wxyz = normalize_quaternion(gentle.rotations_wxyz[:1] * (1 - phase) + gentle.rotations_wxyz[1:] * phase)
    root_m = np.linspace(0, 1, frames)[:, None] * rng.normal(size=3) + (0.0, 1.0, 0.0)
    return Motion(wxyz, root_m, skeleton, 24.0)


def bake(rig, motion, name="gesture", replace_own=True, first_frame=1, bake_options=None, **layers):
    scene = bpy.context.scene
    scene.render.fps = 24
    options = BakeOptions(
        layers=LayerOptions(**layers), hand_lock=0.0, foot_lock=0.0, first_frame=first_frame, **(bake_options or {})
    )
    load = partial(SolvedTake, motion)
    return BakeJob(prepare_rig(rig, scene), scene, load, options, name, replace_own=replace_own).run()


def seen(rig, frames=range(1, FRAMES + 1)):
    """Return what Blender shows: for each frame and bone, its matrix in the armature, (F, bones, 4, 4)."""
    result = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        result.append([np.array(bone.matrix) for bone in rig.pose.bones])
    return np.array(result)


def basis(rig, frames=range(1, FRAMES + 1)):
    """Return each bone's own rotation, (F, bones, 3, 3)."""
    result = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        result.append([nearest_rotation(bone.matrix_basis) for bone in rig.pose.bones])
    return np.array(result)


def degrees(a, b):
    apart = np.linalg.norm(np.float64(a[..., :3, :3]) - b[..., :3, :3], axis=(-2, -1))
    return np.degrees(2 * np.arcsin(np.clip(apart / np.sqrt(8), 0, 1)))


@pytest.fixture
def rig(rng):
    return build_rig(rng, extra_bones=True)


@pytest.fixture
def walk(rig):
    return smooth_motion(1, map_and_measure(rig)[1].skeleton)


@pytest.fixture
def gesture(rig):
    return smooth_motion(2, map_and_measure(rig)[1].skeleton)


def index_of(rig):
    return {bone.name: index for index, bone in enumerate(rig.pose.bones)}


def test_a_layer_over_all_bones_looks_like_the_plain_bake(rig, walk, gesture):
    bake(rig, gesture)
    plain = seen(rig)
    bpy.data.actions.remove(rig.animation_data.action)
    bake(rig, walk, "walk")
    result = bake(rig, gesture, layer="replace")
    animation = rig.animation_data
    assert animation.action is None
    assert [(track.name, track.mute) for track in animation.nla_tracks] == [("walk", False), ("gesture", False)]
    assert degrees(seen(rig), plain).max() < 0.01
    assert np.abs(seen(rig)[..., :3, 3] - plain[..., :3, 3]).max() < 1e-5
    assert result.kept_action_name == ""


@pytest.mark.parametrize("mask", ["upper_body", "arms", "legs"])
def test_a_mask_leaves_the_other_bones_to_the_other_action(rig, walk, gesture, mask):
    mapping, _ = map_and_measure(rig)
    bake(rig, walk, "walk")
    before, before_basis = seen(rig), basis(rig)
    bake(rig, gesture, layer="replace", mask=mask)
    after, after_basis, index = seen(rig), basis(rig), index_of(rig)
    masked = {
        "upper_body": {"trunk", "arms"}, "arms": {"arms"}, "legs": {"hips", "legs"},
    }[mask]  # fmt: skip
    moved = {bone for joint, bone in mapping.bones.items() if part_of_joint(joint) in masked}
    for joint, bone in mapping.bones.items():
        change = degrees(after_basis, before_basis)[:, index[bone]].max()
        assert (change > 1.0) == (bone in moved), joint
    if mask != "legs":
        for joint in ("pelvis", *_LEGS):
            own = index[mapping.bones[joint]]
            assert np.abs(after[:, own] - before[:, own]).max() < 1e-6
    keyed = {curve.group.name for curve in all_curves(rig.animation_data.nla_tracks[-1].strips[0].action)}
    others = {bone for joint, bone in mapping.bones.items() if part_of_joint(joint) not in masked}
    assert not keyed & others


def test_a_seated_trunk_keeps_its_lean_on_standing_hips(rig, walk):
    """The hips lean back, the trunk is upright: on the hips of a T-pose it must stand upright, too."""
    mapping, measure = map_and_measure(rig)
    skeleton = measure.skeleton
    upright = np.tile((1.0, 0.0, 0.0, 0.0), (FRAMES, 22, 1))
    turned = np.array((np.cos(0.6), 0.0, np.sin(0.6), 0.0))
    leaning = np.array((np.cos(-0.3), np.sin(-0.3), 0.0, 0.0))
    seated = np.tile(turned, (FRAMES, 22, 1))
    seated[:, 0] = [
        turned[0] * leaning[0], turned[0] * leaning[1], turned[2] * leaning[0], -turned[2] * leaning[1],
    ]  # fmt: skip
    bake(rig, Motion(upright, np.zeros((FRAMES, 3)), skeleton, 24.0), "stand")
    standing = seen(rig)
    bake(rig, Motion(seated, np.zeros((FRAMES, 3)), skeleton, 24.0), layer="replace", mask="upper_body")
    head = index_of(rig)[mapping.bones["head"]]
    assert degrees(seen(rig), standing)[:, head].max() < 0.01


def test_a_trunk_that_hangs_on_the_root_turns_with_the_other_hips(rig, walk, gesture):
    """As in MMD characters and in Rigify, whose hips do not turn the trunk by themselves."""
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    bones["spine1"].parent = bones["root of all"]
    bpy.ops.object.mode_set(mode="OBJECT")
    turn = np.array((np.cos(0.7), 0.0, np.sin(0.7), 0.0))
    turned = Motion(
        multiply_quaternions(np.broadcast_to(turn, walk.rotations_wxyz.shape), walk.rotations_wxyz),
        walk.root_translation_m,
        walk.skeleton,
        walk.fps,
    )
    index = index_of(rig)
    relative = []
    for below in (walk, turned):
        rig.animation_data_clear()
        bake(rig, below, "walk")
        before = seen(rig)
        bake(rig, gesture, layer="replace", mask="upper_body")
        after = seen(rig)
        legs = [index[name] for name in ("pelvis", *_LEGS)]
        assert np.abs(after[:, legs] - before[:, legs]).max() < 1e-6
        relative.append(np.linalg.inv(after[:, index["pelvis"]]) @ after[:, index["spine3"]])
        apart = after[:, index["spine1"], :3, 3] - before[:, index["spine1"], :3, 3]
        assert np.abs(apart).max() < 1e-4
    assert degrees(*relative).max() < 0.1


def test_selected_bones_only(rig, walk, gesture):
    bake(rig, walk, "walk")
    for bone in rig.pose.bones:
        if bpy.app.version >= (5, 0, 0):
            bone.select = bone.name in {"head", "left_wrist"}
        else:
            bone.bone.select = bone.name in {"head", "left_wrist"}
    bake(rig, gesture, layer="replace", mask="selected")
    action = rig.animation_data.nla_tracks[-1].strips[0].action
    assert {curve.group.name for curve in all_curves(action)} == {"head", "left_wrist"}


def test_a_layer_without_a_bone_is_refused_and_changes_nothing(rig, walk, gesture):
    bake(rig, walk, "walk")
    for bone in rig.pose.bones:
        (bone if bpy.app.version >= (5, 0, 0) else bone.bone).select = False
    facts = scene_facts(rig)
    with pytest.raises(RigError, match="moves no bone"):
        bake(rig, gesture, layer="replace", mask="selected")
    assert scene_facts(rig) == facts


def test_an_additive_layer_adds_what_changes_after_the_first_pose(rig, walk, gesture):
    bake(rig, walk, "walk")
    walking = basis(rig)
    bake(rig, gesture, "other")
    gesturing = basis(rig)
    bpy.ops.object.select_all(action="DESELECT")
    rig.animation_data_clear()
    bake(rig, walk, "walk again")
    bake(rig, gesture, layer="add")
    both = basis(rig)
    expected = walking @ np.swapaxes(gesturing[:1], -1, -2) @ gesturing
    assert degrees(both, expected).max() < 0.06  # Blender computes turns in layers by an arc cosine in 32 bits
    assert degrees(both[0], walking[0]).max() < 0.06
    assert rig.animation_data.nla_tracks[-1].strips[0].blend_type == "COMBINE"


def test_an_additive_layer_that_begins_with_raised_arms_is_told(rig, walk):
    skeleton = map_and_measure(rig)[1].skeleton
    (note,) = bake(rig, still_motion(skeleton, FRAMES), layer="add").notes
    assert "the arms are raised" in note
    down = still_motion(skeleton, FRAMES)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for joint in ("shoulder", "elbow", "wrist"):
            down.rotations_wxyz[:, JOINT_INDEX[f"{side}_{joint}"]] = (np.cos(0.7), 0.0, 0.0, sign * np.sin(0.7))
    assert not bake(rig, down, layer="add").notes
    assert not bake(rig, still_motion(skeleton, FRAMES), layer="replace").notes


def test_an_additive_layer_refuses_axis_angle(rig, walk, gesture):
    bake(rig, walk, "walk")
    rig.pose.bones["head"].rotation_mode = "AXIS_ANGLE"
    facts = scene_facts(rig)
    with pytest.raises(RigError, match="head"):
        bake(rig, gesture, layer="add")
    assert scene_facts(rig) == facts


@pytest.mark.parametrize("fewer_keys", [False, True])
@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ"])
def test_blending_goes_from_the_other_action_and_back_along_the_short_way(rig, walk, gesture, mode, fewer_keys):
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    bake(rig, walk, "walk")
    walking = basis(rig, range(1, 60))
    for curve in all_curves(rig.animation_data.action):  # the same rotations, written the other way
        for point in curve.keyframe_points:
            if curve.data_path.endswith("quaternion"):
                point.co.y *= -1
            elif curve.data_path.endswith("euler"):
                point.co.y += 2 * np.pi
        curve.update()
    keys = {"fewer_keys": fewer_keys}
    bake(rig, gesture, layer="replace", bake_options=keys)
    gesturing = basis(rig, range(1, 60))
    bake(rig, gesture, layer="replace", blend_in=10, blend_out=12, bake_options=keys)
    blended = basis(rig, range(1, 60))
    strip = rig.animation_data.nla_tracks[-1].strips[0]
    assert (strip.blend_in, strip.blend_out) == (10, 12)
    assert degrees(blended[0], walking[0]).max() < 0.01
    assert degrees(blended[45], walking[45]).max() < 0.01
    assert degrees(blended[10:28], gesturing[10:28]).max() < 0.01
    apart = degrees(walking[:40], gesturing[:40])
    assert (degrees(blended[:40], walking[:40]) <= apart + 0.5).all()
    assert (degrees(blended[:40], gesturing[:40]) <= apart + 0.5).all()


@pytest.mark.parametrize(("extra_bones", "error_deg"), [(False, 0.05), (True, 2.5)])
def test_without_a_layer_the_blend_is_in_the_keys(rng, walk, gesture, extra_bones, error_deg):
    """The bones between two joints share their turn anew, so those of the spine are a little off."""
    bpy.data.objects.remove(bpy.data.objects["Rig"])
    rig = build_rig(rng, extra_bones=extra_bones)
    bake(rig, walk, "walk")
    walking = seen(rig)
    bake(rig, gesture)
    gesturing = seen(rig)
    rig.animation_data_clear()
    bake(rig, walk, "walk again")
    bake(rig, gesture, blend_in=10, blend_out=10)
    blended = seen(rig)
    mapped = [index_of(rig)[bone] for bone in map_and_measure(rig)[0].bones.values()]
    for frame, expected in ((0, walking), (20, gesturing), (39, walking)):
        assert degrees(blended[frame, mapped], expected[frame, mapped]).max() < error_deg
        assert np.abs(blended[frame, mapped, :3, 3] - expected[frame, mapped, :3, 3]).max() < (
            0.02 if extra_bones else 1e-4
        )
    assert len(bpy.data.scenes) == 1
    bake(rig, gesture, blend_in=10, blend_out=10)  # the walk is muted now, but it is what played before
    assert degrees(seen(rig), blended).max() < 0.05


def test_what_plays_below_plays_on_where_the_layer_ends(rig, walk, gesture):
    bake(rig, walk, "walk", first_frame=11)
    for curve in all_curves(rig.animation_data.action):
        curve.modifiers.new("CYCLES")
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 200
    frames = (1, 5, 30, 90, 150, 200)
    before = seen(rig, frames)
    bake(rig, gesture, layer="replace", first_frame=40)
    assert degrees(seen(rig, frames), before).max() < 0.01


def test_the_active_actions_own_blending_goes_down_with_it(rig, walk, gesture):
    bake(rig, gesture, "below", bake_options={"to_nla_track": True})
    bake(rig, walk, "walk")
    rig.animation_data.action_influence = 0.5
    before = seen(rig, (1, 20, 40, 60))
    bake(rig, gesture, layer="replace", first_frame=100)
    assert degrees(seen(rig, (1, 20, 40, 60)), before).max() < 0.01


def test_a_layer_of_the_same_take_is_replaced_in_its_place(rig, walk, gesture):
    bake(rig, walk, "walk")
    bake(rig, gesture, layer="replace", mask="arms", tweak_layer=True)
    animation = rig.animation_data
    above = animation.nla_tracks.new()
    above.name = "mine"
    tweaks = animation.action
    rig.pose.bones["head"].keyframe_insert("location", frame=5)
    for mask in ("upper_body", "whole"):
        bake(rig, gesture, layer="replace", mask=mask, tweak_layer=True)
        assert [track.name for track in animation.nla_tracks] == ["walk", "gesture", "mine"]
        assert animation.action == tweaks
        assert animation.action_blend_type == "COMBINE"
    assert sorted(action.name for action in bpy.data.actions) == ["gesture", "gesture tweaks", "walk"]


def test_an_edited_layer_is_muted_and_kept(rig, walk, gesture):
    bake(rig, walk, "walk")
    bake(rig, gesture, layer="replace")
    rig.animation_data.nla_tracks[-1].strips[0].blend_in = 7
    result = bake(rig, gesture, layer="replace")
    assert result.kept_action_name == "gesture"
    states = [(track.name, track.mute) for track in rig.animation_data.nla_tracks]
    assert states == [("walk", False), ("gesture", True), (rig.animation_data.nla_tracks[-1].name, False)]


def test_a_bake_that_becomes_a_layer_brings_back_what_it_had_put_aside(rig, walk, gesture):
    bake(rig, walk, "walk")
    walking = seen(rig)
    put_aside = rig.animation_data.action
    bake(rig, gesture)
    assert rig.animation_data.nla_tracks[0].mute
    put_aside.name = "walk of the hero"
    bake(rig, gesture, layer="replace", mask="arms")
    legs = [index_of(rig)[name] for name in _LEGS]
    assert degrees(seen(rig)[:, legs], walking[:, legs]).max() < 0.01
    assert [track.mute for track in rig.animation_data.nla_tracks] == [False, False]
    bake(rig, gesture)  # and the way back
    assert rig.animation_data.action.name == "gesture"


def test_a_linked_action_that_was_put_aside_is_found_again(rig, walk, gesture, tmp_path):
    """Nothing that is written into linked data is saved."""
    bake(rig, walk, "walk")
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {rig.animation_data.action})
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.actions = ["walk"]
    (action,) = linked.actions
    rig.animation_data.action = action
    if HAS_SLOTS:
        rig.animation_data.action_slot = action.slots[0]
    bake(rig, gesture)
    assert dict(action.items()).keys() == {"inpose_take", "inpose_fingerprint"}
    bake(rig, gesture, layer="replace", mask="arms")
    assert [track.mute for track in rig.animation_data.nla_tracks] == [False, False]


def test_tweaks_correct_the_bake_without_touching_it(rig, walk, gesture):
    bake(rig, gesture, layer="replace", tweak_layer=True)
    animation = rig.animation_data
    assert animation.action.name == "gesture tweaks"
    assert not all_curves(animation.action)
    before = basis(rig)
    rig.pose.bones["head"].rotation_mode = "QUATERNION"
    curves = action_curves(animation.nla_tracks[-1].strips[0].action, rig)
    keys = len(curves)
    bpy.context.scene.frame_set(10)
    for index, value in enumerate((np.cos(0.25), np.sin(0.25), 0.0, 0.0)):
        curve_in(animation.action, rig, 'pose.bones["head"].rotation_quaternion', index).keyframe_points.insert(
            1, value
        )
    change = degrees(basis(rig), before)
    assert change[:, index_of(rig)["head"]] == pytest.approx(np.degrees(0.5), abs=0.05)
    assert np.delete(change, index_of(rig)["head"], axis=1).max() < 0.01
    assert len(curves) == keys
    assert JOINT_INDEX["head"]


def curve_in(action, rig, path, index):
    if bpy.app.version < (4, 4, 0):
        return action.fcurves.new(path, index=index)
    if not action.layers:
        action.layers.new("Layer").strips.new(type="KEYFRAME")
    channels = action.layers[0].strips[0].channelbag(rig.animation_data.action_slot, ensure=True)
    return channels.fcurves.new(path, index=index)


@pytest.mark.parametrize("broken", ["new_strip", "remember_strip", "push_down", "ActionWriter"])
def test_an_error_leaves_everything_as_it_was(rig, walk, gesture, monkeypatch, broken):
    bake(rig, walk, "walk")
    facts, before = scene_facts(rig), seen(rig, (1, 20))

    def fail(*_):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(stack, broken, fail)
    with pytest.raises(RuntimeError, match="disk on fire"):
        bake(rig, gesture, layer="replace", tweak_layer=True)
    bpy.context.scene.frame_set(facts[-1])
    assert scene_facts(rig) == facts
    assert degrees(seen(rig, (1, 20)), before).max() < 1e-3


def test_a_mask_needs_a_layer():
    with pytest.raises(RigError, match="mask needs a layer"):
        LayerOptions(mask="arms").check()
    LayerOptions(mask="arms", layer="add").check()
