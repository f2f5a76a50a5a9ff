# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake over animation that uses IK: on control rigs, the controls of FK rest there."""

from __future__ import annotations

from typing import Any

import bpy
import pytest
from controls.test_ik_bake import apart, limber_motion, poses, solved_take
from ik_rigs import auto_rig_pro_rig, hand_made_rig

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.controls.snap import snap
from inpose_blender.layers.options import LayerOptions
from inpose_blender.rig.prepare import prepare_rig


def bake(rig: Any, name: str, **options: Any) -> Any:
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    take = solved_take(limber_motion(prepared.measure.skeleton))
    return BakeJob(prepared, scene, lambda: take, BakeOptions(**options), name, replace_own=True).run()


@pytest.mark.parametrize("build", [auto_rig_pro_rig, hand_made_rig])
@pytest.mark.parametrize("arm", ["ik", "fk"])
def test_a_blend_begins_and_ends_in_the_pose_that_ik_has(build: Any, arm: str) -> None:
    rig = build()
    bake(rig, "before", controls="ik")
    if arm == "fk":
        selected = frozenset({"c_hand_ik.l", "left hand target"})
        assert snap(rig, bpy.context.scene, "fk_to_ik", range(1, 61), selected)[1] == 1
    ends = [range(10, 11), range(40, 41)]
    expected = [poses(rig, end) for end in ends]
    blend = LayerOptions(blend_in=10, blend_out=10)
    for _ in range(2):  # the animation before is muted in the second round, but it is what played
        bake(rig, "after", first_frame=10, speed=59 / 30, layers=blend)
        for end, before in zip(ends, expected, strict=True):
            degrees, mm = apart(before, poses(rig, end))
            assert degrees < 0.1
            assert mm < 1.0


NO_EFFECT = "The layer has no effect where IK moves a limb"


@pytest.mark.parametrize("build", [auto_rig_pro_rig, hand_made_rig])
@pytest.mark.parametrize(("mask", "limbs"), [("arms", "left arm, right arm"), ("legs", "left leg, right leg")])
def test_an_additive_layer_says_which_limbs_ik_keeps_from_it(build: Any, mask: Any, limbs: str) -> None:
    rig = build()
    bake(rig, "below", controls="ik")
    before = poses(rig)
    result = bake(rig, "layer", layers=LayerOptions(layer="add", mask=mask))
    (note,) = (note for note in result.notes if note.startswith(NO_EFFECT))
    assert limbs in note
    if mask == "arms":  # with the legs, the hips move
        hands = [name for name in before if "hand" in name.lower()]
        assert apart({name: before[name] for name in hands}, poses(rig))[1] < 1.0
    # The controls of FK rest far from where IK has the body: they are not what is looked at.
    assert not [found.sentence for found in result.character.problems if "_fk" in found.bone]


def test_after_a_snap_to_fk_the_additive_layer_moves_the_arms() -> None:
    rig = auto_rig_pro_rig()
    bake(rig, "below", controls="ik")
    snap(rig, bpy.context.scene, "fk_to_ik", range(1, 61), frozenset())
    before = poses(rig)
    result = bake(rig, "layer", layers=LayerOptions(layer="add", mask="arms"))
    assert not [note for note in result.notes if note.startswith(NO_EFFECT)]
    assert apart(before, poses(rig))[0] > 30


def test_a_layer_that_replaces_switches_its_own_limbs_and_no_others() -> None:
    rig = auto_rig_pro_rig()
    bake(rig, "below", controls="ik")
    before = poses(rig)
    result = bake(rig, "arms", layers=LayerOptions(layer="replace", mask="arms"))
    assert not [note for note in result.notes if note.startswith(NO_EFFECT)]
    assert not result.character.problems
    legs = ("thigh", "leg", "foot", "toes")
    assert apart({name: each for name, each in before.items() if name.startswith(legs)}, poses(rig))[1] < 1.0
