# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake to the IK controls of a generated Rigify rig: poles on and off, other parents, other root motion."""

from __future__ import annotations

import time
from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import FRAMES, apart, bake, keyed, limber_motion, poses, solved_take
from mathutils import Vector

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bpy_compat import action_curves
from inpose_blender.controls.snap import snap
from inpose_blender.rig.prepare import prepare_rig


@pytest.fixture(scope="module")
def generated_file(tmp_path_factory):
    """Return a file with a generated rig: generating takes seconds."""
    return tmp_path_factory.mktemp("rigify") / "rig.blend"


def generate_rig() -> Any:
    """Return a generated Rigify rig, or skip the test."""
    if not hasattr(bpy.types, "OBJECT_OT_armature_human_metarig_add"):
        try:
            bpy.ops.preferences.addon_enable(module="rigify")
        except RuntimeError as error:
            pytest.skip(f"this Blender has no Rigify ({error})")
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


@pytest.fixture
def generated(generated_file) -> Any:
    if not generated_file.exists():
        generate_rig()
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


STATES = {
    "as generated": {},
    "poles": {"pole_vector": 1},
    "other parents": {"pole_vector": 1, "pole_parent": 2, "IK_parent": 4},
    "no parent": {"IK_parent": 0, "pole_vector": 1},
}
FAST = {("as generated", "ik"), ("poles", "both"), ("other parents", "ik"), ("no parent", "both")}
"""Each of them takes seven seconds."""


@pytest.mark.parametrize(
    ("state", "mode"),
    [
        pytest.param(STATES[name], mode, id=f"{name}-{mode}", marks=[] if (name, mode) in FAST else pytest.mark.slow)
        for name in STATES
        for mode in ("ik", "both")
    ],
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
    set_all(generated, "pole_vector", 1)
    bake(generated, controls="ik")
    for pole, limb in POLES.items():
        assert largest_swing_deg(generated, pole, limb) < LARGEST_SWING_DEG


def test_a_pole_that_flips_would_be_seen(generated):
    """The other side of the limb, in one frame, in the middle and at an end of the motion."""
    set_all(generated, "pole_vector", 1)
    for frame in (1, 31, FRAMES):
        bake(generated, controls="ik")
        for pole, limb in POLES.items():
            flip(generated, pole, limb, frame)
            assert largest_swing_deg(generated, pole, limb) > 2 * LARGEST_SWING_DEG


POLES = {
    "thigh_ik_target.L": ("ORG-thigh.L", "ORG-shin.L", "ORG-foot.L"),
    "thigh_ik_target.R": ("ORG-thigh.R", "ORG-shin.R", "ORG-foot.R"),
    "upper_arm_ik_target.L": ("ORG-upper_arm.L", "ORG-forearm.L", "ORG-hand.L"),
    "upper_arm_ik_target.R": ("ORG-upper_arm.R", "ORG-forearm.R", "ORG-hand.R"),
}
"""The poles, and the bones whose heads are the joints of their limbs."""
LARGEST_SWING_DEG = 40.0
"""By which a pole may swing about its limb in a frame more than the limb itself turns; a flip is about 180."""


def largest_swing_deg(rig: Any, pole: str, limb: tuple[str, str, str]) -> float:
    """Return how far the direction to a pole turns about its limb in one frame at most, seen from the limb."""
    previous: tuple[np.ndarray, np.ndarray] | None = None
    largest = 0.0
    for frame in range(1, FRAMES + 1):
        bpy.context.scene.frame_set(frame)
        start, _, end = (np.array(rig.pose.bones[name].head) for name in limb)
        along = (end - start) / np.linalg.norm(end - start)
        towards = np.array(rig.pose.bones[pole].head) - start
        towards -= (towards @ along) * along
        towards /= np.linalg.norm(towards)
        if previous is not None:
            carried = carried_along(previous[0], along) @ previous[1]
            largest = max(largest, float(np.degrees(np.arccos(np.clip(carried @ towards, -1.0, 1.0)))))
        previous = along, towards
    return largest


def carried_along(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the shortest rotation (3, 3) between two directions."""
    return np.array(Vector(before).rotation_difference(Vector(after)).to_matrix())


def flip(rig: Any, pole: str, limb: tuple[str, str, str], frame: int) -> None:
    """Put a pole to the other side of its limb in one frame."""
    bpy.context.scene.frame_set(frame)
    start, _, end = (rig.pose.bones[name].head.copy() for name in limb)
    bone = rig.pose.bones[pole]
    along = (end - start).normalized()
    offset = bone.head - start
    across = offset - offset.dot(along) * along
    matrix = bone.matrix.copy()
    matrix.translation = bone.head - 2 * across
    bone.matrix = matrix
    location = bone.location.copy()
    for curve in action_curves(rig.animation_data.action, rig):
        if curve.data_path == bone.path_from_id("location"):
            key = next(key for key in curve.keyframe_points if round(key.co.x) == frame)
            key.co.y = location[curve.array_index]
            curve.update()


@pytest.mark.slow
def test_ten_thousand_frames_take_less_than_fifteen_seconds(generated, capsys):
    """The whole job, with the comparison of IK and FK and all other checks. ``-s -k ten_thousand`` prints the time."""
    prepared = prepare_rig(generated, bpy.context.scene)
    take = solved_take(limber_motion(prepared.measure.skeleton, 10_000))
    began, began_wall = time.process_time(), time.perf_counter()
    job = BakeJob(prepared, bpy.context.scene, lambda: take, BakeOptions(controls="ik"), "long", replace_own=False)
    job.run()
    spent = time.process_time() - began  # other tests may run at the same time
    with capsys.disabled():
        wall = time.perf_counter() - began_wall
        print(f"\nIK bake of 10,000 frames: {spent:.1f} s of processor time, {wall:.1f} s")  # noqa: T201
    assert spent < 15
