# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and measure the joints of made-up, Rigify and real rigs."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure, random_motion, still_motion, worst_errors

from inpose_blender.bake.bake import BakeSettings, bake_motion
from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import JOINT_INDEX, JOINT_NAMES, RigError, Skeleton
from inpose_blender.rig.carriers import joints_of_bones
from inpose_blender.rig.families import OPTIONAL_JOINTS, SPINE, choose_spine, load_families, map_bones
from inpose_blender.rig.find import find_mapping
from inpose_blender.rig.measure import measure_rig
from inpose_blender.rig.rest_tree import RestBone
from inpose_blender.rig.structure import map_by_structure

LARGEST_ERROR_DEG = 1e-3


FAMILIES = {family.name: family for family in load_families()}


def names_of(family_name: str, prefix: str = "") -> dict[str, str]:
    family = FAMILIES[family_name]
    spine = choose_spine([aliases[0] for aliases in family.spine])
    names = {joint: aliases[0] for joint, aliases in family.joints.items()} | spine
    return {joint: prefix + names[joint] for joint in JOINT_NAMES if joint in names}


PREFIXES = {"mixamo": ("mixamorig:", "mixamorig12:", "mixamorig_"), "smpl": ("m_avg_", "f_mosh_cmu05_0511_")}
PREFIXES |= {"biped": ("Bip01 ", "Bip001 ", "ValveBiped.Bip01_"), "xsens": ("BVH:",), "unreal": ("Armature|",)}


@pytest.mark.parametrize(
    ("family", "prefix"), [(name, prefix) for name in FAMILIES for prefix in ("", *PREFIXES.get(name, ()))]
)
def test_naming_is_recognised(family, prefix):
    names = names_of(family, prefix)
    extra = ["Camera", "jaw", "head_end", prefix + "upperarm_twist_01_l", "thumb.01.L", "ik_foot_root"]
    mapping = map_bones([*names.values(), *extra], "Rig")
    assert mapping.bones == names
    assert not mapping.missing_required
    assert mapping.family.name == family or names == names_of(mapping.family.name, prefix)


@pytest.mark.parametrize("family", FAMILIES)
def test_capitals_and_the_numbers_of_sketchfab_do_not_matter(family):
    if FAMILIES[family].is_control_rig:
        pytest.skip("control rigs are made by their add-ons, which number nothing")
    names = names_of(family)
    assert map_bones([name.upper() for name in names.values()], "Rig").bones == {
        joint: name.upper() for joint, name in names.items()
    }
    numbered = {joint: f"{name}_{index:02d}" for index, (joint, name) in enumerate(names.items())}
    assert map_bones(numbered.values(), "Rig").bones == numbered


def test_every_family_file_is_complete():
    for family in FAMILIES.values():
        assert {*family.joints, *SPINE} == set(JOINT_NAMES)
        groups = [*family.joints.values(), *family.spine]
        aliases = [alias for names in groups for alias in names]
        assert len(aliases) == len(set(aliases)), family.name


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_traps_of_common_words(side):
    """A shoulder is the collar in one naming and the upper arm in another, a leg the shin or the thigh."""
    names = {family: names_of(family)[f"{side}_{joint}"].casefold() for family, joint in TRAPS}
    assert names["mixamo"] == names["xsens"] == f"{side}shoulder"
    assert FAMILIES["mixamo"].joints[f"{side}_knee"][0].casefold() == f"{side}leg"
    assert FAMILIES["cats"].joints[f"{side}_hip"][0].casefold() == f"{side} leg"


TRAPS = (("mixamo", "collar"), ("xsens", "shoulder"))


@pytest.mark.parametrize(
    ("count", "chosen"), [(1, "--0"), (2, "0-1"), (3, "012"), (4, "023"), (5, "024"), (6, "035"), (0, "---")]
)
def test_any_number_of_spine_bones(count, chosen):
    spine = choose_spine([str(index) for index in range(count)])
    assert "".join(spine.get(joint, "-") for joint in SPINE) == chosen


@pytest.mark.parametrize("joint", sorted(set(JOINT_NAMES) - OPTIONAL_JOINTS - {"spine3"}))
def test_a_needed_joint_that_is_missing_is_named(joint):
    names = names_of("mixamo", "mixamorig:")
    del names[joint]
    with pytest.raises(RigError, match=joint.replace("_", " ")):
        map_bones(names.values(), "Rig")


def test_a_rig_of_unknown_names_is_refused():
    with pytest.raises(RigError, match="does not know the bone names"):
        map_bones(["Bone", "Bone.001", "head"], "Rig")


def test_two_spine_bones_become_the_lowest_and_the_highest():
    names = names_of("mixamo")
    del names["spine2"], names["spine3"]
    mapping = map_bones([*names.values(), "Spine1"], "Rig")
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


@pytest.mark.parametrize("turn", [(90, 0, 0), (0, -90, 0), (-80, 10, 0)])
def test_a_lying_rig_is_stood_up(rng, turn):
    standing = map_and_measure(build_rig(rng, arm_angle_deg=30.0))[1].skeleton
    rig = build_rig(rng, arm_angle_deg=30.0)
    rig.rotation_euler = [math.radians(angle) for angle in turn]
    bpy.context.view_layer.update()
    mapping, measure = map_and_measure(rig)
    np.testing.assert_allclose(measure.skeleton.offsets_m, standing.offsets_m, atol=1e-4)
    np.testing.assert_allclose(measure.R_world_core[:, 1], (0, 0, 1), atol=1e-6)
    assert "stands it up" in measure.notes[0]
    motion = random_motion(rng, measure.skeleton)
    bake_motion(rig, motion, BakeSettings("take"), scene=bpy.context.scene, mapping=mapping, measure=measure)
    degrees, metres = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < 2e-5


def test_a_limb_without_length_is_refused(rng):
    rig = build_rig(rng)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    bones["left_knee"].head = bones["left_hip"].head
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(RigError, match="left_hip has no length"):
        map_and_measure(rig)


@pytest.mark.parametrize("factor", [100.0, 1000.0, 1 / 0.0254, 17.9, 0.01])
def test_rigs_in_other_units_are_solved_as_people(rng, factor):
    rig = _scaled(build_rig(rng), factor)
    mapping, measure = map_and_measure(rig)
    assert measure.skeleton.stature_m == pytest.approx(1.75, abs=0.08)
    assert "solves it as a person" in measure.notes[0]
    motion = random_motion(rng, measure.skeleton)
    bake_motion(rig, motion, BakeSettings("take"), scene=bpy.context.scene, mapping=mapping, measure=measure)
    degrees, units = worst_errors(rig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert units < 2e-5 * factor


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
    bake_motion(
        metarig, motion, BakeSettings("take", spread=False), scene=bpy.context.scene, mapping=mapping, measure=measure
    )
    degrees, metres = worst_errors(metarig, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < 2e-5


@pytest.fixture(scope="module")
def generated_file(tmp_path_factory):
    """Return a file with a generated rig: generating takes seconds."""
    return tmp_path_factory.mktemp("rigify") / "rig.blend"


@pytest.fixture
def generated(generated_file, metarig):
    if not generated_file.exists():
        bpy.ops.pose.rigify_generate()
        bpy.ops.wm.save_as_mainfile(filepath=str(generated_file))
    bpy.ops.wm.open_mainfile(filepath=str(generated_file))
    return bpy.context.object


def test_rigify_generated(rng, generated):
    rig = generated
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


def test_the_skin_of_a_generated_rig_moves_with_its_joints(generated):
    mapping, _ = map_and_measure(generated)
    joint_of = joints_of_bones(generated.data, mapping)
    assert set(joint_of) == set(generated.data.bones.keys())
    assert {bone: joint_of[bone] for bone in _DEFORMING} == _DEFORMING


_DEFORMING = {
    "DEF-spine": "pelvis",
    "DEF-spine.002": "spine2",
    "DEF-spine.005": "neck",
    "DEF-spine.006": "head",
    "DEF-temple.L": "head",
    "DEF-shoulder.R": "right_collar",
    "DEF-upper_arm.L": "left_shoulder",
    "DEF-upper_arm.L.001": "left_shoulder",
    "DEF-forearm.R.001": "right_elbow",
    "DEF-hand.L": "left_wrist",
    "DEF-f_pinky.03.L": "left_wrist",
    "DEF-thigh.L": "left_hip",
    "DEF-shin.R.001": "right_knee",
    "DEF-foot.R": "right_ankle",
    "DEF-toe.L": "left_foot",
}


def test_root_motion_goes_onto_the_root_of_a_generated_rig(rng, generated):
    mapping, measure = map_and_measure(generated)
    motion = random_motion(rng, measure.skeleton)
    settings = BakeSettings("take", root_motion=True)
    bake_motion(generated, motion, settings, scene=bpy.context.scene, mapping=mapping, measure=measure)
    degrees, metres = worst_errors(generated, mapping, measure, motion)
    assert degrees < LARGEST_ERROR_DEG
    assert metres < 2e-5
    paths = {curve.data_path for curve in action_curves(generated.animation_data.action, generated)}
    assert 'pose.bones["root"].location' in paths


def test_rigify_undo_restores_the_switches(generated):
    name = generated.name
    bpy.ops.ed.undo_push(message="before")
    rig = bpy.data.objects[name]
    mapping, measure = map_and_measure(rig)
    settings = BakeSettings("take")
    bake_motion(
        rig, still_motion(measure.skeleton), settings, scene=bpy.context.scene, mapping=mapping, measure=measure
    )
    bpy.context.scene.frame_set(2)
    assert rig.pose.bones["upper_arm_parent.L"]["IK_FK"] == 1.0
    bpy.ops.ed.undo_push(message="bake")
    bpy.ops.ed.undo()
    rig = bpy.data.objects[name]
    assert rig.pose.bones["upper_arm_parent.L"]["IK_FK"] == 0.0
    assert rig.animation_data is None or rig.animation_data.action is None


def test_a_control_rig_whose_body_does_not_follow_is_refused(generated):
    rig = generated
    mapping, measure = map_and_measure(rig)
    for constraint in rig.pose.bones["ORG-hand.L"].constraints:
        rig.pose.bones["ORG-hand.L"].constraints.remove(constraint)
    with pytest.raises(RigError, match=r"ORG-hand\.L does not follow the control hand_fk\.L"):
        bake_motion(
            rig,
            still_motion(measure.skeleton),
            BakeSettings("take"),
            scene=bpy.context.scene,
            mapping=mapping,
            measure=measure,
        )


def test_rigify_metarig_by_structure(metarig):
    all_bones = metarig.data.bones
    bones = [
        RestBone(f"b{index}", f"b{all_bones.find(bone.parent.name)}" if bone.parent else None, bone.head_local)
        for index, bone in enumerate(all_bones)
    ]
    found = map_by_structure(bones)
    names = {f"b{index}": bone.name for index, bone in enumerate(metarig.data.bones)}
    assert {joint: names[bone] for joint, bone in found.items()} == map_and_measure(metarig)[0].bones


def test_what_is_no_body_is_not_built_like_one(rng):
    chain = [RestBone(f"b{i}", f"b{i - 1}" if i else None, (0.0, 0.0, float(i))) for i in range(30)]
    assert map_by_structure([]) is None
    assert map_by_structure(chain) is None
    hand = [RestBone("palm", None, (0.0, 0.0, 0.0))]
    for finger in range(5):
        for part in range(4):
            parent = f"f{finger}{part - 1}" if part else "palm"
            hand.append(RestBone(f"f{finger}{part}", parent, (finger - 2.0, 0.0, part + 1.0)))
    assert map_by_structure(hand) is None


def test_names_that_say_most_are_believed_where_the_build_says_otherwise(rng):
    """Without an elbow the arm would look like a shorter one, one bone further up."""
    mapping = find_mapping(build_rig(rng, without=("left_elbow",)))
    assert mapping.family.name == "smpl"
    assert mapping.missing_required == ("left_elbow",)


def test_the_build_completes_what_the_names_leave_open(rng):
    rig = build_rig(rng)
    rig.data.bones["left_elbow"].name = "Bone.017"
    mapping = find_mapping(rig)
    assert mapping.family.name == "smpl"
    assert mapping.bones == {joint: joint for joint in JOINT_NAMES} | {"left_elbow": "Bone.017"}
