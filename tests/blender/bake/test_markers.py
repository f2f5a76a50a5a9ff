# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the timeline markers of a bake: where they are, and that a new bake replaces only InPose's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import limber_motion
from rigs import build_rig

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.markers import replace_markers, wanted_markers
from inpose_blender.bake.options import BakeOptions
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

STANCE = (10, 40)


def bake(rig: Any, **options: Any) -> list[tuple[str, int]]:
    """Bake a motion whose left foot stands for a time, and return the markers of the scene."""
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    motion = limber_motion(prepared.measure.skeleton)
    stands = np.zeros((len(motion), 2), np.bool_)
    stands[slice(*STANCE), 0] = True
    stands[:5, 1] = stands[50:, 1] = True
    take = SolvedTake(replace(motion, foot_stands=stands))
    BakeJob(prepared, scene, lambda: take, BakeOptions(**options), "jump", replace_own=True).run()
    return sorted(((marker.name, marker.frame) for marker in scene.timeline_markers), key=lambda each: each[1])


@pytest.fixture
def rig(rng) -> Any:
    bpy.context.scene.render.fps = 24
    return build_rig(rng)


def test_there_are_none_unless_they_are_wanted(rig):
    assert bake(rig) == []


def test_feet_that_land_and_leave_and_the_take_are_marked(rig):
    assert bake(rig, markers=True, first_frame=101) == [
        ("jump begins", 101),
        ("Right foot leaves", 105),
        ("Left foot lands", 111),
        ("Left foot leaves", 140),
        ("Right foot lands", 151),
        ("jump ends", 160),
    ]


def test_speed_and_frame_rate_count(rig):
    bpy.context.scene.render.fps = 48
    found = dict(bake(rig, markers=True, speed=0.5))
    assert found["Left foot lands"] == 1 + 4 * STANCE[0]
    assert found["jump ends"] == 1 + 4 * 59


def test_a_new_bake_replaces_only_its_own_markers(rig):
    markers = bpy.context.scene.timeline_markers
    markers.new("Left foot lands", frame=3)
    before = bake(rig, markers=True)
    moved = next(marker for marker in markers if marker.name == "jump ends")
    moved.frame = 77
    next(marker for marker in markers if marker.name == "Right foot lands").name = "kick"
    after = bake(rig, markers=True, first_frame=2)
    assert [each for each in after if each[0] == "Left foot lands"] == [("Left foot lands", 3), ("Left foot lands", 12)]
    assert [each for each in after if each[0] in {"jump ends", "kick"}] == [
        ("kick", 51),
        ("jump ends", 61),
        ("jump ends", 77),
    ]
    assert len(after) == len(before) + 2
    assert bake(rig) == [("Left foot lands", 3), ("kick", 51), ("jump ends", 77)]
    assert "inpose_markers" not in rig


def test_markers_of_a_long_name_are_replaced_too(rig):
    take = "2024-05-12_Session03_Performer-Anna_Walk-and-sit_take_0012_final"
    scene = bpy.context.scene
    for _ in range(3):
        replace_markers(scene, rig, [(f"{take} begins", 1), (f"{take} ends", 60)], take)
        assert [marker.frame for marker in scene.timeline_markers] == [1, 60]
    replace_markers(scene, rig, [])
    assert not scene.timeline_markers


def test_the_markers_of_two_characters_are_told_apart(rig, rng):
    bake(rig, markers=True)
    other = build_rig(rng)
    other.name = "Alex"
    found = bake(other, markers=True)
    assert ("jump begins", 1) in found
    assert ("Alex: jump begins", 1) in found
    assert not [name for name, _ in bake(other) if name.startswith("Alex")]


def test_a_duplicated_character_leaves_the_markers_of_the_first(rig):
    first = bake(rig, markers=True)
    copy = rig.copy()  # as Shift-D
    copy.data = rig.data.copy()
    copy.animation_data_clear()
    bpy.context.scene.collection.objects.link(copy)
    both = bake(copy, markers=True, first_frame=201)
    assert set(first) < set(both)
    assert {name for name, frame in both if frame > 200} == {f"{copy.name}: {name}" for name, _ in first}
    rig.name = "Hero"
    again = bake(rig, markers=True, first_frame=401)
    assert {frame for _, frame in again if frame <= 200} == set()
    assert len(again) == len(both)


def test_markers_that_somebody_else_has_remembered_are_left_alone(rig):
    scene = bpy.context.scene
    scene.timeline_markers.new("mine", frame=1)
    for nonsense in ("{", '{"mine": 1}', "[1]", 3):
        rig["inpose_markers"] = nonsense
        replace_markers(scene, rig, [])
        assert [marker.name for marker in scene.timeline_markers] == ["mine"]


def test_a_motion_without_stances_has_markers_of_the_take(rig):
    motion = limber_motion(prepare_rig(rig, bpy.context.scene).measure.skeleton)
    assert wanted_markers(motion, "a", 1, 24.0) == [("a begins", 1), ("a ends", 60)]
