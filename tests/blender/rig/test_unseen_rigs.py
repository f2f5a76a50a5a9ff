# SPDX-License-Identifier: GPL-3.0-or-later
"""Map and bake rigs of kinds that came out wrong: each is right, and its skin whole."""

from __future__ import annotations

import numpy as np
import pytest
from character.checking import checked, turned
from rig.unseen import KINDS, build, mmd

from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import JOINT_INDEX, JOINT_NAMES
from inpose_blender.rig.find import map_rig
from inpose_blender.rig.measure import measure_rig


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_rig_that_came_out_wrong(kind):
    rig = build(KINDS[kind])
    assert map_rig(rig).bones == KINDS[kind].mapping
    check = checked(rig)
    assert check.problems == ()
    assert check.frames


def test_a_pelvis_on_the_floor_is_measured_at_the_hips():
    """Else the solver bends a body whose legs begin a metre above its pelvis: it leaned back by 40 degrees."""
    rig = build(KINDS["a pivot between the feet"])
    mapping = map_rig(rig)
    measure = measure_rig(rig, mapping, 1.0)
    assert mapping.bones["pelvis"] == "Pivot"
    assert np.linalg.norm(measure.skeleton.offsets_m[JOINT_INDEX["left_hip"]]) < 0.15
    assert any("Pivot" in note and "hips" in note for note in measure.notes)
    upright = measure_rig(build(KINDS["fists"]), map_rig(build(KINDS["fists"])), 1.0)
    assert not any("hips" in note for note in upright.notes)


def test_skin_on_a_pelvis_in_the_belly_goes_with_the_body():
    """Its joint is not among the nearest ones, but the bone itself is."""
    rig = build(KINDS["a toon on short legs"])
    assert checked(rig, lambda motion: turned(motion, JOINT_NAMES[1:], (0, 0, 1), 35.0)).problems == ()


def test_a_wrist_is_found_below_the_elbow_whatever_it_is_called():
    rig = build(KINDS["fists"])
    for letter in "LR":
        rig.data.bones[f"Fist.{letter}"].name = f"Stump.{letter}"
    mapping = map_rig(rig)
    assert (mapping.family.name, mapping.bones["left_wrist"], mapping.bones["right_wrist"]) == (
        "quaternius",
        "Stump.L",
        "Stump.R",
    )


def test_the_centre_turns_only_where_it_has_skin():
    """Bones without skin get no keys that the animator did not ask for."""
    for skin_on, turns in (("センター", True), ("下半身", False)):
        rig = build(mmd(skin_on))
        assert checked(rig).problems == ()
        paths = {curve.data_path for curve in action_curves(rig.animation_data.action, rig)}
        assert any("センター" in path and "rotation" in path for path in paths) is turns


def test_inverse_kinematics_of_the_legs_is_no_hindrance():
    rig = build(mmd())
    for side in "左右":
        constraint = rig.pose.bones[f"{side}ひざ"].constraints.new("IK")
        constraint.target, constraint.subtarget, constraint.chain_count = rig, f"{side}足ＩＫ", 2
    assert checked(rig).problems == ()


def test_doubles_that_follow_the_legs_are_left_alone():
    rig = build(KINDS["MMD with skin on doubles of the legs"])
    for side in "左右":
        for bone in ("足", "ひざ", "足首"):
            constraint = rig.pose.bones[f"{side}{bone}D"].constraints.new("COPY_ROTATION")
            constraint.target, constraint.subtarget = rig, f"{side}{bone}"
    assert map_rig(rig).bones["left_hip"] == "左足"
    assert map_rig(rig).bones["left_foot"] == "左つま先"
    assert checked(rig).problems == ()
