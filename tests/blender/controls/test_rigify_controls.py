# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake to the IK controls of a generated Rigify rig: poles on and off, other parents, other root motion."""

from __future__ import annotations

import time
from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import FRAMES, apart, bake, keyed, limber_motion, poses, solved_take

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.controls.snap import snap
from inpose_blender.rig.prepare import prepare_rig


@pytest.fixture(scope="module")
def generated_file(tmp_path_factory):
    """Return a file with a generated rig: generating takes seconds."""
    return tmp_path_factory.mktemp("rigify") / "rig.blend"


@pytest.fixture
def generated(generated_file) -> Any:
    if not generated_file.exists():
        if not hasattr(bpy.types, "OBJECT_OT_armature_human_metarig_add"):
            try:
                bpy.ops.preferences.addon_enable(module="rigify")
            except RuntimeError as error:
                pytest.skip(f"this Blender has no Rigify ({error})")
        bpy.ops.object.armature_human_metarig_add()
        bpy.ops.pose.rigify_generate()
        bpy.ops.wm.save_as_mainfile(filepath=str(generated_file))
    bpy.ops.wm.open_mainfile(filepath=str(generated_file))
    return bpy.context.object


def set_all(rig: Any, key: str, value: float) -> None:
    """Set a property of all limbs as the rig's own panel does."""
    for bone in rig.pose.bones:
        if key in bone:
            bone[key] = type(bone[key])(value)
    rig.update_tag()
    bpy.context.view_layer.update()


@pytest.mark.parametrize("mode", ["ik", "both"])
@pytest.mark.parametrize(
    "state",
    [{}, {"pole_vector": 1}, {"pole_vector": 1, "pole_parent": 2, "IK_parent": 4}, {"IK_parent": 0, "pole_vector": 1}],
    ids=["as generated", "poles", "other parents", "no parent"],
)
def test_ik_is_where_fk_is(generated, state, mode):
    for key, value in state.items():
        set_all(generated, key, value)
    bake(generated, way="root" if state else "hips")
    every = range(1, FRAMES + 1, 3)
    expected = poses(generated, every)
    result = bake(generated, way="root" if state else "hips", controls=mode)
    degrees, mm = apart(expected, poses(generated, every))
    assert degrees < 0.1
    assert mm < 1.0
    assert not [found for found in result.character.problems if "ik" in found.kind.split("_")]
    found = keyed(generated)
    assert {"hand_ik.L", "hand_ik.R", "foot_ik.L", "foot_ik.R", "toe_ik.L", "torso", "neck", "head"} <= found
    assert ("thigh_ik_target.L" in found) == bool(state)
    assert ("thigh_fk.L" in found) == (mode == "both")


def test_snapping_back_and_forth_moves_nothing(generated):
    set_all(generated, "pole_vector", 1)
    bake(generated, controls="ik")
    every = range(1, FRAMES + 1, 6)
    expected = poses(generated, every)
    for direction in ("fk_to_ik", "ik_to_fk", "fk_to_ik"):
        snap(generated, bpy.context.scene, direction, range(1, FRAMES + 1), frozenset())
        degrees, mm = apart(expected, poses(generated, every))
        assert degrees < 0.2
        assert mm < 1.0


def test_poles_go_smoothly(generated):
    """A pole moves no farther in a frame than the limb that it belongs to, times the ratio of their distances."""
    set_all(generated, "pole_vector", 1)
    bake(generated, controls="ik")
    for pole in ("thigh_ik_target.L", "upper_arm_ik_target.R"):
        places = []
        for frame in range(1, FRAMES + 1):
            bpy.context.scene.frame_set(frame)
            places.append(generated.pose.bones[pole].matrix.translation.copy())
        steps = np.linalg.norm(np.diff(np.array(places), axis=0), axis=1)
        assert steps.max() < 0.25


@pytest.mark.slow
def test_ten_thousand_frames_take_less_than_fifteen_seconds(generated):
    """The whole job, with the comparison of IK and FK and all other checks."""
    prepared = prepare_rig(generated, bpy.context.scene)
    take = solved_take(limber_motion(prepared.measure.skeleton, 10_000))
    began = time.process_time()  # other tests may run at the same time
    job = BakeJob(prepared, bpy.context.scene, lambda: take, BakeOptions(controls="ik"), "long", replace_own=False)
    job.run()
    assert time.process_time() - began < 15
