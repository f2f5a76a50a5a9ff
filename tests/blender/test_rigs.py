# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and measure the joints of made-up, Rigify and real rigs."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from rigs import build_rig, import_shared_rig, map_and_measure, random_motion, worst_errors

from inpose_blender.bake import BakeSettings, bake_motion
from inpose_blender.core import JOINT_INDEX, JOINT_NAMES, RigError, Skeleton, SkeletonError
from inpose_blender.rig import load_families, map_bones, measure_rig
from inpose_blender.rig.families import OPTIONAL_JOINTS

LARGEST_ERROR_DEG = 1e-3


def names_of(family_name: str, prefix: str = "") -> dict[str, str]:
    family = next(family for family in load_families() if family.name == family_name)
    return {joint: prefix + aliases[0] for joint, aliases in family.joints.items()}


@pytest.mark.parametrize(
    ("family", "prefix"),
    [
        ("mixamo", "mixamorig:"),
        ("mixamo", "mixamorig1:"),
        ("mixamo", ""),
        ("smpl", "m_avg_"),
        ("smpl", "f_avg_"),
        ("smpl", ""),
        ("rigify_metarig", ""),
        ("rigify_generated_fk", ""),
    ],
)
def test_naming_is_recognised(family, prefix):
    names = names_of(family, prefix)
    mapping = map_bones([*names.values(), "Camera", "jaw", "head_end"], "Rig")
    assert mapping.family.name == family
    assert mapping.bones == names


def test_every_family_file_is_complete():
    for family in load_families():
        assert list(family.joints) == list(JOINT_NAMES)
        aliases = [alias for names in family.joints.values() for alias in names]
        assert len(aliases) == len(set(aliases)), family.name


@pytest.mark.parametrize("joint", sorted(set(JOINT_NAMES) - OPTIONAL_JOINTS - {"spine3"}))
def test_a_needed_joint_that_is_missing_is_named(joint):
    names = names_of("mixamo", "mixamorig:")
    del names[joint]
    with pytest.raises(RigError, match=joint.replace("_", " ")):
        map_bones(names.values(), "Rig")


def test_a_rig_of_unknown_names_is_refused():
    with pytest.raises(RigError, match="no naming that InPose knows"):
        map_bones(["Bone", "Bone.001", "head"], "Rig")


def test_two_spine_bones_become_the_lowest_and_the_highest():
    names = names_of("mixamo")
    del names["spine3"]
    mapping = map_bones(names.values(), "Rig")
    assert (mapping.bones["spine1"], mapping.bones["spine3"]) == ("Spine", "Spine1")
    assert "spine2" in mapping.notes[0]


@pytest.mark.parametrize("arm_angle_deg", [0.0, 45.0, 80.0])
@pytest.mark.parametrize("turn", [{}, {"rotation_deg": (90, 0, 0), "scale": 0.01}, {"rotation_deg": (0, 0, 77)}])
def test_any_rest_pose_measures_as_the_same_t_pose(rng, arm_angle_deg, turn):
    _, measure = map_and_measure(build_rig(rng, arm_angle_deg=arm_angle_deg, **turn))
    np.testing.assert_allclose(measure.skeleton.offsets_m, Skeleton.template().offsets_m, atol=2e-3)
    lengths = np.linalg.norm(measure.skeleton.offsets_m, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(Skeleton.template().offsets_m, axis=1), atol=1e-5)


def test_missing_optional_bones_leave_the_body_its_size(rng):
    whole = map_and_measure(build_rig(rng))[1].skeleton
    without = ("spine2", "neck", "left_collar", "right_collar", "left_foot", "right_foot")
    measure = map_and_measure(build_rig(rng, without=without))[1]
    for name in ("head", "left_wrist", "right_wrist", "left_ankle", "right_foot"):
        joint = JOINT_INDEX[name]
        np.testing.assert_allclose(
            measure.skeleton.rest_positions_m[joint], whole.rest_positions_m[joint], atol=2e-2, err_msg=name
        )
    assert "neck" in measure.notes[0]


def test_a_lying_rig_is_refused(rng):
    rig = build_rig(rng)
    rig.rotation_euler = (1.5, 0, 0)
    bpy.context.view_layer.update()
    with pytest.raises(RigError, match="upright"):
        map_and_measure(rig)


def test_a_limb_without_length_is_refused(rng):
    rig = build_rig(rng)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    bones["left_knee"].head = bones["left_hip"].head
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(RigError, match="left_hip has no length"):
        map_and_measure(rig)


def test_a_giant_is_refused(rng):
    with pytest.raises(SkeletonError):
        map_and_measure(_scaled(build_rig(rng), 100.0))


def _scaled(rig, factor):
    rig.scale = (factor,) * 3
    bpy.context.view_layer.update()
    return rig


def test_scene_units_are_metres(rng):
    rig = _scaled(build_rig(rng), 100.0)
    mapping = map_bones([bone.name for bone in rig.data.bones], rig.name)
    measure = measure_rig(rig, mapping, 0.01)
    assert measure.skeleton.stature_m == pytest.approx(1.75, abs=0.01)
    motion = random_motion(rng, measure.skeleton)
    bake_motion(rig, motion, BakeSettings("take"), scene=bpy.context.scene, mapping=mapping, measure=measure)
    degrees, units = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert units < 5e-3


@pytest.mark.parametrize("file_name", ["makehuman_mixamo_female.fbx", "smpl_named_female.glb"])
def test_real_rigs_are_mapped_measured_and_baked(rng, file_name):
    rig, facts = import_shared_rig(file_name)
    mapping, measure = map_and_measure(rig)
    assert mapping.bones == facts["mapping"]
    places = measure.skeleton.rest_positions_m
    for pair, distance in facts["distances_between_mapped_joints"].items():
        a, b = (JOINT_INDEX[name] for name in pair.split("->"))
        assert np.linalg.norm(places[a] - places[b]) == pytest.approx(distance, abs=2e-5), pair
    np.testing.assert_allclose(measure.R_world_core[:, 2], (0, -1, 0), atol=0.05)  # it faces -Y
    motion = random_motion(rng, measure.skeleton)
    bake_motion(rig, motion, BakeSettings("take"), scene=bpy.context.scene, mapping=mapping, measure=measure)
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < 2e-5


@pytest.fixture
def metarig():
    if not hasattr(bpy.types, "OBJECT_OT_armature_human_metarig_add"):
        try:
            bpy.ops.preferences.addon_enable(module="rigify")
        except RuntimeError as error:
            pytest.skip(f"this Blender has no Rigify ({error})")
    bpy.ops.object.armature_human_metarig_add()
    return bpy.context.object


def test_rigify_metarig(rng, metarig):
    mapping, measure = map_and_measure(metarig)
    assert mapping.family.name == "rigify_metarig"
    assert not mapping.missing
    motion = random_motion(rng, measure.skeleton)
    bake_motion(metarig, motion, BakeSettings("take"), scene=bpy.context.scene, mapping=mapping, measure=measure)
    degrees, metres = worst_errors(metarig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < 2e-5


def test_rigify_generated(rng, metarig):
    bpy.ops.pose.rigify_generate()
    rig = bpy.context.object
    objects = sorted(block.name for block in bpy.data.objects)
    mapping, measure = map_and_measure(rig)
    assert mapping.family.name == "rigify_generated_fk"
    assert not mapping.missing
    motion = random_motion(rng, measure.skeleton)
    bake_motion(rig, motion, BakeSettings("take"), scene=bpy.context.scene, mapping=mapping, measure=measure)
    assert sorted(block.name for block in bpy.data.objects) == objects  # the probed copy is gone
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < 2e-5
    wrist = rig.pose.bones["DEF-hand.L"].matrix.translation
    assert (wrist - rig.pose.bones["hand_fk.L"].matrix.translation).length < 1e-4  # the limbs do follow the FK controls
