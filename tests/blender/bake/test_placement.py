# SPDX-License-Identifier: GPL-3.0-or-later
"""Start where the user wants it, look where the user wants it, and keep to the frames of the shot."""

from __future__ import annotations

from functools import partial

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure, still_motion

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import JOINT_INDEX, Motion, Skeleton
from inpose_blender.errors import RigError
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.rig.stick_figure import add_stick_figure
from inpose_blender.takes.take import SolvedTake


def walker(skeleton, frames=61):
    """Return somebody who starts 2 m to the left and 3 m ahead of the origin, faces left, and walks there."""
    still = still_motion(skeleton, frames, 60.0)
    wxyz = np.tile((np.cos(np.pi / 4), 0.0, np.sin(np.pi / 4), 0.0), (frames, 22, 1))  # +Z to +X: to the left
    way_m = np.linspace(0.0, 1.0, frames)[:, None] * (1.0, 0.0, 0.0)
    root_m = still.root_translation_m + np.array((2.0, 1.0, 3.0)) + way_m
    return Motion(wxyz, root_m, skeleton, 60.0)


def baked(rig, **options):
    scene = bpy.context.scene
    motion = walker(map_and_measure(rig)[1].skeleton)
    job = BakeJob(
        prepare_rig(rig, scene), scene, partial(SolvedTake, motion), BakeOptions(**options), "x", replace_own=True
    )
    return job.run()


def pelvis_and_way(rig, result):
    """Return where the hips are in the world at the start, and how far they go."""
    mapping, _ = map_and_measure(rig)
    places = []
    for frame in (result.first_frame, result.last_frame):
        bpy.context.scene.frame_set(frame)
        places.append(np.array(rig.matrix_world @ rig.pose.bones[mapping.bones["pelvis"]].head))
    return places[0], places[1] - places[0]


@pytest.fixture
def rig(rng):
    return build_rig(rng, rotation_deg=(0, 0, 90), location=(10.0, 20.0, 0.5))


def test_as_recorded_the_room_lies_at_the_rig(rig):
    _, measure = map_and_measure(rig)
    start, way = pelvis_and_way(rig, baked(rig))
    there = measure.origin_world + measure.R_world_core @ (2.0, 0.0, 3.0) / measure.metres_per_unit
    assert np.allclose(start[:2], there[:2], atol=1e-3)
    assert np.allclose(way, measure.R_world_core @ (1.0, 0.0, 0.0), atol=1e-3)


def test_at_the_rig_it_starts_at_the_rigs_origin_at_the_same_height(rig):
    as_recorded, _ = pelvis_and_way(rig, baked(rig))
    start, way = pelvis_and_way(rig, baked(rig, start_at="rig"))
    assert np.allclose(start[:2], (10.0, 20.0), atol=1e-3)
    assert start[2] == pytest.approx(as_recorded[2], abs=1e-4)
    assert np.allclose(way, map_and_measure(rig)[1].R_world_core @ (1.0, 0.0, 0.0), atol=1e-3)


def test_at_the_cursor_the_floor_is_at_the_cursor(rig):
    as_recorded, _ = pelvis_and_way(rig, baked(rig))
    bpy.context.scene.cursor.location = (-3.0, 4.0, 2.5)
    start, _ = pelvis_and_way(rig, baked(rig, start_at="cursor"))
    assert np.allclose(start[:2], (-3.0, 4.0), atol=1e-3)
    assert start[2] == pytest.approx(as_recorded[2] + 2.5 - map_and_measure(rig)[1].origin_world[2], abs=1e-4)


def test_the_check_of_the_character_knows_the_floor_at_the_cursor():
    figure = add_stick_figure(bpy.context.scene, Skeleton.template())
    bpy.context.scene.cursor.location = (0.0, 0.0, -4.0)
    assert "below_floor" not in {found.kind for found in baked(figure, start_at="cursor").character.problems}


@pytest.mark.parametrize("start_at", ["recorded", "rig", "cursor"])
def test_facing_the_rigs_front_it_walks_to_the_rigs_front(rig, start_at):
    _, way = pelvis_and_way(rig, baked(rig, start_at=start_at, facing="rig"))
    assert np.allclose(way, map_and_measure(rig)[1].R_world_core @ (0.0, 0.0, 1.0), atol=1e-3)


def test_facing_turns_about_the_start_and_not_about_the_room(rig):
    as_recorded, _ = pelvis_and_way(rig, baked(rig))
    turned, _ = pelvis_and_way(rig, baked(rig, facing="rig"))
    assert np.allclose(turned, as_recorded, atol=1e-3)


def test_a_body_that_lies_is_not_turned(rig):
    _, measure = map_and_measure(rig)
    still = still_motion(measure.skeleton, 2, 60.0)
    on_the_back = np.tile((np.cos(np.pi / 4), -np.sin(np.pi / 4), 0.0, 0.0), (2, 22, 1))  # the front looks up
    motion = Motion(on_the_back, still.root_translation_m, measure.skeleton, 60.0)
    from inpose_blender.bake.placement import motion_placement, placed  # noqa: PLC0415

    moved = placed(motion, motion_placement(motion, BakeOptions(facing="rig"), measure, (0, 0, 0)))
    assert np.allclose(moved.rotations_wxyz, motion.rotations_wxyz)
    assert len(motion.joint_positions_m[0]) == len(JOINT_INDEX)


def test_the_motion_begins_with_the_shot(rig):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1001, 1100
    result = baked(rig)
    first = min(
        point.co.x for curve in action_curves(rig.animation_data.action, rig) for point in curve.keyframe_points
    )
    assert first == result.first_frame == 1001
    assert (scene.frame_start, scene.frame_end) == (1001, 1100)


def test_it_may_begin_where_the_timeline_stands(rig):
    bpy.context.scene.frame_set(37)
    assert baked(rig, first_frame="current").first_frame == 37


@pytest.mark.parametrize(
    ("options", "frames"),
    [({}, (1001, 1010)), ({"extend_range": True}, (1001, 1025)), ({"set_frame_range": True}, (1001, 1025))],
)
def test_the_end_of_the_scene_moves_only_if_asked(rig, options, frames):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1001, 1010
    baked(rig, **options)
    assert (scene.frame_start, scene.frame_end) == frames


def test_a_longer_scene_is_never_cut_by_extending(rig):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 500
    baked(rig, extend_range=True)
    assert (scene.frame_start, scene.frame_end) == (1, 500)
    baked(rig, set_frame_range=True, first_frame=20)
    assert (scene.frame_start, scene.frame_end) == (20, 44)


def test_half_frames_are_no_first_frames():
    with pytest.raises(RigError, match="cannot be"):
        BakeOptions(first_frame=1.5)
    assert BakeOptions(first_frame=12.0).first_frame == 12
