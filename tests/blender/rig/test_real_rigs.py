# SPDX-License-Identifier: GPL-3.0-or-later
"""Map, measure and bake the real rigs of `../shared/rigs`, each imported once, by names and by structure alone."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from rigs import SHARED_RIGS, gentle_motion, import_shared_rig, nearest_rotation, worst_errors

from inpose_blender.bake.adjust import resample_motion
from inpose_blender.bake.bake import bake_motion
from inpose_blender.bake.pose_math import bone_turns, spread_turns
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.core import JOINT_INDEX, JOINT_NAMES, PARENTS, Motion, quaternion_to_matrix
from inpose_blender.options import SolveSettings
from inpose_blender.rig.chains import detached_joints, spread_chains
from inpose_blender.rig.families import map_humanoid
from inpose_blender.rig.find import map_rig
from inpose_blender.rig.measure import measure_rig
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.rig.rest_tree import RestBone
from inpose_blender.rig.structure import map_by_structure
from inpose_blender.rig.tree import bone_tree
from inpose_blender.rig.vrm import read_vrm_table
from inpose_blender.runtime.interpreter import candidate_interpreters
from inpose_blender.solve.job import SolveJob
from inpose_blender.solve.options import SolveOptions
from tests.shared_files import wants_shared

LARGEST_ERROR_DEG = 0.01
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"
RIG_FILES = sorted(path.name for path in SHARED_RIGS.glob("*") if path.suffix in {".bvh", ".fbx", ".glb", ".gltf"})
RIG_FILES += sorted(path.name for path in SHARED_RIGS.glob("*") if path.suffix in {".vrm", ".blend"})
FAMILIES = {
    "Quaternius": "quaternius",
    "KayKit": "kaykit",
    "Kenney": "kenney",
    "Mesh2Motion (UE mannequin names)": "unreal",
    "MakeHuman game_engine (UE mannequin names)": "unreal",
    "MakeHuman default": "makehuman",
    "SMPL": "smpl",
    "CMU mocap (LHipJoint; HipKneeAnkle variant)": "cmu",
    "Rocketbox (3ds Max Biped)": "biped",
    "Poser / DAZ 3-4": "daz_poser",
    "Xsens (100STYLE)": "xsens",
    "VRM 0.x, VRChat/CATS bone names": "cats",
    "VRM 1.0, VRoid bone names": "vroid",
}

pytestmark = pytest.mark.skipif(not RIG_FILES, reason=wants_shared("rigs"))


def wrong_joints(bones: dict[str, str], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the joints whose bone is neither the right one nor one as good."""
    return {
        joint: (bone, bones.get(joint))
        for joint, bone in facts["mapping"].items()
        if bones.get(joint) != bone and bones.get(joint) not in facts["also_acceptable"].get(joint, ())
    }


def anonymous(rig: Any) -> tuple[list[RestBone], dict[str, str]]:
    """Return the bones in any order and under any names, and their true names."""
    world = np.array(rig.matrix_world)
    shuffled = random.Random(5).sample(list(rig.data.bones), len(rig.data.bones))
    names = {bone.name: f"Bone.{index:03d}" for index, bone in enumerate(shuffled)}
    bones = [
        RestBone(
            names[bone.name],
            names[bone.parent.name] if bone.parent else None,
            tuple((world @ np.array([*bone.head_local, 1.0]))[:3]),
        )
        for bone in shuffled
    ]
    return bones, {new: old for old, new in names.items()}


@pytest.mark.parametrize("file_name", RIG_FILES)
def test_a_real_rig_is_mapped_measured_and_baked(rng, file_name):
    rig, facts = import_shared_rig(file_name)
    mapping = map_rig(rig)
    assert wrong_joints(mapping.bones, facts) == {}
    assert mapping.family.name == FAMILIES.get(facts["naming_family"], "mixamo")

    bones, true_names = anonymous(rig)
    by_structure = map_by_structure(bones)
    assert by_structure is not None
    assert wrong_joints({joint: true_names[bone] for joint, bone in by_structure.items()}, facts) == {}

    measure = measure_rig(rig, mapping, 1.0)
    assert 0.8 < measure.skeleton.stature_m < 6.5
    lengths = np.linalg.norm(measure.skeleton.offsets_m, axis=1) / measure.metres_per_unit
    for pair, distance in facts["distances_between_mapped_joints"].items():
        parent, child = pair.split("->")
        if {mapping.bones[parent], mapping.bones[child]} <= set(facts["mapping"].values()):
            joint, length = JOINT_INDEX[child], 0.0
            while joint != JOINT_INDEX[parent]:  # a joint without a bone has no length of its own
                length += lengths[joint]
                joint = PARENTS[joint]
            assert length == pytest.approx(distance, rel=1e-3, abs=2e-5), pair
    stands, faces = measure.R_world_core[:, 1], measure.R_world_core[:, 2]
    np.testing.assert_allclose(stands, (0, 0, 1), atol=1e-6)
    facing = (0, 1, 0) if facts["facing"] == "+Y" else (0, -1, 0)
    np.testing.assert_allclose(faces, facing, atol=0.07)

    scene = bpy.context.scene  # importers change its frame rate
    motion = gentle_motion(rng, measure.skeleton, fps=scene.render.fps / scene.render.fps_base)
    for spread in (False, True):
        bake_motion(rig, motion, BakeSettings("take", spread=spread), scene=scene, mapping=mapping, measure=measure)
        chains = spread_chains(bone_tree(rig, mapping, scene), mapping) if spread else ()
        bent = {chain.joint for chain in chains if chain.bends} if measure.rest_is_human else set()
        degrees, units = worst_errors(rig, mapping, measure, motion, without=bent)
        assert degrees < LARGEST_ERROR_DEG
        largest = 5e-3 if bent else 1e-3 if chains else 1e-4
        assert units * measure.metres_per_unit < largest * max(1.0, measure.skeleton.stature_m / 1.7)
        if spread and measure.rest_is_human:
            check_spread(rig, mapping, measure, motion, chains)


def check_spread(rig, mapping, measure, motion, chains):
    """Every bone is where it was meant to be, and those between joints turn by a part of what the joints turn."""
    wxyz = bone_turns(measure, mapping.bones, np.array(rig.matrix_world), motion.rotations_wxyz)
    for bone, turn in spread_turns(chains, mapping, wxyz).items():
        rest = nearest_rotation(rig.data.bones[bone].matrix_local)
        for frame in range(len(motion)):
            bpy.context.scene.frame_set(frame + 1)
            turned = nearest_rotation(rig.pose.bones[bone].matrix) @ rest.T
            assert angle_of(turned.T @ quaternion_to_matrix(turn[frame])) < LARGEST_ERROR_DEG, bone
    bpy.context.scene.frame_set(3)
    for chain in chains:
        names = [*chain.bones, mapping.bones[chain.after]]
        turns = [
            nearest_rotation(rig.pose.bones[name].matrix) @ nearest_rotation(rig.data.bones[name].matrix_local).T
            for name in names
        ]
        steps = [angle_of(a.T @ b) for a, b in itertools.pairwise(turns)]
        if chain.bends:
            assert max(steps[:-1]) < angle_of(turns[0].T @ turns[-1]) + 2.0
            assert min(steps) > 0.05
        else:
            assert min(steps[:-1]) > 0.05, "the bones between take a part of the twist"


def angle_of(R):
    sine = np.linalg.norm((R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1])) / 2
    return float(np.degrees(np.arctan2(sine, (np.trace(R) - 1) / 2)))


@pytest.mark.parametrize("file_name", [name for name in RIG_FILES if name.endswith(".vrm")])
def test_the_table_of_a_vrm_file_says_the_same(file_name):
    rig, facts = import_shared_rig(file_name)
    mapping = map_humanoid(read_vrm_table(SHARED_RIGS / file_name))
    assert mapping.family.label == "VRM"
    assert set(mapping.bones.values()) <= {bone.name for bone in rig.data.bones}
    # "Chest" of two bones is the second of the spine in VRM: it carries the shoulders all the same.
    assert wrong_joints(mapping.bones, facts) == {}


def test_bones_that_hang_elsewhere_are_brought_to_their_place():
    rig, _ = import_shared_rig("rocketbox_female_adult_01.fbx")
    mapping = map_rig(rig)
    tree = bone_tree(rig, mapping, bpy.context.scene)
    assert set(detached_joints(tree, mapping)) == {"left_hip", "right_hip", "left_collar", "right_collar"}


def test_a_character_with_its_origin_in_the_hips_stands_on_the_floor():
    rig, _ = import_shared_rig("rocketbox_female_adult_01.fbx")
    assert rig.location.z > 0.8
    np.testing.assert_allclose(measure_rig(rig, map_rig(rig), 1.0).origin_world, (0, 0, 0), atol=1e-3)


def test_every_rig_has_a_file_and_an_answer():
    assert len(RIG_FILES) == len(list(SHARED_RIGS.glob("*.json")))
    assert set(JOINT_NAMES) == set(import_shared_rig("poser_daz_cross.bvh")[1]["mapping"])


@pytest.mark.slow
@pytest.mark.parametrize("file_name", [*RIG_FILES])
def test_the_example_is_solved_and_baked(file_name):
    """The whole way on every rig: head and wrists of the baked rig are where the solver has them, and on target."""
    rig, _ = import_shared_rig(file_name)
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    options = SolveOptions(solve=SolveSettings(device="cpu"))
    job = SolveJob(EXAMPLE, prepared.measure.skeleton, candidate_interpreters(), options)
    job.wait()
    result = bake_motion(
        rig,
        job.outcome.take.motion,
        BakeSettings("take"),
        scene=scene,
        mapping=prepared.mapping,
        measure=prepared.measure,
    )
    fps = scene.render.fps / scene.render.fps_base
    rotations, root_m = resample_motion(job.outcome.take.motion, fps)
    measure = prepared.measure
    joints_m = Motion(rotations, root_m, measure.skeleton, fps).joint_positions_m
    assert result.last_frame == len(joints_m)
    world = np.array(rig.matrix_world)
    size = max(1.0, measure.skeleton.stature_m / 1.7)
    for frame in range(0, len(joints_m), 25):
        scene.frame_set(frame + 1)
        for joint in ("head", "left_wrist", "right_wrist"):
            head = world[:3, :3] @ np.array(rig.pose.bones[prepared.mapping.bones[joint]].head) + world[:3, 3]
            place_m = measure.R_world_core.T @ (head - measure.origin_world) * measure.metres_per_unit
            assert np.linalg.norm(place_m - joints_m[frame, JOINT_INDEX[joint]]) < 5e-3 * size
    # Where the arm is not stretched out its hand is on the target: what is out of reach stays so (short toon arms).
    motion = job.outcome.take.motion
    for side, sensor in (("left", 1), ("right", 2)):
        shoulder, elbow, wrist = (JOINT_INDEX[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
        arm_m = np.linalg.norm(measure.skeleton.offsets_m[[elbow, wrist]], axis=1).sum()
        places_m = motion.joint_positions_m
        stretched = np.linalg.norm(places_m[:, wrist] - places_m[:, shoulder], axis=1) / arm_m
        assert motion.sensor_error_m[stretched < 0.97, sensor].max(initial=0.0) < 3e-3 * size
    assert motion.sensor_error_m[:, 0].max() < 1e-3 * size
