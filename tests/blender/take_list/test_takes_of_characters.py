# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of several characters and scenes: names, motions and handles."""

from __future__ import annotations

import bpy
import pytest
from rigs import build_rig
from take_list.test_take_list import names, solved_of, states, takes

from inpose_blender.bake.takes_of_actions import take_of
from inpose_blender.takes.adoption import adopt
from inpose_blender.takes.arrival import arrive
from inpose_blender.takes.listed import data_of


@pytest.mark.parametrize("solve", ["solve_full_body", "solve_takes"])
def test_a_take_that_gets_a_character_gets_a_free_name(rig, tmp_path, solve):
    scene, files = bpy.context.scene, [tmp_path / day / "walk.bsor" for day in ("monday", "tuesday")]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(b"data")
    arrive(scene, files[0], character=rig)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    entry = arrive(scene, files[1])
    entry.name = "walk"  # as in a file that was saved before
    assert getattr(bpy.ops.inpose, solve)() == {"FINISHED"}
    assert names() == ["walk", "walk (2)"]
    assert solved_of(1).label == "walk (2)"
    assert take_of(bpy.data.actions["walk"]) == "walk"
    assert states() == ["baked", "baked" if solve == "solve_full_body" else "solved"]


@pytest.mark.parametrize("deleted", [False, True])
def test_a_solved_take_goes_to_another_character_with_its_pins(solved, rng, deleted):
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    handle, file = solved.inpose_pins.entries[0].handle, solved.inpose_take.file
    if deleted:  # and replaced by a newer version of the rig
        bpy.data.scenes[0].collection.objects.unlink(solved)
    other = build_rig(rng, arm_angle_deg=45.0, location=(2, 0, 0))
    entry = takes().entries[2]
    entry.character = other
    adopt(bpy.context.scene)
    assert names() == ["fight_001", "fight_002", "fight_003"]
    assert (states()[2], other.inpose_take.file, solved.inpose_take.file) == ("solved", file, "")
    assert [pin.handle for pin in other.inpose_pins.entries] == [handle]
    assert (handle.inpose_room_of, handle.hide_viewport, len(solved.inpose_pins.entries)) == (other, False, 0)
    takes().chosen = 0
    entry = takes().entries[2]
    entry.character = solved  # a take that is not shown goes, too
    assert (states()[2], data_of(entry).solved.file) == ("solved", file)


def test_handles_are_deleted_wherever_they_are_but_not_those_of_the_user(solved):
    own = bpy.data.objects.new("Door handle", None)
    for joint in ("left_wrist", "right_wrist"):
        assert bpy.ops.inpose.add_pin(joint=joint) == {"FINISHED"}
    for thing in (own, solved.inpose_pins.entries[0].handle):
        bpy.context.scene.collection.objects.link(thing)
    moved, collection = solved.inpose_pins.entries[0].handle.name, bpy.data.collections["InPose pins"]
    collection.objects.unlink(bpy.data.objects[moved])
    collection.objects.unlink(solved.inpose_pins.entries[1].handle)
    solved.inpose_pins.entries[1].handle = own
    assert bpy.ops.inpose.delete_take() == {"FINISHED"}
    assert moved not in bpy.data.objects
    assert "Door handle" in bpy.data.objects


def test_a_duplicated_character_gets_its_own_take(solved):
    takes().chosen = 0
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    twin = solved.copy()
    bpy.context.collection.objects.link(twin)
    adopt(bpy.context.scene)
    (own,) = [entry for entry in takes().entries if entry.character == twin]
    assert own.name == "fight_001"
    assert twin.inpose_take.take_id == own.take_id != solved.inpose_take.take_id
    assert twin.inpose_pins.entries[0].handle != solved.inpose_pins.entries[0].handle
    takes().chosen = 3
    assert bpy.context.scene.inpose.armature == twin
    assert bpy.ops.inpose.delete_take() == {"FINISHED"}
    takes().chosen = 0
    assert solved.inpose_pins.entries[0].handle is not None


def test_takes_of_one_character_in_two_scenes_have_different_names(rig, tmp_path):
    scene, second = bpy.context.scene, bpy.data.scenes.new("Shot 2")
    second.collection.objects.link(rig)
    for each, day in ((scene, "monday"), (second, "tuesday")):
        file = tmp_path / day / "walk.bsor"
        file.parent.mkdir()
        file.write_bytes(b"data")
        arrive(each, file, character=rig)
    assert [each.inpose_takes.entries[0].name for each in (scene, second)] == ["walk", "walk (2)"]


def test_handles_that_are_duplicated_with_their_character_are_its_own(solved):
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    handle = solved.inpose_pins.entries[0].handle
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.duplicate()
    adopt(bpy.context.scene)
    copy = next(thing for thing in bpy.context.scene.objects if thing.type == "ARMATURE" and thing != solved)
    own = copy.inpose_pins.entries[0].handle
    assert {thing for thing in bpy.data.objects if thing.type == "EMPTY"} == {handle, own}
    assert (handle.inpose_room_of, own.inpose_room_of, own.select_get()) == (solved, copy, True)


def test_the_same_recording_for_two_characters(rig, rng, take):
    scene = bpy.context.scene
    scene.inpose.recording = str(take)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    other = build_rig(rng, location=(2, 0, 0))
    scene.inpose.armature = other
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert [(entry.name, entry.character) for entry in takes().entries] == [("take one", rig), ("take one", other)]
    assert states() == ["baked", "baked"]
