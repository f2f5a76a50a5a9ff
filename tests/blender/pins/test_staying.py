# SPDX-License-Identifier: GPL-3.0-or-later
"""A character stays where its solve has put it, in time and space, while an animator corrects its motion."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from inpose_blender.bpy_compat import action_curves
from inpose_blender.pins.collect import collected_pins
from inpose_blender.rig.prepare import prepare_rig

LATER = 20
"""A frame that the pin of the first frame does not reach."""


def add(joint: str, frame: int):
    bpy.context.scene.frame_set(frame)
    assert bpy.ops.inpose.add_pin(joint=joint) == {"FINISHED"}
    return bpy.context.scene.inpose.armature.inpose_pins.entries[-1]


def bake() -> None:
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def solve_again() -> None:
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}


def pelvis(rig, frame: int) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    bone = rig.pose.bones[prepare_rig(rig, bpy.context.scene).mapping.bones["pelvis"]]
    return np.array(rig.matrix_world @ bone.head)


def asked_pin(rig):
    (pin,) = collected_pins(bpy.context, rig, prepare_rig(rig, bpy.context.scene).measure).pins
    return pin


@pytest.mark.parametrize(("start_at", "mirror"), [("cursor", "none"), ("rig", "none"), ("recorded", "heading")])
def test_a_pin_of_the_first_frame_does_not_move_the_character(solved, fake_worker, start_at, mirror) -> None:
    fake_worker("stands sidesteps")
    bpy.context.scene.cursor.location = (1.0, 2.0, 0.0)
    bpy.context.scene.inpose_bake.start_at = start_at
    solved.inpose_edits.mirror = mirror
    bake()
    start, later = pelvis(solved, 1), pelvis(solved, LATER)
    pin = add("left_wrist", 1)
    pin.ease = 2
    place = pin.handle.location.copy()
    solve_again()
    assert np.linalg.norm((pelvis(solved, 1) - start)[:2]) == pytest.approx(0.2, abs=0.02)  # what the stand-in does
    assert np.allclose(pelvis(solved, LATER), later, atol=1e-4)
    assert (pin.handle.location - place).length < 1e-4
    bake()
    assert np.allclose(pelvis(solved, LATER), later, atol=1e-4)


def test_the_current_frame_is_that_of_the_first_bake(solved) -> None:
    scene, take = bpy.context.scene, solved.inpose_take
    scene.frame_set(50)
    scene.inpose_bake.first_frame_at = "current"
    bake()
    assert take.first_frame == 50
    pin = add("left_wrist", 60)
    solve_again()
    assert (take.first_frame, pin.first) == (50, 60)
    scene.frame_set(55)
    bake()
    assert take.first_frame == 50
    scene.inpose_bake.first_frame_at = "current"  # chosen again
    bake()
    assert (take.first_frame, pin.first) == (55, 65)
    scene.frame_set(70)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert take.first_frame == 70


def test_the_3d_cursor_is_that_of_the_first_bake(solved) -> None:
    scene = bpy.context.scene
    scene.cursor.location = (1.0, 0.0, 0.0)
    scene.inpose_bake.start_at = "cursor"
    bake()
    place = pelvis(solved, LATER)
    scene.cursor.location = (5.0, 0.0, 0.5)
    bake()
    assert np.allclose(pelvis(solved, LATER), place, atol=1e-5)
    add("left_wrist", 5)
    solve_again()
    assert np.allclose(pelvis(solved, LATER), place, atol=1e-5)
    scene.inpose_bake.start_at = "cursor"  # chosen again
    bake()
    assert np.allclose(pelvis(solved, LATER) - place, (4.0, 0.0, 0.5), atol=1e-5)


def test_a_new_frame_rate_moves_nothing_before_the_bake(solved) -> None:
    pin = add("right_wrist", 5)
    pin.last = 9
    before = asked_pin(solved)
    bpy.context.scene.render.fps = 48
    assert (pin.first, pin.last, pin.ease) == (5, 9, 8)  # the keys are there, too
    assert asked_pin(solved) == before
    new = add("left_wrist", 7)
    assert new.start_s == pytest.approx(6 / 24, abs=1e-6)


@pytest.mark.parametrize("change", ["frame_rate", "speed"])
def test_ease_and_keyed_handles_keep_their_time(solved, change) -> None:
    pin = add("right_wrist", 5)
    pin.last = 9
    for frame, x in ((5, 0.0), (9, 0.4)):
        pin.handle.location.x += x
        pin.handle.keyframe_insert("location", frame=frame)
    before = asked_pin(solved)
    if change == "speed":
        bpy.context.scene.inpose_bake.speed = 0.5
    else:
        bpy.context.scene.render.fps = 48
    bake()
    assert (pin.first, pin.last, pin.ease) == (9, 17, 16)
    action = pin.handle.animation_data.action
    assert [key.co.x for key in action_curves(action, pin.handle)[0].keyframe_points] == [9, 17]
    after = asked_pin(solved)
    assert (after.start_s, after.stop_s, after.ease_s) == (
        pytest.approx(before.start_s),
        pytest.approx(before.stop_s),
        pytest.approx(before.ease_s),
    )
    assert np.allclose(after.keys[-1].position_m, before.keys[-1].position_m, atol=1e-4)


def test_an_ease_of_odd_frames_is_not_rounded_by_bakes(solved) -> None:
    pin = add("right_wrist", 5)
    pin.ease = 7
    for fps in (25, 30, 24):
        bpy.context.scene.render.fps = fps
        bake()
    assert asked_pin(solved).ease_s == pytest.approx(7 / 24)
    assert pin.ease == 7


def test_the_ease_of_an_older_file_counts_in_frames_of_the_bake(solved) -> None:
    pin = add("right_wrist", 5)
    pin.ease_s = -1.0  # such a pin has only frames
    assert asked_pin(solved).ease_s == pytest.approx(8 / 24)
    bpy.context.scene.render.fps = 48
    bake()
    assert pin.ease == 16
    assert asked_pin(solved).ease_s == pytest.approx(8 / 24)
