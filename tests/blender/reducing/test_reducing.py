# SPDX-License-Identifier: GPL-3.0-or-later
"""Reduce the keys of actions on real rigs: Blender's own evaluation decides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import FRAMES, apart, bake, poses
from ik_rigs import hand_made_rig
from rigs import build_rig

from inpose_blender.bake.settings import KeyTolerance
from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import RigError
from inpose_blender.reducing.operators import INPOSE_OT_reduce_keys
from inpose_blender.reducing.reducing import reduce_action

TOLERANCE = KeyTolerance(4.0, 1.0)


def key_count(rig: Any, first: float = -1e6, last: float = 1e6) -> int:
    curves = action_curves(rig.animation_data.action, rig)
    return sum(
        first <= key.co.x <= last for curve in curves for key in curve.keyframe_points if len(curve.keyframe_points) > 1
    )


@pytest.fixture
def rig(rng) -> Any:
    bpy.context.scene.render.fps = 24
    rig = build_rig(rng)
    bake(rig)
    return rig


def test_fewer_keys_are_left_and_the_error_is_the_real_one(rig):
    dense, expected = key_count(rig), poses(rig)
    original = rig.animation_data.action
    result = reduce_action(rig, bpy.context.scene, TOLERANCE, 1, FRAMES)
    assert result.before == dense
    assert result.left == key_count(rig) < 0.5 * dense
    watched = {name: expected[name] for name in expected if name.split("_")[-1] in {"wrist", "ankle", "foot"}}
    degrees, mm = apart(watched, {name: poses(rig)[name] for name in watched})
    assert mm <= 1.001 * result.change.mm + 1e-3 < 4.0
    assert degrees <= 1.001 * result.change.degrees + 1e-3 < 1.0
    assert original.use_fake_user
    assert rig.animation_data.action != original
    assert result.original == original.name


def test_a_second_reduction_replaces_the_first_one(rig):
    original = rig.animation_data.action
    first = reduce_action(rig, bpy.context.scene, TOLERANCE, 1, FRAMES)
    again = reduce_action(rig, bpy.context.scene, KeyTolerance(20.0, 5.0), 1, FRAMES)
    assert again.before == first.left > again.left
    assert again.original == first.original
    assert sorted(bpy.data.actions, key=id) == sorted((original, rig.animation_data.action), key=id)


def test_outside_a_stretch_nothing_changes(rig):
    first, last = 20, 45
    expected = poses(rig)
    inside, everywhere = key_count(rig, first, last), key_count(rig)
    result = reduce_action(rig, bpy.context.scene, TOLERANCE, first, last)
    after = poses(rig)
    assert (result.before, result.left) == (inside, key_count(rig, first, last))
    assert key_count(rig) == everywhere - inside + result.left
    for name, before in expected.items():
        for outside in (slice(0, first), slice(last - 1, None)):
            assert np.abs(after[name][outside] - before[outside]).max() < 1e-5
    assert max(np.abs(after[name] - expected[name]).max() for name in expected) > 1e-4


def test_borders_within_a_smooth_curve_leave_it_as_it_is(rig):
    reduce_action(rig, bpy.context.scene, KeyTolerance(1.0, 0.2), 1, FRAMES)
    expected = poses(rig)
    reduce_action(rig, bpy.context.scene, KeyTolerance(60.0, 15.0), 17, 41)
    after = poses(rig)
    for name, before in expected.items():
        for outside in (slice(0, 17), slice(40, None)):
            assert np.abs(after[name][outside] - before[outside]).max() < 1e-4


def test_only_selected_bones_lose_keys(rig):
    arm = frozenset({"left_shoulder", "left_elbow", "left_wrist"})
    before = {curve.data_path + str(curve.array_index): len(curve.keyframe_points) for curve in curves_of(rig)}
    result = reduce_action(rig, bpy.context.scene, TOLERANCE, 1, FRAMES, arm)
    assert result.change.mm < 4.0
    for curve in curves_of(rig):
        is_arm = curve.data_path.split('"')[1] in arm
        assert (len(curve.keyframe_points) < before[curve.data_path + str(curve.array_index)]) == is_arm


def test_held_locked_and_modified_curves_stay(rig):
    for curve in curves_of(rig):
        bone = curve.data_path.split('"')[1]
        if bone == "head":
            for key in curve.keyframe_points:
                key.interpolation = "CONSTANT"
        elif bone == "neck":
            curve.lock = True
        elif bone == "left_wrist":
            curve.modifiers.new("NOISE")
    result = reduce_action(rig, bpy.context.scene, TOLERANCE, 1, FRAMES)
    assert result.left_alone == 3
    for curve in curves_of(rig):
        is_kept = curve.data_path.split('"')[1] in {"head", "neck", "left_wrist"}
        assert (len(curve.keyframe_points) == FRAMES) == is_kept


def test_a_foot_that_rests_keeps_its_place(rng):
    """A control that has one value for some frames has keys at both ends of it, and none between."""
    rig = hand_made_rig()
    bake(rig, controls="ik")
    path = 'pose.bones["left foot target"].location'
    for curve in curves_of(rig):
        if curve.data_path == path:
            for key in curve.keyframe_points:
                key.co.y = curve.evaluate(20) if 20 <= key.co.x <= 40 else key.co.y
            curve.update()
    reduce_action(rig, bpy.context.scene, TOLERANCE, 1, FRAMES)
    for curve in curves_of(rig):
        if curve.data_path == path:
            assert np.ptp([curve.evaluate(frame) for frame in np.linspace(20, 40, 81)]) < 1e-6
            assert not [key for key in curve.keyframe_points if 20 < key.co.x < 40]


def test_nothing_changes_where_no_key_can_go(rig):
    reduce_action(rig, bpy.context.scene, TOLERANCE, 1, FRAMES)
    action, actions = rig.animation_data.action, sorted(each.name for each in bpy.data.actions)
    with pytest.raises(RigError, match="are needed"):
        reduce_action(rig, bpy.context.scene, KeyTolerance(0.1, 0.05), 1, FRAMES)
    assert rig.animation_data.action == action
    assert sorted(each.name for each in bpy.data.actions) == actions


def test_what_cannot_be_reduced_is_said(rig, rng):
    with pytest.raises(RigError, match="no keys to reduce"):
        reduce_action(rig, bpy.context.scene, TOLERANCE, 900, 950)
    with pytest.raises(RigError, match="None of the chosen bones"):
        reduce_action(rig, bpy.context.scene, TOLERANCE, 1, FRAMES, frozenset({"no such bone"}))
    with pytest.raises(RigError, match="no active action"):
        reduce_action(build_rig(rng), bpy.context.scene, TOLERANCE, 1, FRAMES)


def curves_of(rig: Any) -> list[Any]:
    return action_curves(rig.animation_data.action, rig)


def test_the_operator_is_one_step_and_says_what_is_left(registered, rig):
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    for bone in rig.pose.bones:
        holder = bone if bpy.app.version >= (5, 0, 0) else bone.bone
        holder.select = bone.name in {"left_shoulder", "left_elbow", "left_wrist"}
    dense = key_count(rig)
    operator = bpy.ops.inpose.reduce_keys
    assert operator(first_frame=10, last_frame=50, distance_mm=4.0, angle_deg=1.0) == {"FINISHED"}
    result = bpy.context.window_manager.inpose_status.result
    left, before = int(result.split()[0]), int(result.split()[2])
    assert dense - key_count(rig) == before - left > 0
    assert before == 3 * 4 * 41
    with pytest.raises(RuntimeError, match="no keys to reduce"):
        operator(first_frame=900, last_frame=950)


def test_the_dialog_shows_the_limits_with_their_units(registered):
    described = bpy.ops.inpose.reduce_keys.get_rna_type().properties
    assert (described["distance_mm"].unit, described["angle_shown"].unit) == ("CAMERA", "ROTATION")
    drawn = []
    layout = SimpleNamespace(prop=lambda _operator, name: drawn.append(name))
    INPOSE_OT_reduce_keys.draw(SimpleNamespace(layout=layout), bpy.context)
    assert drawn == ["first_frame", "last_frame", "distance_mm", "angle_shown"]
