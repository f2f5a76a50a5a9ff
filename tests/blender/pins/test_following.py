# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins and handles go where a bake puts the character: to other frames, and to another place."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Quaternion

from inpose_blender.bake.room_change import RoomChange
from inpose_blender.bake.room_objects import move_room_objects
from inpose_blender.pins.collect import collected_pins
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.clock import RecordingClock


def asked(rig):
    return collected_pins(bpy.context, rig, prepare_rig(rig, bpy.context.scene).measure)


def add(joint: str, frame: int):
    bpy.context.scene.frame_set(frame)
    assert bpy.ops.inpose.add_pin(joint=joint) == {"FINISHED"}
    return bpy.context.scene.inpose.armature.inpose_pins.entries[-1]


def bone_head(rig, joint: str):
    bpy.context.view_layer.update()
    return rig.matrix_world @ rig.pose.bones[prepare_rig(rig, bpy.context.scene).mapping.bones[joint]].head


def same(a, b) -> None:
    assert [(pin.joint, pin.start_s, pin.stop_s) for pin in a.pins] == [
        (pin.joint, pytest.approx(pin.start_s), pytest.approx(pin.stop_s)) for pin in b.pins
    ]
    for one, other in zip(a.pins, b.pins, strict=True):
        assert len(one.keys) == len(other.keys)
        for key, wanted in zip(one.keys, other.keys, strict=True):
            assert np.allclose(key.position_m, wanted.position_m, atol=1e-4)
            assert abs(np.dot(key.rotation_wxyz, wanted.rotation_wxyz)) == pytest.approx(1.0, abs=1e-5)


def bake_elsewhere() -> None:
    choices, scene = bpy.context.scene.inpose_bake, bpy.context.scene
    scene.frame_start = 101
    scene.cursor.location = (3.0, 1.0, 0.5)
    choices.start_at, choices.facing = "cursor", "rig"
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def test_a_pin_follows_a_bake_to_other_frames_and_another_place(solved) -> None:
    pin = add("right_knee", 15)
    pin.use_rotation = True
    pin.handle.location.x += 0.1
    bpy.context.view_layer.update()
    away = pin.handle.matrix_world.translation - bone_head(solved, "right_knee")
    before, first = asked(solved), solved.inpose_take.first_frame
    bake_elsewhere()
    bpy.context.view_layer.update()
    moved = solved.inpose_take.first_frame - first
    assert moved != 0
    assert (pin.first, pin.last) == (15 + moved, 15 + moved)
    same(asked(solved), before)
    bpy.context.scene.frame_set(pin.first)
    now = pin.handle.matrix_world.translation - bone_head(solved, "right_knee")
    assert now.length == pytest.approx(away.length, abs=2e-3)


def test_an_animated_handle_follows_with_its_keys(solved) -> None:
    pin = add("right_wrist", 5)
    pin.last, pin.use_rotation = 9, True
    for frame, x, turn in ((5, 0.0, 0.0), (9, 0.4, 0.8)):
        pin.handle.location.x += x
        pin.handle.rotation_quaternion = Quaternion((0.0, 0.0, 1.0), turn) @ pin.handle.rotation_quaternion
        pin.handle.keyframe_insert("location", frame=frame)
        pin.handle.keyframe_insert("rotation_quaternion", frame=frame)
    before = asked(solved)
    assert len(before.pins[0].keys) == 5
    bake_elsewhere()
    same(asked(solved), before)


def test_a_handle_on_an_object_stays_with_it(solved) -> None:
    pin = add("right_wrist", 5)
    door = bpy.data.objects.new("door", None)
    bpy.context.scene.collection.objects.link(door)
    pin.handle.parent = door
    bpy.context.view_layer.update()
    place = pin.handle.matrix_world.translation.copy()
    bake_elsewhere()
    bpy.context.view_layer.update()
    assert (pin.handle.matrix_world.translation - place).length < 1e-6


def test_the_same_bake_moves_nothing(solved) -> None:
    pin = add("pelvis", 10)
    pin.handle.location.z += 0.1
    place = pin.handle.location.copy()
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert pin.handle.location == place
    assert pin.first == 10


def test_another_frame_rate_keeps_the_time_of_a_pin(solved) -> None:
    pin = add("pelvis", 13)
    (before,) = asked(solved).pins
    bpy.context.scene.render.fps = 48
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    (after,) = asked(solved).pins
    assert after.start_s == pytest.approx(before.start_s, abs=1e-5)
    assert pin.first == 25


def test_a_slower_bake_keeps_pins_and_keyed_handles_in_the_motion(solved) -> None:
    pin = add("right_wrist", 5)
    pin.last, pin.use_rotation = 9, True
    for frame, x in ((5, 0.0), (9, 0.4)):
        pin.handle.location.x += x
        pin.handle.keyframe_insert("location", frame=frame)
    (before,) = asked(solved).pins
    bpy.context.scene.inpose_bake.speed = 0.5
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    (after,) = asked(solved).pins
    assert (after.start_s, after.stop_s) == (pytest.approx(before.start_s), pytest.approx(before.stop_s))
    assert (pin.first, pin.last) == (9, 17)
    assert np.allclose(after.keys[-1].position_m, before.keys[-1].position_m, atol=1e-4)
    assert np.allclose(after.keys[4].position_m, before.keys[2].position_m, atol=1e-4)


def test_keys_that_others_use_and_objects_of_others_stay(solved) -> None:
    pin = add("pelvis", 10)
    pin.handle.keyframe_insert("location", frame=10)
    other = bpy.data.objects.new("other", None)
    bpy.context.scene.collection.objects.link(other)
    other.animation_data_create().action = pin.handle.animation_data.action
    place, free = pin.handle.location.copy(), add("head", 5).handle
    bpy.context.view_layer.update()  # before 4.4, the action moves every object that has it
    there, elsewhere = free.location.copy(), other.location.copy()
    change = RoomChange(np.array(Matrix.Translation((1.0, 0.0, 0.0))), np.eye(4))
    move_room_objects(solved, lambda _: change, RecordingClock(1, 0.0, 24.0), RecordingClock(4, 0.0, 24.0))
    assert pin.handle.location == place
    assert free.location.x == pytest.approx(there.x + 1.0)
    assert other.location == elsewhere
