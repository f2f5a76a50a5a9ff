# SPDX-License-Identifier: GPL-3.0-or-later
"""Pin as an animator does: go to a frame, move a handle, solve again."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Quaternion, Vector

from inpose_blender.core import JOINT_INDEX, Motion, PinSet
from inpose_blender.pins.collect import collected_pins, room_of
from inpose_blender.pins.handles import HANDLES
from inpose_blender.pins.panel import other_foot, pin_frames, pin_title
from inpose_blender.rig.prepare import prepare_rig


def status():
    return bpy.context.window_manager.inpose_status


def asked(rig) -> PinSet:
    return collected_pins(bpy.context, rig, prepare_rig(rig, bpy.context.scene).measure)


def add(joint: str, frame: int):
    bpy.context.scene.frame_set(frame)
    assert bpy.ops.inpose.add_pin(joint=joint) == {"FINISHED"}
    return bpy.context.scene.inpose.armature.inpose_pins.entries[-1]


def test_the_handle_is_where_the_joint_is(solved) -> None:
    pin = add("right_ankle", 21)
    measure = prepare_rig(solved, bpy.context.scene).measure
    motion = Motion.load_npz(Path(solved.inpose_take.file))
    frame = round((21 - solved.inpose_take.first_frame) / bpy.context.scene.render.fps * 60)
    there = room_of(solved, measure).world_position(motion.joint_positions_m[frame, JOINT_INDEX["right_ankle"]])
    assert np.allclose(pin.handle.matrix_world.translation, there, atol=1e-5)
    # The bone of the character is there, too.
    bone = solved.pose.bones[prepare_rig(solved, bpy.context.scene).mapping.bones["right_ankle"]]
    assert np.allclose(solved.matrix_world @ bone.head, pin.handle.matrix_world.translation, atol=2e-3)
    assert bpy.context.view_layer.objects.active == pin.handle
    assert (pin.first, pin.last, pin.use_position, pin.use_rotation) == (21, 21, True, False)


@pytest.mark.parametrize("start_at", ["recorded", "rig", "cursor"])
def test_a_handle_that_was_not_moved_asks_for_what_is(solved, start_at) -> None:
    choices, scene = bpy.context.scene.inpose_bake, bpy.context.scene
    solved.location, solved.rotation_euler = (1.0, -2.0, 0.3), (0.0, 0.0, 0.7)
    scene.cursor.location = (3.0, 1.0, 0.5)
    choices.start_at, choices.facing = start_at, "rig"
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    pin = add("right_knee", 15)
    pin.use_rotation = True
    (wanted,) = asked(solved).pins
    motion = Motion.load_npz(Path(solved.inpose_take.file))
    frame = round((15 - solved.inpose_take.first_frame) / scene.render.fps * 60)
    assert np.allclose(wanted.keys[0].position_m, motion.joint_positions_m[frame, JOINT_INDEX["right_knee"]], atol=1e-5)
    turned = np.abs(np.dot(wanted.keys[0].rotation_wxyz, motion.rotations_wxyz[frame, JOINT_INDEX["right_knee"]]))
    assert turned == pytest.approx(1.0, abs=1e-5)
    assert wanted.start_s == pytest.approx((15 - solved.inpose_take.first_frame) / scene.render.fps)


def test_a_moved_handle_moves_the_pin_in_the_recorded_room(solved) -> None:
    pin = add("pelvis", 10)
    before = np.array(asked(solved).pins[0].keys[0].position_m)
    pin.handle.location.z += 0.25
    bpy.context.view_layer.update()
    moved = np.array(asked(solved).pins[0].keys[0].position_m) - before
    assert np.allclose(moved, (0.0, 0.25, 0.0), atol=1e-5)


def test_an_animated_handle_is_looked_at_in_every_frame(solved) -> None:
    pin = add("left_wrist", 5)
    pin.last = 9
    pin.handle.keyframe_insert("location", frame=5)
    pin.handle.location.x += 0.4
    pin.handle.keyframe_insert("location", frame=9)
    bpy.context.scene.frame_set(7)
    (wanted,) = asked(solved).pins
    assert len(wanted.keys) == 5
    x_m = [key.position_m for key in wanted.keys]
    assert np.linalg.norm(np.subtract(x_m[-1], x_m[0])) == pytest.approx(0.4, abs=1e-4)
    assert bpy.context.scene.frame_current == 7


def test_a_handle_on_a_moving_object_follows_it(solved) -> None:
    pin = add("right_wrist", 5)
    pin.last = 6
    cart = bpy.data.objects.new("cart", None)
    bpy.context.scene.collection.objects.link(cart)
    cart.keyframe_insert("location", frame=5)
    cart.location.y = 1.0
    cart.keyframe_insert("location", frame=6)
    pin.handle.parent = cart
    first, last = asked(solved).pins[0].keys
    assert np.linalg.norm(np.subtract(first.position_m, last.position_m)) == pytest.approx(1.0, abs=1e-4)


def test_solve_again_bakes_the_pinned_motion_and_keeps_the_first(solved, requests) -> None:
    first_file = solved.inpose_take.file
    add("left_ankle", 21)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    method, params = requests[-1]
    assert method == "solve_again"
    assert params["motion"] == first_file
    assert [pin["joint"] for pin in params["pins"]["pins"]] == ["left_ankle"]
    assert solved.inpose_take.file != first_file
    assert Path(first_file).exists()
    assert solved.inpose_take.unpinned == first_file
    pelvis = solved.pose.bones[prepare_rig(solved, bpy.context.scene).mapping.bones["pelvis"]]
    bpy.context.scene.frame_set(21)
    high = (solved.matrix_world @ pelvis.head).z
    bpy.context.scene.frame_set(1)
    assert high - (solved.matrix_world @ pelvis.head).z == pytest.approx(0.1, abs=0.02)  # what the stand-in does
    # The next time, everything starts from the motion without pins again.
    assert bpy.ops.inpose.solve_again(another=True) == {"FINISHED"}
    assert requests[-1][1]["motion"] == first_file
    assert requests[-1][1]["solve"]["seed"] == 1


def test_after_a_new_solve_pins_start_from_its_motion(solved, requests) -> None:
    add("left_ankle", 21)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    bpy.context.scene.inpose.seed = 7
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    new_file = solved.inpose_take.file
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert requests[-1][1]["motion"] == new_file


def test_what_cannot_be_met_is_told(solved, fake_worker) -> None:
    fake_worker("stands missed")
    add("left_ankle", 21)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert "Missed." in status().notes


def test_a_muted_pin_asks_for_nothing(solved) -> None:
    add("left_ankle", 21).muted = True
    assert asked(solved) == PinSet()


def test_a_pin_whose_handle_was_deleted_is_told(solved) -> None:
    bpy.data.objects.remove(add("left_ankle", 21).handle)
    with pytest.raises(RuntimeError, match="handle"):
        bpy.ops.inpose.solve_again()


def test_a_removed_pin_takes_its_handle_with_it(solved) -> None:
    handle = add("left_ankle", 21).handle.name
    other = add("pelvis", 10).handle.name
    solved.inpose_pins.chosen = 0
    assert bpy.ops.inpose.remove_pin() == {"FINISHED"}
    assert handle not in bpy.data.objects
    assert other in bpy.data.objects
    assert bpy.ops.inpose.remove_pin() == {"FINISHED"}
    assert HANDLES not in bpy.data.collections
    assert not bpy.ops.inpose.remove_pin.poll()


def test_a_second_pin_of_a_joint_at_a_frame_replaces_the_first(solved) -> None:
    add("left_ankle", 21)
    add("left_ankle", 21)
    assert len(solved.inpose_pins.entries) == 1
    assert len(bpy.data.collections[HANDLES].objects) == 1


def test_a_pose_is_pinned_as_it_was_posed(solved) -> None:
    scene = bpy.context.scene
    scene.frame_set(12)
    mapping = prepare_rig(solved, scene).mapping
    bpy.context.view_layer.objects.active = solved
    bpy.ops.object.mode_set(mode="POSE")
    knee = solved.pose.bones[mapping.bones["left_knee"]]
    for bone in solved.pose.bones:
        (bone if hasattr(bone, "select") else bone.bone).select = bone == knee
    hip = solved.pose.bones[mapping.bones["left_hip"]]
    hip.rotation_mode = "QUATERNION"
    hip.rotation_quaternion = hip.rotation_quaternion @ Quaternion((1.0, 0.0, 0.0), 0.6)
    bpy.context.view_layer.update()
    posed = solved.matrix_world @ knee.head
    assert bpy.ops.inpose.pin_pose() == {"FINISHED"}
    pin = solved.inpose_pins.entries[-1]
    assert pin.joint == "left_knee"
    assert (pin.handle.matrix_world.translation - Vector(posed)).length < 1e-4
    assert pin.use_rotation
    assert bpy.context.mode == "POSE"


def test_an_unposed_pose_asks_for_the_solved_rotation(solved) -> None:
    scene = bpy.context.scene
    scene.frame_set(12)
    mapping = prepare_rig(solved, scene).mapping
    bpy.context.view_layer.objects.active = solved
    bpy.ops.object.mode_set(mode="POSE")
    shin = mapping.bones["right_knee"]
    for bone in solved.pose.bones:
        (bone if hasattr(bone, "select") else bone.bone).select = bone.name == shin
    assert bpy.ops.inpose.pin_pose() == {"FINISHED"}
    (wanted,) = asked(solved).pins
    motion = Motion.load_npz(Path(solved.inpose_take.file))
    frame = round((12 - solved.inpose_take.first_frame) / scene.render.fps * 60)
    same = np.abs(np.dot(wanted.keys[0].rotation_wxyz, motion.rotations_wxyz[frame, JOINT_INDEX["right_knee"]]))
    assert same == pytest.approx(1.0, abs=1e-4)


def test_the_pin_of_a_standing_foot_is_held_while_it_stands(solved) -> None:
    pin = add("left_ankle", 12)
    assert pin.while_standing
    assert pin_frames(pin) == "12, stands"
    (wanted,) = asked(solved).pins
    assert (wanted.while_standing, wanted.start_s, wanted.stop_s) == (True, wanted.start_s, wanted.start_s)
    pin.while_standing = False
    assert not asked(solved).pins[0].while_standing
    assert pin_frames(pin) == "12"
    assert not add("left_ankle", 2).while_standing, "it does not stand there"
    assert not add("right_ankle", 12).while_standing
    assert not add("left_knee", 12).while_standing


def test_a_held_handle_that_moves_is_looked_at_while_the_foot_stands(solved) -> None:
    pin = add("left_ankle", 12)
    pin.handle.keyframe_insert("location", frame=5)
    pin.handle.location.x += 0.4
    pin.handle.keyframe_insert("location", frame=20)
    (wanted,) = asked(solved).pins
    assert not wanted.while_standing
    assert len(wanted.keys) == 12
    first = solved.inpose_take.first_frame
    assert (wanted.stop_s - wanted.start_s) * 24 == pytest.approx(11)
    assert wanted.start_s * 24 + first == pytest.approx(7)


def test_a_handle_on_an_object_that_rests_is_one_key(solved) -> None:
    pin = add("right_wrist", 5)
    pin.last = 9
    table = bpy.data.objects.new("table", None)
    bpy.context.scene.collection.objects.link(table)
    pin.handle.parent = table
    assert len(asked(solved).pins[0].keys) == 1
    table.keyframe_insert("location", frame=1)  # keys, but the same place in all frames
    assert len(asked(solved).pins[0].keys) == 1


def test_a_frame_outside_of_the_motion_cannot_be_pinned(solved) -> None:
    bpy.context.scene.frame_set(900)
    with pytest.raises(RuntimeError, match="outside"):
        bpy.ops.inpose.add_pin(joint="pelvis")


def test_on_the_spot_nothing_can_be_pinned(solved) -> None:
    bpy.context.scene.inpose_bake.way = "none"
    with pytest.raises(RuntimeError, match="on the spot"):
        bpy.ops.inpose.add_pin(joint="pelvis")


def test_pins_are_saved_with_the_file(solved, tmp_path) -> None:
    pin = add("left_ankle", 21)
    pin.last, pin.soft = 30, True
    place = pin.handle.matrix_world.translation.copy()
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    name = solved.name
    bpy.ops.wm.open_mainfile(filepath=path)
    (again,) = bpy.data.objects[name].inpose_pins.entries
    assert (again.joint, again.first, again.last, again.soft) == ("left_ankle", 21, 30, True)
    assert (again.handle.matrix_world.translation - place).length < 1e-6


def test_a_foot_can_be_told_to_stand(solved) -> None:
    bpy.context.scene.frame_set(10)
    assert bpy.ops.inpose.add_stance(joint="left_ankle", kind="stands") == {"FINISHED"}
    assert bpy.ops.inpose.add_stance(joint="right_ankle", kind="lifts") == {"FINISHED"}
    left, right = solved.inpose_pins.entries
    assert (left.first, left.last, left.handle) == (10, 10 + bpy.context.scene.render.fps // 2, None)
    stances = asked(solved).stances
    assert [(stance.foot, stance.stands) for stance in stances] == [("left", True), ("right", False)]
    assert stances[0].start_s == pytest.approx(
        (10 - 0.49 - solved.inpose_take.first_frame) / bpy.context.scene.render.fps
    )
    assert [pin_title(pin)[0] for pin in (left, right)] == ["left foot stands", "right foot does not stand"]
    assert bpy.ops.inpose.select_pin() == {"FINISHED"}
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}


def test_the_panel_offers_to_pin_the_other_foot(solved) -> None:
    pins = solved.inpose_pins
    pin = add("right_ankle", 10)
    assert other_foot(pins, pin, 10) == "left_ankle"
    assert other_foot(pins, pin, 11) is None  # its handle would be at another frame
    hand = add("left_wrist", 10)
    assert other_foot(pins, hand, 10) is None
    left = add("left_foot", 14)
    assert other_foot(pins, pin, 10) == "left_ankle"
    left.first = 8
    assert other_foot(pins, pin, 10) is None
