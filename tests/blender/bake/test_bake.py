# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake motions and read them back from Blender's own evaluation of the pose."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure, random_motion, scene_facts, still_motion, worst_errors

from inpose_blender.bake import play_action, writing
from inpose_blender.bake.bake import BakeSettings, bake_motion
from inpose_blender.bake.baked_actions import is_untouched_bake, mark_again
from inpose_blender.bake.settings import KeyTolerance
from inpose_blender.bake.takes_of_actions import rename_bakes
from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import JOINT_NAMES, Motion, RigError
from inpose_blender.layers.settings import LayerSettings
from tests.timing import fastest_s

SETTINGS = BakeSettings("take")
LARGEST_ERROR_DEG = 1e-3
LARGEST_ERROR_M = 2e-5


def bake_on(rig, motion_of, **settings):
    mapping, measure = map_and_measure(rig)
    motion = motion_of(measure.skeleton)
    result = bake_motion(
        rig,
        motion,
        BakeSettings("take", **{"spread": False} | settings),
        scene=bpy.context.scene,
        mapping=mapping,
        measure=measure,
    )
    return mapping, measure, motion, result


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"arm_angle_deg": 45.0},
        {"arm_angle_deg": 88.0, "rotation_deg": (0, 0, 130), "location": (1.0, -2.0, 0.5)},
        {"arm_angle_deg": 45.0, "rotation_deg": (90, 0, 0), "scale": 0.01},
        {"arm_angle_deg": 45.0, "rotation_deg": (-90, 0, 40), "scale": 100.0, "extra_bones": True},
        {"extra_bones": True},
        {"connect": True},
        {"without": ("spine2", "neck", "left_collar", "right_collar", "left_foot", "right_foot")},
    ],
    ids=["T", "A", "arms down, turned", "fbx", "scaled, extra bones", "extra bones", "connected", "few bones"],
)
def test_pose_bones_follow_the_motion(rng, kind):
    rig = build_rig(rng, **kind)
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < LARGEST_ERROR_M


def test_a_t_pose_motion_lifts_the_arms_of_an_a_pose_rig(rng):
    rig = build_rig(rng, arm_angle_deg=45.0)
    bake_on(rig, still_motion)
    bpy.context.scene.frame_set(1)
    heights = [(rig.matrix_world @ rig.pose.bones[f"left_{name}"].matrix).translation.z for name in ("elbow", "wrist")]
    assert heights[0] == pytest.approx(heights[1], abs=1e-5)


def test_rotation_modes_are_kept(rng):
    rig = build_rig(rng, arm_angle_deg=30.0)
    for bone, mode in zip(rig.pose.bones, ["XYZ", "ZXY", "AXIS_ANGLE", "QUATERNION"] * 6, strict=False):
        bone.rotation_mode = mode
    modes = [bone.rotation_mode for bone in rig.pose.bones]
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < LARGEST_ERROR_M
    assert [bone.rotation_mode for bone in rig.pose.bones] == modes


def test_bones_that_do_not_inherit_rotation(rng):
    rig = build_rig(rng, extra_bones=True)
    for name in ("left_elbow", "extra left_knee", "head"):
        rig.data.bones[name].use_inherit_rotation = False
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    assert worst_errors(rig, mapping, measure, motion)[0] < LARGEST_ERROR_DEG


def test_location_without_local_axes(rng):
    rig = build_rig(rng, extra_bones=True)
    rig.data.bones["pelvis"].use_local_location = False
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    assert worst_errors(rig, mapping, measure, motion)[1] < LARGEST_ERROR_M


def test_a_connected_pelvis_is_moved_by_the_bone_above(rng):
    rig = build_rig(rng, extra_bones=True)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    bones["root of all"].tail = bones["pelvis"].head
    bones["pelvis"].use_connect = True
    bpy.ops.object.mode_set(mode="OBJECT")
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < LARGEST_ERROR_M


@pytest.mark.parametrize("tilt_deg", [2.0, 15.0, 40.0])
def test_a_body_on_a_tilted_object_stands_straight(rng, tilt_deg):
    """Trunk and legs have one direction, the vertical, whatever the object's rotation."""
    rig = build_rig(rng, rotation_deg=(0.6 * tilt_deg, 0.8 * tilt_deg, 0.0))
    mapping, _, _, _ = bake_on(rig, still_motion)
    bpy.context.scene.frame_set(1)

    def lean_deg(low: str, high: str) -> float:
        heads = [rig.matrix_world @ rig.pose.bones[mapping.bones[joint]].head for joint in (low, high)]
        return float(np.degrees((heads[1] - heads[0]).angle((0.0, 0.0, 1.0))))

    assert abs(lean_deg("pelvis", "head") - lean_deg("left_ankle", "left_hip")) < 2.5
    assert lean_deg("left_ankle", "left_hip") < 0.1


def test_leftover_poses_do_not_bend_the_motion(rng):
    rig = build_rig(rng, extra_bones=True)
    for bone in rig.pose.bones:
        bone.location = rng.normal(size=3) * 0.1
        bone.rotation_quaternion = rng.normal(size=4)
        bone.scale = (1.5, 0.5, 2.0)
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < LARGEST_ERROR_M


@pytest.mark.parametrize("layer", [None, "replace"])
@pytest.mark.parametrize(
    ("bone", "channel", "ends"),
    [
        ("root of all", "location", ((0, 0, 0), (2, 0, 0))),
        ("extra left_knee", "rotation_quaternion", ((1, 0, 0, 0), (0.7, 0.7, 0, 0))),
        ("pelvis", "scale", ((1, 1, 1), (1.3, 1.3, 1.3))),
        ("left_knee", "location", ((0, 0, 0), (0.1, 0, 0))),
    ],
)
def test_what_plays_below_does_not_carry_the_motion_away(rng, bone, channel, ends, layer):
    """An NLA track, or the action under a layer, moves a bone that rests in the frame in which somebody bakes."""
    rig = build_rig(rng, extra_bones=True)
    for frame, value in zip((1, 6), ends, strict=True):
        setattr(rig.pose.bones[bone], channel, value)
        rig.pose.bones[bone].keyframe_insert(channel, frame=frame)
    animation = rig.animation_data
    settings = {}
    if layer is None:
        animation.nla_tracks.new().strips.new("walk", 1, animation.action)
        animation.action = None
    else:
        settings["layer"] = LayerSettings(frozenset(bone.name for bone in rig.pose.bones), adds=False)
    bpy.context.scene.frame_set(1)
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton), **settings)
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < LARGEST_ERROR_M


def test_the_parent_of_the_object_is_taken_into_account(rng):
    rig = build_rig(rng)
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location, parent.rotation_euler, parent.scale = (1, 2, 3), (0, 0, 1.0), (0.5, 0.5, 0.5)
    rig.parent = parent
    bpy.context.view_layer.update()
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < LARGEST_ERROR_M


def test_frames_are_resampled_to_the_scene(rng):
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.001
    rig = build_rig(rng)
    result = bake_on(rig, lambda skeleton: still_motion(skeleton, frames=121, fps=60.0), first_frame=10)[3]
    assert (result.first_frame, result.last_frame) == (10, 10 + 59)  # 2 s are 59.94 frames


def test_the_old_action_survives_in_a_muted_track(rng):
    rig = build_rig(rng)
    bake_on(rig, still_motion)
    first = rig.animation_data.action.name
    result = bake_on(rig, still_motion)[3]
    assert result.kept_action_name == first
    assert rig.animation_data.action.name == result.action_name != first
    (track,) = rig.animation_data.nla_tracks
    assert track.mute
    assert track.lock
    assert track.strips[0].action.name == first
    assert bpy.data.actions[first].users == 1


@pytest.mark.parametrize("with_action", [False, True])
@pytest.mark.parametrize("broken", ["_write_channels", "assign_action", "_stash"])
def test_an_error_leaves_the_scene_as_it_was(rng, monkeypatch, with_action, broken):
    rig = build_rig(rng)
    if with_action:
        bake_on(rig, still_motion)
    elif broken == "_stash":
        pytest.skip("nothing to stash")
    facts = scene_facts(rig)
    module = writing if broken == "_write_channels" else play_action
    whole, calls = getattr(module, broken), []

    def fail_once(*arguments):
        result = whole(*arguments)
        calls.append(broken)
        if len(calls) == 1:
            raise RuntimeError("disk on fire")
        return result

    monkeypatch.setattr(module, broken, fail_once)
    with pytest.raises(RuntimeError, match="disk on fire"):
        bake_on(rig, still_motion)
    if broken == "_stash":  # the track was made but not handed back: the one thing that could stay
        facts = facts[:2] + scene_facts(rig)[2:3] + facts[3:]
    assert scene_facts(rig) == facts


def constrain(rig):
    rig.pose.bones["left_elbow"].constraints.new("COPY_ROTATION").target = bpy.data.objects.new("T", None)


def drive_ik(rig):
    constraint = rig.pose.bones["left_foot"].constraints.new("IK")
    constraint.target = bpy.data.objects.new("T", None)
    constraint.driver_add("influence").driver.expression = "1.0"


def drive(rig):
    rig.pose.bones["head"].driver_add("rotation_quaternion", 1)


def tweak(rig):
    bake_on(rig, still_motion)
    bake_on(rig, still_motion)
    track = rig.animation_data.nla_tracks[0]
    track.mute = track.lock = False
    rig.animation_data.action = None
    track.strips[0].select = True
    rig.animation_data.nla_tracks.active = track
    rig.animation_data.use_tweak_mode = True


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda rig: setattr(rig, "scale", (1, 1, 2)), "Rig is scaled"),
        (lambda rig: setattr(rig, "scale", (-1, 1, 1)), "mirrored"),
        (lambda rig: setattr(rig, "scale", (0, 0, 0)), "zero"),
        (lambda rig: setattr(rig.data, "pose_position", "REST"), "rest position"),
        (constrain, "left_elbow"),
        (drive_ik, "left_foot"),
        (drive, "head"),
        (tweak, "tweak mode"),
    ],
)
def test_what_cannot_be_baked_is_refused_by_name(rng, spoil, named):
    rig = build_rig(rng)
    mapping, measure = map_and_measure(rig)
    spoil(rig)
    bpy.context.view_layer.update()
    facts = scene_facts(rig)
    with pytest.raises(RigError, match=named):
        bake_motion(
            rig, still_motion(measure.skeleton), SETTINGS, scene=bpy.context.scene, mapping=mapping, measure=measure
        )
    assert scene_facts(rig) == facts


def test_locked_channels_are_told_and_keyed_all_the_same(rng):
    rig = build_rig(rng)
    rig.pose.bones["left_elbow"].lock_rotation = (True, False, False)
    rig.pose.bones["head"].lock_rotation_w = True
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    assert measure.notes == ("The rotation of the bone head and 1 more is locked. InPose keys it anyway.",)
    assert worst_errors(rig, mapping, measure, motion)[0] < LARGEST_ERROR_DEG


@pytest.mark.parametrize("connect", [False, True])
def test_legs_that_hang_on_the_spine(rng, connect):
    """As in 3ds Max Biped; connected bones cannot be brought to their place, and it is said."""
    rig = build_rig(rng)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    for side in ("left", "right"):
        bones[f"{side}_hip"].parent = bones["spine1"]
    bones["right_hip"].use_connect = connect
    bpy.ops.object.mode_set(mode="OBJECT")
    mapping, measure, motion, _ = bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    if connect:
        assert measure.notes == ("The bone right_hip is connected to spine1, so InPose cannot move it to its joint.",)
    else:
        assert metres < LARGEST_ERROR_M


def test_ten_thousand_frames_bake_in_a_second(rng):
    rig = build_rig(rng, arm_angle_deg=45.0)
    mapping, measure = map_and_measure(rig)
    frames = 10_000
    angle = np.linspace(0, 60, frames)[:, None] * rng.uniform(0.1, 1, size=(1, len(JOINT_NAMES)))
    axis = rng.normal(size=(len(JOINT_NAMES), 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    wxyz = np.concatenate((np.cos(angle)[..., None], np.sin(angle)[..., None] * axis), axis=-1)
    motion = Motion(wxyz, np.zeros((frames, 3)), measure.skeleton, 24.0)

    def bake() -> object:
        return bake_motion(rig, motion, SETTINGS, scene=bpy.context.scene, mapping=mapping, measure=measure)

    assert fastest_s(bake, enough_s=1.0) < 1.0
    curves = action_curves(rig.animation_data.action, rig)
    assert sum(len(curve.keyframe_points) for curve in curves) == frames * (22 * 4 + 3)
    assert {point.interpolation for point in curves[0].keyframe_points} == {"LINEAR"}


@pytest.mark.parametrize("edit", ["modifier", "mute", "extrapolation", "easing"])
def test_a_bake_whose_curves_were_changed_is_edited(rng, edit):
    rig = build_rig(rng)
    bake_on(rig, lambda skeleton: random_motion(rng, skeleton))
    action = rig.animation_data.action
    assert is_untouched_bake(action, "take", rig)
    curve = action_curves(action, rig)[0]
    if edit == "modifier":
        curve.modifiers.new("NOISE")
    elif edit == "mute":
        curve.mute = True
    elif edit == "extrapolation":
        curve.extrapolation = "LINEAR"
    else:
        curve.keyframe_points[0].easing = "EASE_IN"
    assert not is_untouched_bake(action, "take", rig)
    mark_again(action)
    assert is_untouched_bake(action, "take", rig)


@pytest.mark.parametrize("fewer_keys", [False, True])
def test_a_bake_whose_handles_were_moved_is_edited(rng, fewer_keys):
    rig = build_rig(rng)
    tolerance = KeyTolerance(5.0, 2.0) if fewer_keys else None
    bake_on(rig, lambda skeleton: random_motion(rng, skeleton), fewer_keys=tolerance)
    action = rig.animation_data.action
    assert is_untouched_bake(action, "take", rig)
    curve = next(curve for curve in action_curves(action, rig) if len(curve.keyframe_points) > 3)
    curve.update()
    assert is_untouched_bake(action, "take", rig), "Blender's own update is no edit"
    curve.keyframe_points[1].handle_right.y += 0.05
    curve.update()
    assert is_untouched_bake(action, "take", rig) != fewer_keys, "handles of straight lines have no effect"
    curve.keyframe_points[1].interpolation = "CONSTANT"
    assert not is_untouched_bake(action, "take", rig)


@pytest.mark.parametrize("name", ["é" * 60, "Walk" * 20, "take"], ids=["cut within a letter", "long", "short"])
def test_a_take_is_renamed_with_its_strip_however_long_its_name_is(rng, name):
    rig = build_rig(rng)
    mapping, measure = map_and_measure(rig)
    settings = BakeSettings(name, to_nla_track=True)
    motion = random_motion(rng, measure.skeleton)
    bake_motion(rig, motion, settings, scene=bpy.context.scene, mapping=mapping, measure=measure)
    (track,) = rig.animation_data.nla_tracks
    assert name.startswith(track.strips[0].name)
    rename_bakes(rig, name, "Best")
    assert (track.name, track.strips[0].name, track.strips[0].action.name) == ("Best", "Best", "Best")
