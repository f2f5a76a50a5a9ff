# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins hold what one sees: their handles are at the joints after all edits, and go with them."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from rigs import build_rig

from inpose_blender.bake.edits.edited_take import EDITED_TAKES
from inpose_blender.bake.pin_handles import other_side
from inpose_blender.pins.collect import collected_pins
from inpose_blender.pins.stands import stances_of
from inpose_blender.rig.prepare import prepare_rig

FRAME = 11
"""At 24 frames per second, a pose of the solver is exactly here."""


@pytest.fixture
def solved(registered, rng, take, fake_worker):
    rig = build_rig(rng, arm_angle_deg=45.0)
    scene = bpy.context.scene
    scene.inpose.recording = str(take)
    scene.inpose_bake.hand_lock = scene.inpose_bake.foot_lock = 0.0
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    scene.inpose.armature = rig
    scene.frame_set(FRAME)
    return rig


def apply() -> None:
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    bpy.context.scene.frame_set(FRAME)


def pin(rig, joint: str):
    bpy.context.scene.frame_set(FRAME)
    assert bpy.ops.inpose.add_pin(joint=joint) == {"FINISHED"}
    return rig.inpose_pins.entries[-1]


def seen(rig, joint: str) -> np.ndarray:
    bone = rig.pose.bones[prepare_rig(rig, bpy.context.scene).mapping.bones[joint]]
    return np.array(rig.matrix_world @ bone.head)


def handle(pinned) -> np.ndarray:
    bpy.context.view_layer.update()
    return np.array(pinned.handle.matrix_world.translation)


def asked(rig):
    return collected_pins(bpy.context, rig, prepare_rig(rig, bpy.context.scene).measure)


def raise_by(height: float):
    assert bpy.ops.inpose.add_edit(kind="ground") == {"FINISHED"}
    edit = bpy.context.scene.inpose.armature.inpose_edits.entries[-1]
    edit.height = height
    return edit


def test_a_handle_goes_with_the_edits_and_the_solver_is_asked_for_the_same(solved) -> None:
    pinned = pin(solved, "left_ankle")
    before, place = asked(solved), handle(pinned)
    edit = raise_by(0.25)
    apply()
    assert handle(pinned)[2] - place[2] > 0.2
    assert handle(pinned) == pytest.approx(seen(solved, "left_ankle"), abs=1e-3)
    assert asked(solved).pins[0].keys[0].position_m == pytest.approx(before.pins[0].keys[0].position_m, abs=1e-5)
    edit.muted = True
    apply()
    assert handle(pinned) == pytest.approx(place, abs=1e-5)


def test_a_new_pin_is_where_the_edited_joint_is(solved) -> None:
    floor_m = seen(solved, "right_ankle")[2]
    raise_by(0.25)
    apply()
    pinned = pin(solved, "right_ankle")
    assert handle(pinned)[2] > floor_m + 0.2
    assert handle(pinned) == pytest.approx(seen(solved, "right_ankle"), abs=1e-3)
    EDITED_TAKES._takes.clear()  # as after Blender was closed
    again = pin(solved, "left_ankle")
    assert handle(again) == pytest.approx(seen(solved, "left_ankle"), abs=1e-3)
    assert asked(solved).pins[0].keys[0].position_m[1] == pytest.approx(floor_m, abs=2e-3)


@pytest.mark.parametrize("plane", ["room", "heading"])
def test_a_mirror_exchanges_the_sides_of_pins_and_stances(solved, plane) -> None:
    hand, foot = pin(solved, "left_wrist"), pin(solved, "right_ankle")
    hand.use_rotation, hand.ease = True, 3
    said = solved.inpose_pins.entries.add()
    said.kind, said.joint, said.first, said.last = "stands", "left_ankle", 5, 12
    before, places = asked(solved), [handle(hand), handle(foot)]
    stands = stances_of(bpy.context.scene, solved).solved
    solved.inpose_edits.mirror = plane
    apply()
    assert [entry.joint for entry in solved.inpose_pins.entries] == ["right_wrist", "left_ankle", "right_ankle"]
    assert handle(hand) == pytest.approx(seen(solved, "right_wrist"), abs=2e-3)
    assert handle(foot) == pytest.approx(seen(solved, "left_ankle"), abs=2e-3)
    assert np.abs(handle(hand) - places[0]).max() > 0.1
    assert (stances_of(bpy.context.scene, solved).solved == stands[:, ::-1]).all()
    after = asked(solved)
    assert [one.joint for one in after.pins] == [one.joint for one in before.pins]
    assert after.stances == before.stances
    for one, other in zip(after.pins, before.pins, strict=True):
        assert one.keys[0].position_m == pytest.approx(other.keys[0].position_m, abs=1e-5)
    turns = [np.array(one.pins[0].keys[0].rotation_wxyz) for one in (before, after)]
    assert abs(turns[0] @ turns[1]) == pytest.approx(1.0, abs=1e-6)
    new = pin(solved, "left_wrist")
    assert handle(new) == pytest.approx(seen(solved, "left_wrist"), abs=2e-3)
    assert asked(solved).pins[-1].joint == other_side("left_wrist")
    solved.inpose_edits.mirror = "none"
    apply()
    assert [entry.joint for entry in solved.inpose_pins.entries[:2]] == ["left_wrist", "right_ankle"]
    assert [handle(hand), handle(foot)] == [pytest.approx(place, abs=1e-4) for place in places]
    assert handle(new) == pytest.approx(seen(solved, "right_wrist"), abs=2e-3)


def test_keyed_handles_are_mirrored_with_their_keys(solved) -> None:
    pinned = pin(solved, "left_wrist")
    pinned.last = FRAME + 6
    pinned.handle.keyframe_insert("location", frame=FRAME)
    pinned.handle.keyframe_insert("rotation_quaternion", frame=FRAME)
    pinned.handle.location.x += 0.3
    pinned.handle.keyframe_insert("location", frame=FRAME + 6)
    pinned.use_rotation = True
    before = asked(solved).pins[0].keys
    solved.inpose_edits.mirror = "heading"
    apply()
    after = asked(solved).pins[0].keys
    assert len(after) == len(before) > 2
    for one, other in zip(after, before, strict=True):
        assert one.position_m == pytest.approx(other.position_m, abs=1e-4)
        assert abs(np.dot(one.rotation_wxyz, other.rotation_wxyz)) == pytest.approx(1.0, abs=1e-5)


def test_solve_again_asks_for_the_place_before_the_edits(solved, requests) -> None:
    pinned = pin(solved, "left_wrist")
    unedited = handle(pinned)
    raise_by(0.2)
    apply()
    there = handle(pinned)
    assert there[2] == pytest.approx(unedited[2] + 0.2, abs=0.02)
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert handle(pinned) == pytest.approx(there, abs=2e-3)
    (said,) = [params["pins"]["pins"][0] for method, params in requests if "pins" in params]
    assert said["keys"][0]["position_m"][1] == pytest.approx(unedited[2], abs=2e-3)
