# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins, the clock and Solve again, where the bake changes the speed, the place or what carries the body."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import bake
from rigs import build_rig

from inpose_blender.core import JOINT_INDEX, Motion
from inpose_blender.pins.adding import posed_joint
from inpose_blender.pins.collect import collected_pins, room_of
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.viewing.clock import clock_of


@pytest.fixture
def rig(registered, rng, take, fake_worker):
    bpy.context.scene.inpose.recording = str(take)
    return build_rig(rng, arm_angle_deg=45.0, location=(1.0, -2.0, 0.0))


def solve(**options):
    for name, value in options.items():
        setattr(bpy.context.scene.inpose_bake, name, value)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}


@pytest.mark.parametrize(
    "options", [{"speed": 2.0}, {"speed": 0.5}, {"way": "object"}, {"way": "object", "speed": 2.0}]
)
def test_a_handle_is_at_its_joint_and_asks_for_what_is(rig, options) -> None:
    solve(**options)
    scene, take = bpy.context.scene, rig.inpose_take
    scene.frame_set(9)
    assert bpy.ops.inpose.add_pin(joint="left_ankle") == {"FINISHED"}
    pin = scene.inpose.armature.inpose_pins.entries[-1]
    mapping = prepare_rig(rig, scene).mapping
    bone = rig.pose.bones[mapping.bones["left_ankle"]]
    assert np.allclose(rig.matrix_world @ bone.head, pin.handle.matrix_world.translation, atol=3e-3)
    speed = options.get("speed", 1.0)
    at_s = (9 - take.first_frame) / scene.render.fps * speed
    scene.frame_set(2)  # wherever the playhead is: the room stays
    (wanted,) = collected_pins(bpy.context, rig, prepare_rig(rig, scene).measure).pins
    motion = Motion.load_npz(Path(take.file))
    joint_m = motion.joint_positions_m[round(at_s * motion.fps), JOINT_INDEX["left_ankle"]]
    assert wanted.start_s == pytest.approx(take.start_s + at_s)
    assert np.allclose(wanted.keys[0].position_m, joint_m, atol=1e-4)
    assert clock_of(bpy.context).time_of(9) == pytest.approx(take.start_s + at_s)
    assert clock_of(bpy.context).frame_of(take.start_s + at_s) == pytest.approx(9)
    before = room_of(rig, prepare_rig(rig, scene).measure).world_position(joint_m)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    after = room_of(rig, prepare_rig(rig, scene).measure).world_position(joint_m)
    assert np.allclose(before, after, atol=1e-4)
    assert rig.inpose_take.speed == pytest.approx(speed)


def test_a_pose_turns_with_the_object(rng) -> None:
    """Root motion may be on the hips or on the object: the pose that is seen is the same."""
    rig, scene, found = build_rig(rng, rotation_deg=(0, 0, 30)), bpy.context.scene, {}
    for way in ("hips", "object"):
        bake(rig, way=way)
        scene.frame_set(15)
        found[way] = (*posed_joint(rig, prepare_rig(rig, scene), "left_wrist"), rig.matrix_world.to_euler().z)
    assert abs(found["object"][2] - found["hips"][2]) > 0.4
    assert np.allclose(found["object"][0], found["hips"][0], atol=1e-4)
    assert abs(float(found["object"][1] @ found["hips"][1])) > 0.99999


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"way": "none"}, "on the spot"),
        ({"way_scale": 1.5}, "scaled"),
        ({"layer": "add"}, "does not place"),
        ({"layer": "replace", "mask": "arms"}, "does not place"),
    ],
)
def test_where_places_are_not_those_of_the_recording_pins_are_refused(rig, options, said) -> None:
    solve(**options)
    bpy.context.scene.frame_set(9)
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.inpose.add_pin(joint="left_ankle")
    assert not len(rig.inpose_pins.entries)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}


def test_a_layer_of_the_whole_body_takes_pins(rig) -> None:
    solve(layer="replace")
    bpy.context.scene.frame_set(9)
    assert bpy.ops.inpose.add_pin(joint="left_ankle") == {"FINISHED"}
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert [track.name for track in rig.animation_data.nla_tracks] == [rig.inpose_take.label]
