# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a solved motion into pose-bone channels: pure numpy, all frames at once.

With R_b a bone's rest rotation, D_b its turn away from rest and D_p that of what carries it, all in the armature frame,
the channel that Blender wants is ``basis_b = R_b^-1 (D_p^-1 D_b) R_b``: any bone roll drops out by the conjugation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .core import (
    JOINT_INDEX,
    conjugate_quaternion,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)
from .rig import BoneTree, RigMeasure

FloatArray = NDArray[np.float64]

_IDENTITY: Final[FloatArray] = np.array([[1.0, 0.0, 0.0, 0.0]])


def bone_turns(
    measure: RigMeasure, bones: Mapping[str, str], world: FloatArray, rotations: FloatArray
) -> dict[str, FloatArray]:
    """Return each mapped bone's turn away from rest in the armature frame, ``D_b``, as (F, 4).

    Args:
        measure: the rig's rest pose.
        bones: joint name to bone name.
        world: (4, 4) matrix_world of the armature object.
        rotations: (F, 22, 4) global joint rotations in the core frame.
    """
    q_armature_core = matrix_to_quaternion(rotation_of(world).T @ measure.R_world_core)
    q_core_armature = conjugate_quaternion(q_armature_core)
    turns = {}
    for joint, bone in bones.items():
        index = JOINT_INDEX[joint]
        rest_side = multiply_quaternions(matrix_to_quaternion(measure.alignments[index]), q_core_armature)
        turns[bone] = multiply_quaternions(q_armature_core, multiply_quaternions(rotations[:, index], rest_side))
    return turns


def pose_rotations(tree: BoneTree, turns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the rotation channel of each mapped bone, (F, 4) with continuous signs."""
    carried = carried_turns(tree, turns)
    channels = {}
    for name, turn in turns.items():
        bone = tree[name]
        q_rest = matrix_to_quaternion(rotation_of(bone.rest_armature))
        carrier = carried[bone.carrier] if bone.carrier and bone.turns_with_carrier else _IDENTITY
        own = multiply_quaternions(conjugate_quaternion(carrier), turn)
        basis = multiply_quaternions(conjugate_quaternion(q_rest), multiply_quaternions(own, q_rest))
        channels[name] = continuous_signs(normalize_quaternion(basis))
    return channels


def carried_turns(tree: BoneTree, turns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return every bone's turn away from rest, (F, 4) or (1, 4): unmapped bones go with their carrier."""
    result: dict[str, FloatArray] = {}
    for name, bone in tree.items():
        if name in turns:
            result[name] = turns[name]
        else:
            result[name] = result[bone.carrier] if bone.carrier and bone.turns_with_carrier else _IDENTITY
    return result


def point_on_bone(tree: BoneTree, turns: Mapping[str, FloatArray], bone: str, rest_point: FloatArray) -> FloatArray:
    """Follow a point that is fixed to a bone through the motion, without any location channel: (F, 3) or (1, 3).

    ``rest_point`` is where it is in the rest pose, in the armature frame like the result.
    """
    carried = carried_turns(tree, turns)
    heads: dict[str, FloatArray] = {}
    for name, part in tree.items():
        head = part.rest_armature[:3, 3]
        if part.carrier is None:
            heads[name] = head[None]
        else:
            arm = head - tree[part.carrier].rest_armature[:3, 3]
            heads[name] = heads[part.carrier] + rotate_vector(carried[part.carrier], arm)
    return heads[bone] + rotate_vector(carried[bone], rest_point - tree[bone].rest_armature[:3, 3])


def root_path(measure: RigMeasure, world: FloatArray, root_m: FloatArray) -> FloatArray:
    """Return the pelvis joint's path in the armature frame, (F, 3), from its path in the core frame in metres."""
    in_world = measure.origin_world + root_m @ measure.R_world_core.T / measure.metres_per_unit
    return (in_world - world[:3, 3]) @ np.linalg.inv(world[:3, :3]).T


def rotation_of(matrix: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) nearest to a matrix (3, 3) or (4, 4), its scale taken out.

    Rest matrices of deep chains are single precision products, up to 1e-3 degrees from orthogonal.
    """
    left, _, right = np.linalg.svd(matrix[:3, :3])
    return left @ right
