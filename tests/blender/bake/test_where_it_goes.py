# SPDX-License-Identifier: GPL-3.0-or-later
"""Root motion on the object, other speeds, longer steps, and two characters of one room."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure, nearest_rotation, scene_facts, still_motion

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.operators import keep_place
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bake.placement import placement_from_text
from inpose_blender.bake.play_action import show_bake
from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import JOINT_INDEX, Motion, RigError, multiply_quaternions
from inpose_blender.export.sampling import GameFrame
from inpose_blender.layers.options import LayerOptions
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

FRAMES = 121
CARRIERS = ("hips", "root", "object")


def walker(skeleton, seed=0):
    """Return somebody who walks a bend and nods on the way; each foot stands in turn."""
    rng = np.random.default_rng(seed)
    still = still_motion(skeleton, FRAMES, 60.0)
    heading = np.linspace(0.3, 1.1, FRAMES) + 0.3 * seed
    turn = np.stack((np.cos(heading / 2), 0 * heading, np.sin(heading / 2), 0 * heading), axis=-1)
    wxyz = still.rotations_wxyz.copy()
    nod = 0.2 * np.sin(np.linspace(0, 6, FRAMES))
    wxyz[:, JOINT_INDEX["head"]] = np.stack((np.cos(nod), np.sin(nod), 0 * nod, 0 * nod), axis=-1)
    wxyz = multiply_quaternions(turn[:, None], wxyz)
    step_m = np.stack((np.sin(heading), 0 * heading, np.cos(heading)), axis=-1) * 0.015
    root_m = np.cumsum(step_m, axis=0) + (0.4, 0.95, -0.3) + 0.2 * rng.normal(size=3) * (1, 0, 1)
    stands = np.zeros((FRAMES, 2), dtype=bool)
    stands[10:40, 0] = stands[50:80, 1] = True
    return Motion(wxyz, root_m, skeleton, 60.0, foot_stands=stands)


def bake(rig, motion, scale=None, **options):
    scene = bpy.context.scene
    options = {"foot_lock": 0.0, "hand_lock": 0.0} | options
    job = BakeJob(
        prepare_rig(rig, scene), scene, partial(SolvedTake, motion, None, scale), BakeOptions(**options), "x",
        replace_own=True,
    )  # fmt: skip
    return job.run()


def test_an_export_does_not_depend_on_the_frame_that_is_shown(rng):
    rig = build_rig(rng)
    scene = bpy.context.scene
    stands = GameFrame.of(rig, prepare_rig(rig, scene).measure)
    bake(rig, walker(map_and_measure(rig)[1].skeleton), way="object")
    for frame in (1, 40, 90):
        scene.frame_set(frame)
        shown = GameFrame.of(rig, prepare_rig(rig, scene).measure)
        np.testing.assert_allclose(shown.rest, stands.rest, atol=1e-5)
        np.testing.assert_allclose(shown.matrix, stands.matrix, atol=1e-5)


def test_another_take_plays_where_the_object_stood(rng):
    """One take moves the object; whoever chooses another one finds the object at home, not where the frame had it."""
    rig = build_rig(rng)
    motion = walker(map_and_measure(rig)[1].skeleton)
    scene = bpy.context.scene

    def bake_as(name, **options):
        load = partial(SolvedTake, motion)
        BakeJob(prepare_rig(rig, scene), scene, load, BakeOptions(**options), name, replace_own=True).run()

    bake_as("hips")
    scene.frame_set(40)
    stands = [np.array(bone.matrix) for bone in rig.pose.bones]
    bake_as("object", way="object")
    scene.frame_set(40)
    assert rig.location.length > 0.5
    show_bake(rig, "hips")
    scene.frame_set(40)
    np.testing.assert_allclose(rig.matrix_world, np.eye(4), atol=1e-6)
    np.testing.assert_allclose([np.array(bone.matrix) for bone in rig.pose.bones], stands, atol=1e-6)


def keep_bake(rig, motion, scale=None, **options):
    """Bake as the operators do: the take knows where its bake is."""
    scene = bpy.context.scene
    keep_place(prepare_rig(rig, scene), bake(rig, motion, scale, **options), scene)


def seen(rig, frames):
    """Return where Blender shows the joints, (F, joints, 3), and how they are turned, (F, joints, 3, 3)."""
    mapping, _ = map_and_measure(rig)
    places, turns = [], []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        matrices = [rig.matrix_world @ rig.pose.bones[bone].matrix for bone in mapping.bones.values()]
        places.append([np.array(matrix.translation) for matrix in matrices])
        turns.append([nearest_rotation(matrix) for matrix in matrices])
    return np.array(places), np.array(turns)


@pytest.fixture
def kinds(rng):
    return partial(build_rig, rng, extra_bones=True)


@pytest.mark.parametrize("mode", ["XYZ", "QUATERNION", "AXIS_ANGLE"])
@pytest.mark.parametrize(
    "kind", [{}, {"rotation_deg": (90, 0, 0), "scale": 0.01}, {"rotation_deg": (0, 0, 130), "location": (1, -2, 0.5)}]
)
def test_root_motion_on_the_object_looks_as_on_the_hips(kinds, kind, mode):
    rig = kinds(**kind)
    rig.rotation_mode = mode
    motion = walker(map_and_measure(rig)[1].skeleton)
    frames = (1, 11, 25, 40)
    bake(rig, motion)
    places, turns = seen(rig, frames)
    bake(rig, motion, way="object")
    on_object, turned = seen(rig, frames)
    assert np.abs(on_object - places).max() < 2e-4
    assert np.abs(turned - turns).max() < 2e-5
    moved = [rig.matrix_world.translation.copy() for frame in (1, 40) if bpy.context.scene.frame_set(frame) is None]
    assert (moved[1] - moved[0]).length > 0.5


def test_root_motion_on_an_object_with_a_parent(kinds):
    rig = kinds()
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location, parent.rotation_euler, parent.scale = (1, 2, 3), (0, 0, 1.0), (0.5, 0.5, 0.5)
    rig.parent = parent
    bpy.context.view_layer.update()
    motion = walker(map_and_measure(rig)[1].skeleton)
    bake(rig, motion)
    places, _ = seen(rig, (1, 30))
    bake(rig, motion, way="object")
    assert np.abs(seen(rig, (1, 30))[0] - places).max() < 2e-4


def test_an_object_that_moves_is_measured_where_it_stands(kinds):
    """At every frame, a further bake finds the same place; and the object goes home when it is no longer moved."""
    rig = kinds(location=(1.0, 2.0, 0.0))
    home = np.array(rig.matrix_world)
    motion = walker(map_and_measure(rig)[1].skeleton)
    bake(rig, motion)
    places, _ = seen(rig, (1, 30))
    for frame in (30, 12):
        bake(rig, motion, way="object")
        assert np.abs(seen(rig, (1, 30))[0] - places).max() < 2e-4
        bpy.context.scene.frame_set(frame)
        assert not np.allclose(rig.matrix_world, home, atol=0.01)
    bake(rig, motion)
    assert np.abs(seen(rig, (1, 30))[0] - places).max() < 2e-4
    assert np.allclose(rig.matrix_world, home, atol=1e-5)


def test_a_constraint_on_the_object_is_refused(kinds):
    rig = kinds()
    motion = walker(map_and_measure(rig)[1].skeleton)
    rig.constraints.new("LIMIT_LOCATION").name = "Rail"
    facts = scene_facts(rig)
    with pytest.raises(RigError, match="Rail"):
        bake(rig, motion, way="object")
    assert scene_facts(rig) == facts


@pytest.mark.parametrize("speed", [0.5, 1.5, 2.0])
def test_speed_changes_the_time_and_keeps_whole_frames(kinds, speed):
    rig = kinds()
    motion = walker(map_and_measure(rig)[1].skeleton)
    bpy.context.scene.render.fps = 24
    bake(rig, motion)
    places, _ = seen(rig, (1, 13, 25))
    result = bake(rig, motion, speed=speed)
    frames = [1 + round(offset / speed) for offset in (0, 12, 24)]
    assert np.abs(seen(rig, frames)[0] - places).max() < 1e-4
    assert result.last_frame - result.first_frame == int(48 / speed)
    assert result.frames_per_s == pytest.approx(24 / speed)
    keys = [point.co.x for point in action_curves(rig.animation_data.action, rig)[0].keyframe_points]
    assert keys == [1.0 + frame for frame in range(int(48 / speed) + 1)]


@pytest.mark.parametrize("factor", [0.7, 1.2])
def test_longer_steps_keep_planted_feet(kinds, factor):
    rig = kinds()
    mapping, measure = map_and_measure(rig)
    motion = walker(measure.skeleton)
    # Bent knees leave room for longer steps.
    sunk_m = motion.root_translation_m - (0.0, 0.08, 0.0)
    motion = replace(motion, root_translation_m=sunk_m)
    bpy.context.scene.render.fps = 60
    bake(rig, motion)
    places, _ = seen(rig, (1, FRAMES))
    result = bake(rig, motion, way_scale=factor)
    scaled, _ = seen(rig, (1, FRAMES))
    index = list(mapping.bones).index
    way, scaled_way = places[1] - places[0], scaled[1] - scaled[0]
    assert np.allclose(scaled_way[index("pelvis")][:2], factor * way[index("pelvis")][:2], atol=1e-3)
    for toe, frames in (("left_foot", range(12, 40)), ("right_foot", range(52, 80))):
        there = seen(rig, frames)[0][:, index(toe), :2]
        assert np.linalg.norm(there - there.mean(axis=0), axis=1).max() < 0.01
    assert result.no_pins == "scaled"
    assert not result.notes


def test_steps_that_the_legs_do_not_reach_are_told(kinds):
    rig = kinds()
    motion = walker(map_and_measure(rig)[1].skeleton)
    motion = replace(motion, root_translation_m=motion.root_translation_m - (0.0, 0.15, 0.0))
    assert not bake(rig, motion, foot_lock=1.0, way_scale=1.1).notes
    (note,) = bake(rig, motion, foot_lock=1.0, way_scale=4.0).notes
    assert "planted feet slide by" in note


@pytest.mark.parametrize("options", [{}, {"start_at": "cursor", "facing": "rig"}])
def test_two_characters_of_one_room_keep_their_distance(registered, kinds, options):
    first = kinds(location=(3.0, 1.0, 0.0), rotation_deg=(0, 0, 70))
    first.name = "First"
    second = kinds(location=(-4.0, 0.0, 0.0), rotation_deg=(0, 0, -20))
    second.name = "Second"
    bpy.context.scene.cursor.location = (1.0, 5.0, 0.5)
    a, b = (walker(map_and_measure(rig)[1].skeleton, seed) for rig, seed in ((first, 0), (second, 1)))
    keep_bake(first, a, **options)
    first.inpose_take.file = "first.npz"
    bake(second, b, start_at="character", start_with="First")
    pelvis = JOINT_INDEX["pelvis"]
    for frame, index in ((1, 0), (25, 60), (49, 120)):
        there = [seen(rig, [frame])[0][0] for rig in (first, second)]
        names = [list(map_and_measure(rig)[0].bones) for rig in (first, second)]
        apart = there[1][names[1].index("pelvis")] - there[0][names[0].index("pelvis")]
        true = b.joint_positions_m[index, pelvis] - a.joint_positions_m[index, pelvis]
        assert np.linalg.norm(apart) == pytest.approx(np.linalg.norm(true), abs=2e-3)
        assert apart[2] == pytest.approx(true[1], abs=1e-3)


@pytest.mark.parametrize("scales", [(1.0, 1.0), (1.2, 1.2), (2.0, 0.5)], ids=["alike", "larger", "giant and child"])
def test_hands_that_meet_half_way_meet_whatever_the_sizes(registered, kinds, scales):
    """Calibration scales each performer about the middle of their own floor, (2, 3) and (-1, 1)."""
    rigs, middles_m = (kinds(), kinds(rotation_deg=(0, 0, 50))), np.array(((2.0, 0.95, 3.0), (-1.0, 0.95, 1.0)))
    rigs[0].name, rigs[1].name = "First", "Second"
    meeting_m = middles_m.mean(axis=0)
    hands = []
    for rig, middle_m, scale in zip(rigs, middles_m, scales, strict=True):
        motion = still_motion(map_and_measure(rig)[1].skeleton, FRAMES, 60.0)
        around_m = np.stack((np.linspace(-0.5, 0.5, FRAMES), np.zeros(FRAMES), np.zeros(FRAMES)), axis=-1)
        motion = replace(motion, root_translation_m=middle_m + scale * around_m)
        keep_bake(rig, motion, scale=scale, start_at="character", start_with="First", facing="rig")
        rig.inpose_take.file, rig.inpose_take.scale = f"{rig.name}.npz", scale
        placement = placement_from_text(rig.inpose_take.placement)
        measure = map_and_measure(rig)[1]
        hand_m = placement.places(middle_m + scale * (meeting_m - middle_m))
        hands.append(measure.origin_world + measure.R_world_core @ hand_m)
    assert np.linalg.norm(hands[1] - hands[0]) < 1e-6
    index = list(map_and_measure(rigs[0])[0].bones).index("pelvis")
    apart = np.subtract(*(seen(rig, [25])[0][0][index] for rig in rigs))
    true_m = np.mean(scales) * np.linalg.norm(middles_m[1] - middles_m[0])
    assert np.linalg.norm(apart[:2]) == pytest.approx(true_m, abs=0.01)


def test_a_first_character_of_an_older_file_is_where_it_starts(registered, kinds):
    first, second = kinds(), kinds()
    first.name, second.name = "First", "Second"
    motion = walker(map_and_measure(first)[1].skeleton)
    keep_bake(first, motion)
    older = json.loads(first.inpose_take.placement)
    del older["middle_m"]
    first.inpose_take.file, first.inpose_take.placement = "first.npz", json.dumps(older)
    bake(second, motion, start_at="character")
    assert np.allclose(seen(second, [1])[0], seen(first, [1])[0], atol=1e-3)


def test_without_another_character_it_is_said(registered, kinds):
    rig = kinds()
    motion = walker(map_and_measure(rig)[1].skeleton)
    facts = scene_facts(rig)
    with pytest.raises(RigError, match="Nothing was baked"):
        bake(rig, motion, start_at="character")
    with pytest.raises(RigError, match="no other armature Nobody"):
        bake(rig, motion, start_at="character", start_with="Nobody")
    assert scene_facts(rig) == facts


def test_what_a_bake_says_of_pins():
    assert BakeOptions().no_pins == ""
    assert BakeOptions(way="object", speed=2.0).no_pins == ""
    assert BakeOptions(way="none").no_pins == "in_place"
    assert BakeOptions(layers=LayerOptions(layer="add")).no_pins == "part"
    assert BakeOptions(layers=LayerOptions(layer="replace", mask="legs")).no_pins == ""


def test_a_layer_that_does_not_place_the_body_has_fk_keys(kinds):
    part = LayerOptions(layer="replace", mask="arms")
    assert BakeOptions(controls="ik").control_mode == "ik"
    assert BakeOptions(controls="ik", layers=LayerOptions(layer="replace")).control_mode == "ik"
    rig = kinds()
    result = bake(rig, walker(map_and_measure(rig)[1].skeleton), controls="ik", layers=part)
    assert any("FK keys only" in note for note in result.notes)
