# SPDX-License-Identifier: GPL-3.0-or-later
"""See the 22 joints of the body in the sampled poses of a rig, with all edits of the animator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..bake.adjust import root_path_of
from ..core import (
    JOINT_INDEX,
    JOINT_NAMES,
    PARENTS,
    FloatArray,
    Motion,
    RigError,
    continuous_signs,
    matrix_to_quaternion,
    quaternion_to_matrix,
)
from ..rig.families import RigMapping, map_bones
from ..rig.measure import RigMeasure
from .sampling import BLENDER_FROM_CORE, SampledClip
from .skeleton import GameSkeleton


def joint_bones(skeleton: GameSkeleton, mapping: RigMapping, rig_name: str) -> dict[str, int]:
    """Return the exported bone of each joint, by its place in the skeleton.

    The joints of a control rig are mapped to its controls, which are not exported: its deform bones have names of their
    own.

    Raises:
        RigError: the deform bones are unknown.
    """
    names = skeleton.names
    bones: Mapping[str, str] = mapping.bones
    if not set(bones.values()) <= set(names):
        bones = map_bones(names, rig_name).bones
    return {joint: names.index(bone) for joint, bone in bones.items()}


def body_motion(sampled: SampledClip, rest: FloatArray, joints: Mapping[str, int], measure: RigMeasure) -> Motion:
    """Return the motion of the 22 joints in the core frame; joints without a bone turn with their parents.

    Args:
        sampled: the poses.
        rest: (B, 4, 4) the exported bones at rest, in the game frame.
        joints: the bone of each joint.
        measure: the rig's own.
    """
    to_core = BLENDER_FROM_CORE.T
    R_world = np.empty((len(sampled.heads_m), len(JOINT_NAMES), 3, 3))
    for joint, name in enumerate(JOINT_NAMES):
        if name not in joints:
            R_world[:, joint] = R_world[:, max(PARENTS[joint], 0)]
            continue
        bone = joints[name]
        turned = sampled.rotations[:, bone].astype(np.float64) @ rest[bone, :3, :3].T
        R_world[:, joint] = to_core @ turned @ to_core.T @ measure.alignments[joint].T
    hips = joints["pelvis"]
    middle = (rest[joints["left_hip"], :3, 3] + rest[joints["right_hip"], :3, 3]) / 2
    offset_m = measure.skeleton.offsets_m[[JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]].mean(axis=0)
    pelvis_rest_m = middle - BLENDER_FROM_CORE @ measure.alignments[0].T @ offset_m
    turned = sampled.rotations[:, hips].astype(np.float64) @ rest[hips, :3, :3].T
    pelvis_m = sampled.heads_m[:, hips] + turned @ (pelvis_rest_m - rest[hips, :3, 3])
    wxyz = continuous_signs(matrix_to_quaternion(R_world))
    return Motion(wxyz, pelvis_m @ to_core.T, measure.skeleton, sampled.fps)


def with_root_motion(sampled: SampledClip, skeleton: GameSkeleton, rest: FloatArray, motion: Motion) -> SampledClip:
    """Return the same poses with the root motion on the root bone: no other bone moves in the world.

    Raises:
        RigError: the skeleton has no root bone.
    """
    if not skeleton.root:
        raise RigError("The skeleton has no root bone.", "Set Root motion to As animated.")
    path = root_path_of(motion.rotations_wxyz, motion.root_translation_m, motion.fps)
    turn = BLENDER_FROM_CORE @ quaternion_to_matrix(path.wxyz) @ BLENDER_FROM_CORE.T
    root = skeleton.names.index(skeleton.root)
    rotations, heads_m = sampled.rotations.copy(), sampled.heads_m.copy()
    rotations[:, root] = turn @ rest[root, :3, :3]
    heads_m[:, root] = turn @ rest[root, :3, 3] + path.ground_m @ BLENDER_FROM_CORE.T
    return replace(sampled, rotations=rotations, heads_m=heads_m)
