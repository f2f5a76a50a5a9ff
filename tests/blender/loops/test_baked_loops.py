# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake loops, and let Blender play several rounds."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure, scene_facts

from inpose_blender.bpy_compat import all_curves
from inpose_blender.core import JOINT_INDEX, Motion, multiply_quaternions
from inpose_blender.loops.options import LoopOptions
from inpose_blender.takes.memory import TAKES
from inpose_blender.takes.take import SolvedTake

PERIOD = 26
"""Frames of a round."""


def about_x(angle):
    return np.stack((np.cos(angle / 2), np.sin(angle / 2), 0 * angle, 0 * angle), axis=-1)


def walk(skeleton, seconds=6.0):
    """Return somebody who walks a slight bend, with legs that swing by more in each round."""
    times = np.arange(round(seconds * 60)) / 60
    phase = 2 * np.pi * times * 24 / PERIOD
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (len(times), 22, 1))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        swing = sign * 0.4 * np.sin(phase) * (1 + 0.02 * times)
        wxyz[:, JOINT_INDEX[f"{side}_hip"]] = about_x(swing)
        wxyz[:, JOINT_INDEX[f"{side}_knee"]] = about_x(0.4 + swing)
        wxyz[:, JOINT_INDEX[f"{side}_shoulder"]] = about_x(-swing)
    angle = 0.3 + 0.05 * times
    turn = np.stack((np.cos(angle / 2), 0 * angle, np.sin(angle / 2), 0 * angle), axis=-1)
    step_m = np.stack((np.sin(angle), 0 * angle, np.cos(angle)), axis=-1) * 1.2 / 60
    root_m = np.array((0.5, 0.9, 0.5)) + np.cumsum(step_m, axis=0)
    stands = np.stack((np.cos(phase) > 0.3, np.cos(phase) < -0.3), axis=-1)
    return Motion(multiply_quaternions(turn[:, None], wxyz), root_m, skeleton, 60.0, foot_stands=stands)


@pytest.fixture
def rig(registered, rng, take, fake_worker):
    scene = bpy.context.scene
    scene.inpose.recording, scene.render.fps = str(take), 24
    rig = build_rig(rng, extra_bones=True, location=(1.0, 2.0, 0.0))
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    TAKES.remember(Path(rig.inpose_take.file), SolvedTake(walk(map_and_measure(rig)[1].skeleton)))
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    return rig


def loop(first=30, last=54, **choices):
    group = bpy.context.scene.inpose_loop
    group.loop_from, group.loop_to = first, last
    for name, value in choices.items():
        setattr(group, name, value)
    return bpy.ops.inpose.loop_stretch()


def seen(rig, frames):
    result = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        bones = (bone for bone in rig.pose.bones if not bone.name.startswith("root"))
        result.append([np.array(rig.matrix_world @ bone.matrix, dtype=np.float64) for bone in bones])
    return np.array(result)


def degrees(a, b):
    apart = np.linalg.norm(a[..., :3, :3] - b[..., :3, :3], axis=(-2, -1))
    return np.degrees(2 * np.arcsin(np.clip(apart / np.sqrt(8), 0, 1)))


@pytest.mark.parametrize("choice", [{"fewer_keys": True}, {"key_step": 3}, {"key_tolerance_deg": 2.0}])
def test_a_loop_has_a_key_on_every_frame(rig, choice):
    """Whatever the bake of the take has: a round ends where it begins."""
    for name, value in choice.items():
        setattr(bpy.context.scene.inpose_bake, name, value)
    assert loop() == {"FINISHED"}
    first, last = rig.animation_data.action.curve_frame_range
    moving = [curve for curve in all_curves(rig.animation_data.action) if len(curve.keyframe_points) > 1]
    assert moving
    assert {len(curve.keyframe_points) for curve in moving} == {round(last - first) + 1}


@pytest.mark.parametrize("repeat", ["modifier", "strip"])
@pytest.mark.parametrize("loop_way", ["moving", "in_place"])
@pytest.mark.parametrize("way", ["hips", "root", "object"])
def test_each_round_looks_like_the_first(rig, way, loop_way, repeat):
    scene = bpy.context.scene
    scene.inpose_bake.way, scene.frame_end = way, 120
    assert loop(loop_way=loop_way, repeat=repeat) == {"FINISHED"}
    frames = np.arange(30, 30 + PERIOD)
    rounds = [seen(rig, frames + number * PERIOD) for number in range(3)]
    for number in (1, 2):
        assert degrees(rounds[number], rounds[0]).max() < 0.01
        moved = rounds[number][..., :3, 3] - rounds[0][..., :3, 3]
        assert np.ptp(moved.reshape(-1, 3), axis=0).max() < 2e-4
        way_m = np.linalg.norm(moved[0, 0])
        assert way_m == pytest.approx(0.0 if loop_way == "in_place" else number * 1.2 * PERIOD / 24, abs=0.02)
    animation = rig.animation_data
    if repeat == "modifier":
        assert animation.action.name == f"{rig.inpose_take.label} loop"
        assert animation.action.use_cyclic
    else:
        assert animation.action is None
        assert animation.nla_tracks[-1].strips[0].frame_end >= 120


def feet_from_hips(rig, frames):
    """Return where the toes are, seen from the hips, (F, 2, 3)."""
    names = [bone.name for bone in rig.pose.bones if not bone.name.startswith("root")]
    places = seen(rig, frames)[..., :3, 3]
    return places[:, [names.index("left_foot"), names.index("right_foot")]] - places[:, [names.index("pelvis")]]


def test_a_bake_in_place_loops_with_whole_steps_on_its_spot(rig):
    """The feet are held before the way is taken out: they do not stick to the spot on which the body walks."""
    scene, frames = bpy.context.scene, np.arange(30, 30 + PERIOD)
    loop(loop_way="in_place")
    steps = feet_from_hips(rig, frames)
    scene.inpose_bake.way = "none"
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    spot = seen(rig, [30])[0, 0, :2, 3]
    loop()
    assert np.abs(feet_from_hips(rig, frames) - steps).max() < 0.01
    assert np.ptp(steps[..., :2], axis=0).max() > 0.3
    assert np.abs(seen(rig, [30])[0, 0, :2, 3] - spot).max() < 0.05


def test_planted_feet_stand_in_the_scene(rig):
    loop()
    names = [bone.name for bone in rig.pose.bones if not bone.name.startswith("root")]
    stands = walk(map_and_measure(rig)[1].skeleton).foot_stands
    toe = names.index("left_foot")
    first = rig.inpose_take.first_frame
    planted = [frame for frame in range(30, 30 + PERIOD) if stands[round((frame - first) / 24 * 60), 0]]
    runs = np.split(planted, np.flatnonzero(np.diff(planted) > 1) + 1)
    for run in runs:
        inner = run[1:-1]
        if len(inner) > 1:
            for number in (0, 2):
                there = seen(rig, inner + number * PERIOD)[:, toe, :2, 3]
                assert np.ptp(there, axis=0).max() < 0.01


def test_a_loop_keeps_the_bake_and_replaces_the_last_loop(rig):
    label = rig.inpose_take.label
    loop()
    loop(loop_way="in_place")
    assert rig.animation_data.action.name == f"{label} loop"
    states = [(track.strips[0].action.name, track.mute) for track in rig.animation_data.nla_tracks]
    assert states == [(label, True)]


@pytest.mark.parametrize("loop_way", ["moving", "in_place"])
def test_a_strip_of_a_loop_is_replaced_unless_somebody_moved_it(rig, loop_way):
    tracks = rig.animation_data.nla_tracks
    for _ in range(2):
        loop(loop_way=loop_way, repeat="strip")
        assert len(tracks) == 2  # the first one has the bake
    tracks[-1].strips[0].frame_start_ui += 500
    loop(loop_way=loop_way, repeat="strip")
    assert len(tracks) == 3


def test_the_preview_range_is_the_stretch(rig):
    scene = bpy.context.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 40, 40 + PERIOD
    assert loop(0, 0) == {"FINISHED"}
    keys = all_curves(rig.animation_data.action)[0].keyframe_points
    assert [keys[0].co.x, keys[-1].co.x] == [40, 40 + PERIOD]


def test_a_stretch_may_begin_or_end_at_frame_0():
    assert LoopOptions().stretch((0, 40)) == (0, 40)
    assert LoopOptions().stretch((-40, 0)) == (-40, 0)
    assert LoopOptions(loop_to=30).stretch((0, 40)) == (0, 30)
    assert LoopOptions(loop_from=5, loop_to=30).stretch(None) == (5, 30)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [(0, 0, "No stretch"), (50, 40, "ends before"), (30, 33, "too short"), (30, 5000, "ends after")],
)
def test_what_cannot_loop_is_refused_and_changes_nothing(rig, first, last, said):
    facts = scene_facts(rig)
    with pytest.raises(RuntimeError, match=said):
        loop(first, last)
    assert scene_facts(rig) == facts
