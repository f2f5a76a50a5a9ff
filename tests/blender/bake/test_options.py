# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake with each option, and read back what Blender makes of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import bpy
import numpy as np
import pytest
from ik_rigs import hand_made_rig
from rigs import add_fingers, build_rig, map_and_measure, random_motion, still_motion, worst_errors

from inpose_blender.bake.adjust import root_path_of
from inpose_blender.bake.bake import BakeSettings, bake_motion
from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bpy_compat import action_curves, all_curves
from inpose_blender.core import JOINT_INDEX, Motion, RigError, Sensors, normalize_quaternion
from inpose_blender.options import options_of
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake
from tests.option_examples import other_value


def bake(rig, motion, **settings):
    mapping, measure = map_and_measure(rig)
    return bake_motion(
        rig, motion, BakeSettings("take", **settings), scene=bpy.context.scene, mapping=mapping, measure=measure
    )


def slow_motion(rng, skeleton, frames=120, fps=24.0):
    turns = rng.normal(scale=0.02, size=(frames, 22, 3)).cumsum(0)
    wxyz = normalize_quaternion(np.concatenate((np.ones((frames, 22, 1)), turns), axis=-1))
    return Motion(wxyz, rng.normal(scale=0.02, size=(frames, 3)).cumsum(0), skeleton, fps)


def key_count(rig):
    return sum(len(curve.keyframe_points) for curve in action_curves(rig.animation_data.action, rig))


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"arm_angle_deg": 45.0, "rotation_deg": (90, 0, 0), "scale": 0.01},
        {"rotation_deg": (0, 0, 130), "location": (1.0, -2.0, 0.5)},
        {"local": False},
    ],
    ids=["plain", "fbx", "turned", "location along the armature's axes"],
)
def test_root_motion_changes_what_carries_and_not_what_is_seen(rng, kind):
    local = kind.pop("local", True)
    rig = build_rig(rng, extra_bones=True, **kind)
    rig.data.bones["root of all"].use_local_location = local
    mapping, measure = map_and_measure(rig)
    motion = slow_motion(rng, measure.skeleton)
    bake(rig, motion, root_motion=True, spread=False)
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < 1e-3
    assert metres < 1e-4
    path = root_path_of(motion.rotations_wxyz, motion.root_translation_m, motion.fps)
    bpy.context.scene.frame_set(len(motion))
    root = rig.pose.bones["root of all"]
    moved = rig.matrix_world.to_3x3() @ (root.matrix @ root.bone.matrix_local.inverted()).translation
    assert np.allclose(moved, measure.R_world_core @ path.ground_m[-1], atol=1e-4)


def test_root_motion_needs_a_root_bone(rng):
    rig = build_rig(rng)
    with pytest.raises(RigError, match="no root bone"):
        bake(rig, random_motion(rng, map_and_measure(rig)[1].skeleton), root_motion=True)
    assert not bpy.data.actions
    rig = build_rig(rng, extra_bones=True)
    rig.data.bones["head"].use_inherit_rotation = False
    with pytest.raises(RigError, match="head does not inherit"):
        bake(rig, random_motion(rng, map_and_measure(rig)[1].skeleton), root_motion=True)


@pytest.mark.parametrize(("fps", "base", "frames"), [(24, 1.0, 49), (25, 1.0, 51), (30, 1.001, 60), (30, 1.0, 61)])
def test_the_scenes_frame_rate_is_followed(rng, fps, base, frames):
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = fps, base
    rig = build_rig(rng)
    bake(rig, still_motion(map_and_measure(rig)[1].skeleton, 121, 60.0))
    assert len(action_curves(rig.animation_data.action, rig)[0].keyframe_points) == frames


def test_keys_at_another_rate_play_at_the_same_speed(rng):
    rig = build_rig(rng)
    bpy.context.scene.render.fps = 24
    result = bake(rig, still_motion(map_and_measure(rig)[1].skeleton, 121, 60.0), fps=60.0, first_frame=10)
    points = action_curves(rig.animation_data.action, rig)[0].keyframe_points
    assert len(points) == 121
    assert [points[0].co.x, points[1].co.x, points[-1].co.x] == pytest.approx([10, 10.4, 58])
    assert (result.first_frame, result.last_frame) == (10, 58)


def test_key_reduction_keeps_the_motion_within_its_tolerance(rng):
    rig = build_rig(rng)
    mapping, measure = map_and_measure(rig)
    smooth = slow_motion(rng, measure.skeleton, 13)
    # Straight ways between 13 poses: what lies between can go.
    times = np.linspace(0, 12, 121)
    wxyz = np.stack(
        [[np.interp(times, range(13), smooth.rotations_wxyz[:, j, c]) for c in range(4)] for j in range(22)]
    )
    root_m = np.stack([np.interp(times, range(13), smooth.root_translation_m[:, c]) for c in range(3)], -1)
    motion = Motion(normalize_quaternion(wxyz.transpose(2, 0, 1)), root_m, measure.skeleton, 24.0)
    bake(rig, motion)
    all_keys = key_count(rig)
    bake(rig, motion, key_tolerance_deg=0.05)
    assert key_count(rig) < 0.3 * all_keys
    assert worst_errors(rig, mapping, measure, motion)[0] < 0.05 * 8  # down a chain of eight bones


def test_an_nla_track_of_its_own(rng):
    rig = build_rig(rng)
    mapping, measure = map_and_measure(rig)
    bake(rig, still_motion(measure.skeleton))
    motion = random_motion(rng, measure.skeleton)
    result = bake(rig, motion, to_nla_track=True)
    assert rig.animation_data.action is None
    kept, playing = rig.animation_data.nla_tracks
    assert (kept.mute, playing.mute, playing.name) == (True, False, "take")
    assert playing.strips[0].action.name == result.action_name
    assert worst_errors(rig, mapping, measure, motion)[0] < 1e-3


def test_a_track_that_would_not_be_seen_is_refused(rng):
    rig = build_rig(rng)
    _, measure = map_and_measure(rig)
    bake(rig, still_motion(measure.skeleton))
    rig.animation_data.use_nla = False
    before = rig.animation_data.action
    with pytest.raises(RigError, match="does not play its NLA tracks"):
        bake(rig, random_motion(rng, measure.skeleton), to_nla_track=True)
    assert rig.animation_data.action == before
    assert list(bpy.data.actions) == [before]
    assert not rig.animation_data.nla_tracks


@pytest.mark.parametrize("to_nla_track", [False, True])
def test_a_new_bake_replaces_the_last_one_of_the_take(rng, to_nla_track):
    rig = build_rig(rng)
    motion = still_motion(map_and_measure(rig)[1].skeleton)
    for _ in range(3):
        result = bake(rig, motion, replace_own=True, to_nla_track=to_nla_track)
        assert (result.action_name, result.kept_action_name) == ("take", "")
    assert [action.name for action in bpy.data.actions] == ["take"]
    assert len(rig.animation_data.nla_tracks) == int(to_nla_track)
    bake(rig, motion, replace_own=True, to_nla_track=not to_nla_track)
    assert [action.name for action in bpy.data.actions] == ["take"]
    assert len(rig.animation_data.nla_tracks) == int(not to_nla_track)


STRIP_EDITS = {
    "move": lambda strip: setattr(strip, "frame_start_ui", 101.0),
    "trim": lambda strip: setattr(strip, "action_frame_end", 1.5),
    "scale": lambda strip: setattr(strip, "scale", 1.5),
    "repeat": lambda strip: setattr(strip, "repeat", 2.0),
    "blend": lambda strip: setattr(strip, "blend_in", 1.0),
    "influence": lambda strip: setattr(strip, "use_animated_influence", True),
}


@pytest.mark.parametrize("edit", STRIP_EDITS)
@pytest.mark.parametrize("pushed_down", [False, True])
def test_a_strip_that_somebody_edited_is_muted_and_kept(rng, edit, pushed_down):
    """Also one into which the user has pushed the bake."""
    rig = build_rig(rng)
    motion = random_motion(rng, map_and_measure(rig)[1].skeleton)
    bake(rig, motion, to_nla_track=not pushed_down)
    animation = rig.animation_data
    if pushed_down:
        action = animation.action
        animation.action = None
        animation.nla_tracks.new().strips.new(action.name, 1, action)
    strip = animation.nla_tracks[0].strips[0]
    STRIP_EDITS[edit](strip)
    place = (strip.frame_start, strip.frame_end)
    result = bake(rig, motion, replace_own=True, to_nla_track=True)
    assert result.kept_action_name == "take"
    kept, new = animation.nla_tracks
    assert (kept.mute, kept.strips[0].action.name, new.mute) == (True, "take", False)
    assert (kept.strips[0].frame_start, kept.strips[0].frame_end) == place
    # The edited strip is none of the other takes, before or after which the new one would play.
    assert (new.strips[0].frame_start, new.strips[0].extrapolation) == (1, "HOLD")
    assert bake(rig, motion, replace_own=True, to_nla_track=True).kept_action_name == ""
    assert [track.mute for track in animation.nla_tracks] == [True, False]


@pytest.mark.parametrize("touch", ["value", "interpolation", "curve", "fake user", "other user"])
def test_a_bake_that_somebody_edited_is_kept(rng, touch):
    rig = build_rig(rng)
    motion = still_motion(map_and_measure(rig)[1].skeleton)
    bake(rig, motion)
    action = rig.animation_data.action
    curves = all_curves(action)
    if touch == "value":
        curves[3].keyframe_points[1].co.y += 0.01
    elif touch == "interpolation":
        curves[3].keyframe_points[0].interpolation = "CONSTANT"
    elif touch == "curve":
        rig.pose.bones["head"].keyframe_insert("scale", frame=1)
    elif touch == "fake user":
        action.use_fake_user = True
    else:
        other = build_rig(rng)
        other.animation_data_create().action = action
    result = bake(rig, motion, replace_own=True)
    assert result.kept_action_name == "take"
    assert {"take", result.action_name} <= {found.name for found in bpy.data.actions}
    assert result.action_name != "take"


def snapshot(rig):
    """Return what a bake leaves: every key, the tracks, the scene's range and markers."""
    data, scene = rig.animation_data, bpy.context.scene
    strips = [(track.name, strip.action) for track in data.nla_tracks for strip in track.strips]
    actions = [data.action] if data.action else [action for _, action in strips]
    keys = [
        (curve.data_path, curve.array_index, [tuple(point.co) for point in curve.keyframe_points])
        for action in actions
        for curve in action_curves(action, rig)
    ]
    markers = [(marker.name, marker.frame) for marker in scene.timeline_markers]
    return keys, [name for name, _ in strips], (scene.frame_start, scene.frame_end), markers


_VALUES = {"key_tolerance_deg": 10.0, "start_at": "cursor"}
"""Values that matter on a motion as busy as this, and that need no other character."""

_NEEDS = {
    "fewer_keys": {"key_distance_mm": 100.0, "key_angle_deg": 20.0},
    "key_distance_mm": {"fewer_keys": True, "key_angle_deg": 20.0},
    "key_angle_deg": {"fewer_keys": True, "key_distance_mm": 100.0},
}
"""What must be given so that an option matters on a motion as busy as this."""


@pytest.mark.parametrize(
    "option", [each for each in options_of(BakeOptions) if each.name != "start_with"], ids=lambda option: option.name
)
def test_every_option_of_the_table_is_obeyed(registered, option):
    """A declared option that nobody obeys leaves the same keys."""
    kept = []
    value = _VALUES.get(option.name) or other_value(option)
    with_it = _NEEDS.get(option.name, {})
    for options in (BakeOptions(**with_it), BakeOptions(**(with_it | {option.name: value}))):
        bpy.ops.wm.read_homefile(use_empty=True)
        rig, scene = build_rig(np.random.default_rng(3)), bpy.context.scene
        add_fingers(rig, np.random.default_rng(5))
        if option.name == "controls":
            rig = hand_made_rig()
        scene.frame_end = 20
        scene.frame_set(3)
        rng = np.random.default_rng(4)
        motion = slow_motion(rng, map_and_measure(rig)[1].skeleton, frames=60, fps=60.0)
        motion = replace(motion, foot_stands=np.ones((60, 2), np.bool_))
        devices = [JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist")]
        recorded_m = motion.joint_positions_m[:, devices] + 0.03
        sensors = Sensors(recorded_m, motion.rotations_wxyz[:, devices], np.ones((60, 3), np.bool_), 60.0)
        load = partial(SolvedTake, motion, sensors)
        BakeJob(prepare_rig(rig, scene), scene, load, options, "x", replace_own=False).run()
        kept.append(snapshot(rig))
    assert kept[0] != kept[1]


def test_panel_and_command_line_call_an_option_the_same():
    for option in options_of(BakeOptions):
        assert option.label.lower().replace(" ", "-") == option.flag
