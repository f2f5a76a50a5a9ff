# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake again warns of pins and stances that were changed and not solved."""

from __future__ import annotations

import bpy
import pytest

from inpose_blender.bake.asked_pins import NOT_SOLVED, asked_pins, pins_changed


def add(joint: str = "right_wrist", frame: int = 10):
    bpy.context.scene.frame_set(frame)
    assert bpy.ops.inpose.add_pin(joint=joint) == {"FINISHED"}
    return bpy.context.scene.inpose.armature.inpose_pins.entries[-1]


def baked_again_warns() -> bool:
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    return NOT_SOLVED in bpy.context.window_manager.inpose_status.notes


@pytest.fixture
def pinned(solved):
    """Return the character with a pin that is solved."""
    add()
    assert pins_changed(solved)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert not pins_changed(solved)
    return solved


def move_handle(pin, _rig) -> None:
    pin.handle.location.x += 0.01


def key_handle(pin, _rig) -> None:
    pin.handle.keyframe_insert("location", frame=3)


def carry_handle(pin, _rig) -> None:
    pin.handle.parent = bpy.data.objects.new("cart", None)


def take_other_frames(pin, _rig) -> None:
    pin.last = 15


def soften(pin, _rig) -> None:
    pin.soft = True


def mute(pin, _rig) -> None:
    pin.muted = True


def remove(_pin, _rig) -> None:
    assert bpy.ops.inpose.remove_pin() == {"FINISHED"}


def divide_a_stance(_pin, _rig) -> None:
    assert bpy.ops.inpose.add_stance(joint="left_ankle", kind="lifts") == {"FINISHED"}


@pytest.mark.parametrize(
    "change", [move_handle, key_handle, carry_handle, take_other_frames, soften, mute, remove, divide_a_stance]
)
def test_each_change_is_seen_until_it_is_solved(pinned, change) -> None:
    assert not baked_again_warns()
    change(pinned.inpose_pins.entries[0], pinned)
    bpy.context.view_layer.update()
    assert pins_changed(pinned)
    assert baked_again_warns()
    assert baked_again_warns()  # to bake solves nothing
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert not baked_again_warns()


def test_a_moved_key_of_a_handle_is_seen(pinned) -> None:
    pin = pinned.inpose_pins.entries[0]
    pin.handle.keyframe_insert("location", frame=10)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    for frame in (3, 12):  # the handle is where its keys say, in each frame
        bpy.context.scene.frame_set(frame)
        assert not pins_changed(pinned)
    pin.handle.location.z += 0.1
    pin.handle.keyframe_insert("location", frame=20)
    assert pins_changed(pinned)


def test_what_is_changed_back_is_no_change(pinned) -> None:
    pin = pinned.inpose_pins.entries[0]
    before = asked_pins(pinned)
    pin.ease += 3
    assert asked_pins(pinned) != before
    pin.ease -= 3
    assert not pins_changed(pinned)
    # A muted pin asks for nothing, so there is nothing to solve.
    add("left_knee").muted = True
    assert asked_pins(pinned) == before


@pytest.mark.parametrize("change", [False, True])
def test_a_bake_at_another_place_moves_handles_and_is_no_change(pinned, change) -> None:
    if change:
        pinned.inpose_pins.entries[0].soft = True
    scene = bpy.context.scene
    scene.cursor.location = (2.0, 1.0, 0.0)
    scene.inpose_bake.start_at = "cursor"
    before = pinned.inpose_pins.entries[0].handle.location.copy()
    assert baked_again_warns() == change
    bpy.context.view_layer.update()
    assert (pinned.inpose_pins.entries[0].handle.location - before).length > 0.5
    assert pins_changed(pinned) == change


def test_a_whole_solve_uses_no_pins(pinned) -> None:
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert pins_changed(pinned)
    assert baked_again_warns()


def test_files_of_older_versions_do_not_warn(pinned) -> None:
    pinned.inpose_take.solved_pins = ""
    pinned.inpose_pins.entries[0].soft = True
    assert not baked_again_warns()
