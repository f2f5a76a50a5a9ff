# SPDX-License-Identifier: GPL-3.0-or-later
"""Pose rigs one pose at a time: the same values as a bake, and everything is given back."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest
from ik_rigs import mmd_rig
from rigs import build_rig, gentle_motion, import_shared_rig

from inpose_blender.bake.bake import bake_channels
from inpose_blender.bake.placement import Placement, placed
from inpose_blender.bake.rig_facts import rig_facts
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.core import rotvec_to_quaternion
from inpose_blender.live.kept_pose import KeptPose
from inpose_blender.live.posing import BoneValue, RigPoser
from inpose_blender.rig.prepare import prepare_rig

ELSEWHERE = Placement(
    rotvec_to_quaternion(np.array((0.0, 0.7, 0.0))), np.array((1.0, 0.0, -2.0)), np.array((3.0, 0, 4))
)


def rigs() -> dict[str, Any]:
    return {
        "rolled": lambda rng: build_rig(rng, arm_angle_deg=40, rotation_deg=(10, 20, 30), scale=0.01, extra_bones=True),
        "plain": lambda rng: build_rig(rng, location=(1, 2, 3), without=("left_foot", "right_foot")),
        "ik": lambda _rng: mmd_rig(),
        "biped": lambda _rng: import_shared_rig("rocketbox_female_adult_01.fbx")[0],
        "long spine": lambda _rng: import_shared_rig("makehuman_default_female.blend")[0],
    }


@pytest.mark.parametrize("name", rigs())
def test_a_pose_is_the_one_that_a_bake_has(name: str, rng: np.random.Generator) -> None:
    armature = rigs()[name](rng)
    modes = ("QUATERNION", "XYZ", "AXIS_ANGLE", "ZXY")
    for number, bone in enumerate(armature.pose.bones):
        bone.rotation_mode = modes[number % len(modes)]
    scene = bpy.context.scene
    rig = prepare_rig(armature, scene)
    facts = rig_facts(armature, scene=scene, mapping=rig.mapping)
    motion = gentle_motion(rng, rig.measure.skeleton)
    settings = BakeSettings("x", fps=motion.fps, fingers="off")
    channels, _ = bake_channels(facts, placed(motion, ELSEWHERE), settings, mapping=rig.mapping, measure=rig.measure)
    poser = RigPoser(rig, facts, armature)
    for frame in range(len(motion)):
        values = poser.values(motion.rotations_wxyz[frame], motion.root_translation_m[frame], ELSEWHERE)
        found = {each.data_path: np.atleast_1d(each.value) for each in values}
        assert found.keys() == {channel.data_path for channel in channels}
        for channel in channels:
            baked = channel.values[min(frame, len(channel.values) - 1)]
            ours = found[channel.data_path]
            scale = max(1.0, float(np.abs(baked).max()))
            if channel.data_path.endswith("quaternion"):
                ours = ours * np.sign(ours @ baked)
            elif channel.data_path.endswith("euler"):
                ours = baked + (ours - baked + np.pi) % (2 * np.pi) - np.pi
            elif channel.data_path.endswith("axis_angle"):
                continue  # the same turn has two of them
            np.testing.assert_allclose(ours, baked, atol=2e-4 * scale, err_msg=channel.data_path)


def test_everything_is_given_back_exactly(rng: np.random.Generator) -> None:
    armature = build_rig(rng)
    bone = armature.pose.bones["spine1"]
    bone["IK_FK"] = 1.0
    bone['odd "name"'] = 3
    bone.location, bone.rotation_quaternion = (0.1, 0.2, 0.3), (0.5, 0.5, 0.1, 0.2)
    constraint = bone.constraints.new("LIMIT_ROTATION")
    constraint.influence = 0.7
    values = [
        BoneValue('pose.bones["spine1"].location', (1.0, 2.0, 3.0)),
        BoneValue('pose.bones["spine1"].rotation_quaternion', (1.0, 0.0, 0.0, 0.0)),
        BoneValue('pose.bones["spine1"]["IK_FK"]', 0.0),
        BoneValue('pose.bones["spine1"]["odd \\"name\\""]', 5.0),
        BoneValue('pose.bones["spine1"].constraints["Limit Rotation"].influence', 0.0),
        BoneValue('pose.bones["gone"].location', (1.0, 2.0, 3.0)),
        BoneValue("location", (7.0, 8.0, 9.0)),
    ]

    def state() -> tuple[Any, ...]:
        turn = tuple(bone.rotation_quaternion)
        own = bone["IK_FK"], bone['odd "name"'], type(bone['odd "name"'])
        return tuple(bone.location), turn, own, constraint.influence, tuple(armature.location)

    before = state()
    kept = KeptPose()
    for _ in range(2):
        kept.show(armature, values)
        assert state() == ((1, 2, 3), (1, 0, 0, 0), (0.0, 5, int), 0.0, (7, 8, 9))
        kept.give_back(armature)
        assert state() == before
