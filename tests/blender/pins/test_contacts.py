# SPDX-License-Identifier: GPL-3.0-or-later
"""Feet stand on an object, hands lie on it, the body sits on it, and all follow it."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector

from inpose_blender.core import JOINT_INDEX, Motion, pelvis_above_seat_m
from inpose_blender.pins.collect import collected_pins, room_of
from inpose_blender.rig.prepare import prepare_rig

FRAME = 12


def measure_of(rig):
    return prepare_rig(rig, bpy.context.scene).measure


def joint(rig, name: str, frame: int = FRAME) -> Vector:
    """Return where a joint of the solved motion is in the world."""
    motion = Motion.load_npz(Path(rig.inpose_take.file))
    pose = round((frame - rig.inpose_take.first_frame) / bpy.context.scene.render.fps * 60)
    place_m = motion.joint_positions_m[pose, JOINT_INDEX[name]]
    return Vector(room_of(rig, measure_of(rig)).world_position(place_m).tolist())


def plate(at: Vector, size: float = 4.0, turned: tuple[float, float, float] = (0.0, 0.0, 0.0)):
    bpy.ops.mesh.primitive_plane_add(size=size, location=at, rotation=turned)
    thing = bpy.context.object
    thing.name = "Step"
    bpy.context.view_layer.update()
    return thing


def touch(rig, thing, contact: str):
    bpy.context.scene.inpose.armature = rig
    rig.inpose_pins.surface = thing
    bpy.context.scene.frame_set(FRAME)
    assert bpy.ops.inpose.add_contact(contact=contact) == {"FINISHED"}
    bpy.context.view_layer.update()
    return list(rig.inpose_pins.entries)


def asked(rig):
    return collected_pins(bpy.context, rig, measure_of(rig))


def ankle_above_sole(rig) -> float:
    skeleton = Motion.load_npz(Path(rig.inpose_take.file)).skeleton
    high_m = skeleton.sole_height_m - skeleton.offsets_m[JOINT_INDEX["left_foot"], 1]
    return high_m / measure_of(rig).metres_per_unit


def test_a_foot_stands_on_a_step_for_its_stance(solved) -> None:
    ankle = joint(solved, "left_ankle")
    step = plate(ankle - Vector((0, 0, 0.05)))
    (pin,) = touch(solved, step, "left_foot")
    place = pin.handle.matrix_world.translation
    assert place.z == pytest.approx(step.location.z + ankle_above_sole(solved), abs=1e-4)
    assert (place - ankle).xy.length < 1e-4
    assert (pin.joint, pin.first, pin.last, pin.use_rotation) == ("left_ankle", 7, 18, True)
    assert pin.handle.parent == step
    (wanted,) = asked(solved).pins
    assert len(wanted.keys) == 1, "a step that rests is one key"


def test_both_feet_stand_on_a_platform(solved) -> None:
    platform = plate(joint(solved, "left_ankle") - Vector((0, 0, 0.1)))
    left, right = touch(solved, platform, "both_feet")
    assert (left.joint, right.joint) == ("left_ankle", "right_ankle")
    assert (right.first, right.last) == (FRAME - 6, FRAME + 6), (
        "a foot that does not stand in the motion stands shortly"
    )
    heights = [pin.handle.matrix_world.translation.z for pin in (left, right)]
    assert heights[0] == pytest.approx(heights[1], abs=1e-4)


def test_a_foot_on_a_slope_is_tilted_as_the_slope(solved) -> None:
    slope = plate(joint(solved, "left_ankle") - Vector((0, 0, 0.1)), turned=(0.35, 0.1, 0.4))
    (pin,) = touch(solved, slope, "left_foot")
    normal = slope.matrix_world.to_3x3() @ Vector((0, 0, 1))
    sole = pin.handle.matrix_world.to_3x3() @ Vector((0, 0, 1))
    assert sole.angle(normal) < 1e-3
    away = (pin.handle.matrix_world.translation - slope.matrix_world.translation).dot(normal)
    assert away == pytest.approx(ankle_above_sole(solved), abs=1e-4)


def test_a_foot_follows_a_step_that_moves(solved) -> None:
    step = plate(joint(solved, "left_ankle") - Vector((0, 0, 0.1)))
    step.keyframe_insert("location", frame=FRAME)
    step.location.z += 0.5
    step.keyframe_insert("location", frame=FRAME + 6)
    (pin,) = touch(solved, step, "left_foot")
    (wanted,) = asked(solved).pins
    assert len(wanted.keys) == pin.last - pin.first + 1
    heights = [key.position_m[1] for key in wanted.keys]
    risen = 0.5 * measure_of(solved).metres_per_unit
    assert heights[-1] - heights[0] == pytest.approx(risen, abs=1e-4)
    assert bpy.context.scene.frame_current == FRAME


def test_a_modified_mesh_and_a_scaled_one_count_as_they_are(solved) -> None:
    ankle = joint(solved, "left_ankle")
    step = plate(ankle - Vector((0, 0, 0.4)), size=2.0)
    step.scale = (3.0, 1.0, 2.0)
    solid = step.modifiers.new("Solidify", "SOLIDIFY")
    solid.thickness, solid.offset = 0.15, 1.0
    bpy.context.view_layer.update()
    (pin,) = touch(solved, step, "left_foot")
    top = step.location.z + 2.0 * 0.15
    assert pin.handle.matrix_world.translation.z == pytest.approx(top + ankle_above_sole(solved), abs=1e-3)


def test_an_empty_is_a_plane(solved) -> None:
    floor = bpy.data.objects.new("floor", None)
    bpy.context.scene.collection.objects.link(floor)
    floor.location.z = joint(solved, "left_ankle").z - 0.2
    bpy.context.view_layer.update()
    (pin,) = touch(solved, floor, "left_foot")
    height = pin.handle.matrix_world.translation.z
    assert height == pytest.approx(floor.location.z + ankle_above_sole(solved), abs=1e-4)


def test_the_body_sits_on_a_chair(solved) -> None:
    pelvis = joint(solved, "pelvis")
    chair = plate(pelvis - Vector((0, 0, 0.25)), size=0.5)
    (pin,) = touch(solved, chair, "sit")
    assert (pin.handle.matrix_world.translation - (pelvis - Vector((0, 0, 0.25)))).length < 1e-4
    assert pin.kind == "sits"
    (seat,) = asked(solved).seats
    motion = Motion.load_npz(Path(solved.inpose_take.file))
    pose = round((FRAME - solved.inpose_take.first_frame) / bpy.context.scene.render.fps * 60)
    low_m = motion.root_translation_m[pose] - (0.0, 0.25 * measure_of(solved).metres_per_unit, 0.0)
    assert np.allclose(seat.keys[0].position_m, low_m, atol=1e-4)
    assert seat.start_s < FRAME / 24 < seat.stop_s
    assert pelvis_above_seat_m(motion.skeleton) > 0.05
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hand_lies_on_a_wall(solved, side) -> None:
    wrist = joint(solved, f"{side}_wrist")
    pelvis = joint(solved, "pelvis")
    outwards = (wrist - pelvis).x / abs((wrist - pelvis).x)
    wall = plate(wrist + Vector((0.2 * outwards, 0, 0)), turned=(0.0, np.pi / 2, 0.0))
    (pin,) = touch(solved, wall, f"{side}_hand")
    place = pin.handle.matrix_world.translation
    assert (place - wrist).yz.length < 1e-4
    assert 0.05 < abs(wall.location.x - place.x) < 0.2, "the palm lies on the wall, and the wrist is before it"
    assert abs(place.x - wrist.x) > 1e-3
    assert not pin.use_rotation
    assert pin.joint == f"{side}_wrist"


def test_what_is_far_away_is_no_contact(solved) -> None:
    bpy.context.scene.inpose.armature = solved
    solved.inpose_pins.surface = plate(joint(solved, "left_ankle") + Vector((0, 9.0, 0)))
    bpy.context.scene.frame_set(FRAME)
    for contact in ("left_foot", "both_feet", "sit", "left_hand"):
        with pytest.raises(RuntimeError, match="not near Step"):
            bpy.ops.inpose.add_contact(contact=contact)
    assert not len(solved.inpose_pins.entries)


def test_a_wall_is_nothing_to_stand_on(solved) -> None:
    ankle = joint(solved, "left_ankle")
    wall = plate(ankle + Vector((0.2, 0, 0)), size=0.5, turned=(0.0, np.pi / 2, 0.0))
    bpy.context.scene.inpose.armature, solved.inpose_pins.surface = solved, wall
    bpy.context.scene.frame_set(FRAME)
    with pytest.raises(RuntimeError, match="too steep"):
        bpy.ops.inpose.add_contact(contact="left_foot")


def test_an_object_without_faces_is_refused(solved) -> None:
    thing = bpy.data.objects.new("Nothing", bpy.data.meshes.new("Nothing"))
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.inpose.armature, solved.inpose_pins.surface = solved, thing
    bpy.context.scene.frame_set(FRAME)
    with pytest.raises(RuntimeError, match="no surface"):
        bpy.ops.inpose.add_contact(contact="sit")


def test_the_active_object_is_taken_if_none_is_chosen(solved) -> None:
    bpy.context.scene.inpose.armature = solved
    bpy.context.view_layer.objects.active = solved
    assert not bpy.ops.inpose.add_contact.poll()
    step = plate(joint(solved, "left_ankle") - Vector((0, 0, 0.1)))
    bpy.context.view_layer.objects.active = step
    bpy.context.scene.frame_set(FRAME)
    assert bpy.ops.inpose.add_contact(contact="left_foot") == {"FINISHED"}
    assert solved.inpose_pins.surface == step
