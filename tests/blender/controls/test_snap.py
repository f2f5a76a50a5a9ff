# SPDX-License-Identifier: GPL-3.0-or-later
"""Snap FK and IK to each other in any action, and compare the character by Blender's own evaluation."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import FRAMES, apart, bake, poses
from ik_rigs import auto_rig_pro_rig, hand_made_rig, mmd_rig

from inpose_blender.bpy_compat import action_curves
from inpose_blender.controls.snap import keyed_frames, snap
from inpose_blender.core import RigError

EVERY = range(1, FRAMES + 1)


def keys(rig: Any) -> dict[tuple[str, int], list[tuple[float, float]]]:
    curves = action_curves(rig.animation_data.action, rig)
    return {
        (curve.data_path, curve.array_index): [tuple(point.co) for point in curve.keyframe_points] for curve in curves
    }


@pytest.mark.parametrize("build", [hand_made_rig, mmd_rig, auto_rig_pro_rig])
def test_there_and_back_again(build):
    """Snap IK to an FK bake, then FK to this IK: the character does not move."""
    rig = build()
    bake(rig)
    expected, baked = poses(rig), rig.animation_data.action
    before = keys(rig)
    kept, count = snap(rig, bpy.context.scene, "ik_to_fk", EVERY, frozenset())
    assert count >= 2
    assert kept == baked.name
    assert baked.use_fake_user
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0
    snap(rig, bpy.context.scene, "fk_to_ik", EVERY, frozenset())
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0
    rig.animation_data.action = baked
    assert keys(rig) == before


def test_only_the_range_and_the_selected_limb_change():
    rig = auto_rig_pro_rig()
    bake(rig)
    expected, before = poses(rig), keys(rig)
    snap(rig, bpy.context.scene, "ik_to_fk", range(20, 31), frozenset({"c_hand_fk.l"}))
    after = keys(rig)
    changed = {path.split('"')[1] for (path, index), each in after.items() if before.get((path, index)) != each}
    assert changed == {"c_hand_ik.l", "c_arms_pole.l", "arm_ik.l", "forearm_ik.l"}
    moved = [frame for frame, _ in after['pose.bones["c_hand_ik.l"].location', 0]]
    assert moved == list(range(20, 31))
    switch = dict(after['pose.bones["c_hand_ik.l"]["ik_fk_switch"]', 0])
    assert [switch[frame] for frame in (19, 20, 31)] == [1.0, 0.0, 1.0]
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0


def test_keys_only_in_frames_with_keys():
    rig = hand_made_rig()
    bake(rig, key_rate=6.0)
    frames = keyed_frames(rig, 5, 30)
    assert frames == list(range(5, 30, 4))
    snap(rig, bpy.context.scene, "ik_to_fk", frames, frozenset())
    assert [frame for frame, _ in keys(rig)['pose.bones["left hand target"].location', 0]] == frames


def test_an_error_leaves_everything_as_it_was():
    rig = hand_made_rig()
    with pytest.raises(RigError, match="no active action"):
        snap(rig, bpy.context.scene, "ik_to_fk", EVERY, frozenset())
    bake(rig)
    for bone in rig.pose.bones:
        for constraint in tuple(bone.constraints):
            bone.constraints.remove(constraint)
    actions, objects = list(bpy.data.actions), list(bpy.data.objects)
    with pytest.raises(RigError, match="no IK that InPose can read"):
        snap(rig, bpy.context.scene, "fk_to_ik", EVERY, frozenset())
    assert (list(bpy.data.actions), list(bpy.data.objects)) == (actions, objects)


def test_the_operators_are_one_undo_step(registered):
    rig = hand_made_rig()
    bake(rig)
    name, action = rig.name, rig.animation_data.action.name
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.inpose.snap_ik_to_fk(first_frame=10, last_frame=20, only_keyed=True) == {"FINISHED"}
    assert bpy.data.objects[name].animation_data.action.name != action
    np.testing.assert_equal(bpy.context.scene.frame_current, 1)
    bpy.ops.ed.undo_push(message="snap")
    bpy.ops.ed.undo()
    assert bpy.data.objects[name].animation_data.action.name == action
    assert [each.name for each in bpy.data.actions] == [action]
