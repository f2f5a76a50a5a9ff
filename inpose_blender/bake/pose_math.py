# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a solved motion into pose-bone channels: pure numpy, all frames at once.

R_b is the rest rotation of a bone, D_b its rotation away from rest, and D_p that of the bone that carries it, all in
the armature frame. Then Blender's channel is ``basis_b = R_b^-1 (D_p^-1 D_b) R_b``. The conjugation with R_b removes
any bone roll.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ..core import (
    JOINT_INDEX,
    FloatArray,
    conjugate_quaternion,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    quaternion_to_matrix,
    rotate_vector,
    slerp,
)
from ..rig.chains import Chain
from ..rig.families import RigMapping
from ..rig.measure import RigMeasure
from ..rig.rotation import rotation_of
from ..rig.tree import BoneTree

_IDENTITY: Final[FloatArray] = np.array([[1.0, 0.0, 0.0, 0.0]])
_LARGEST_SHORTENING: Final[float] = 0.006
"""Share of a segment's length: 3 mm from the pelvis to the head of an adult."""
_SHORTENING_ATTEMPTS: Final[int] = 3


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


def spread_turns(
    chains: Sequence[Chain], mapping: RigMapping, turns: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Spread bends and twists over the bones between joints; returns the turns of mapped and in-between bones, (F, 4).

    In the trunk, the joint's rotation is that of the middle of the segment. The bones below the middle turn towards the
    joint before, and those above it towards the next joint. Then the segment swings as a whole, so that its end is in
    the direction of a stiff bone's end. A bent segment is shorter than a straight one; if this would move head and
    hands, it bends less. In a limb, each bone takes its share of the twist between the joints.
    """
    result = dict(turns)
    for chain in chains:
        turn, after = turns[mapping.bones[chain.joint]], turns[mapping.bones[chain.after]]
        if chain.bends:
            result |= _bent(chain, turns[mapping.bones[chain.before]], turn, after)
        else:
            result |= _twisted(chain, turn, after)
    return result


def _bent(chain: Chain, before: FloatArray, turn: FloatArray, after: FloatArray) -> dict[str, FloatArray]:
    amount = np.ones((len(turn), 1))
    stiff = chain.offsets_armature.sum(axis=0)
    length = np.linalg.norm(stiff)
    for attempt in range(_SHORTENING_ATTEMPTS + 1):
        parts = []
        for index in range(len(chain.bones)):
            fraction = (index + 0.5) / len(chain.bones) - 0.5
            parts.append(slerp(turn, before if fraction < 0 else after, amount * abs(fraction)))
        reached = sum(
            (rotate_vector(part, offset) for part, offset in zip(parts, chain.offsets_armature, strict=True)),
            start=np.zeros((len(turn), 3)),
        )
        excess = abs(length - np.linalg.norm(reached, axis=1, keepdims=True)) / (_LARGEST_SHORTENING * length)
        if attempt == _SHORTENING_ATTEMPTS or excess.max() <= 1:
            break
        amount = amount / np.sqrt(np.maximum(excess, 1.0))
    swing = shortest_arc(reached, rotate_vector(turn, stiff))
    return {bone: multiply_quaternions(swing, part) for bone, part in zip(chain.bones, parts, strict=True)}


def _twisted(chain: Chain, turn: FloatArray, after: FloatArray) -> dict[str, FloatArray]:
    axis = chain.offsets_armature.sum(axis=0)
    axis = axis / np.linalg.norm(axis)
    relative = multiply_quaternions(conjugate_quaternion(turn), after)
    angle = np.unwrap(2 * np.arctan2(relative[:, 1:] @ axis, relative[:, 0]))
    angle -= 2 * np.pi * np.round(angle.mean() / (2 * np.pi))  # an arm twists by less than half a turn
    result = {}
    for bone, place in zip(chain.bones[1:], chain.places[1:], strict=True):
        half = angle[:, None] * place / 2
        result[bone] = multiply_quaternions(turn, np.hstack((np.cos(half), np.sin(half) * axis)))
    return result


def shortest_arc(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the smallest rotations (F, 4) that turn the directions ``a`` onto ``b``, both (F, 3)."""
    lengths = np.linalg.norm(a, axis=1, keepdims=True) * np.linalg.norm(b, axis=1, keepdims=True)
    cosine = (a * b).sum(axis=1, keepdims=True)
    arc = np.hstack((lengths + cosine, np.cross(a, b)))
    norm = np.linalg.norm(arc, axis=1, keepdims=True)
    # Opposite or vanishing directions have no shortest way: those segments are left as they are.
    return np.where(norm > 1e-6 * lengths + 1e-12, arc / np.maximum(norm, 1e-12), _IDENTITY)


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
    """Return the rotation away from rest of every bone, (F, 4) or (1, 4); unmapped bones follow the bone that carries
    them."""
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


def bone_moves(
    tree: BoneTree,
    turns: Mapping[str, FloatArray],
    moved: Mapping[str, FloatArray],
    targets: Mapping[str, FloatArray],
) -> dict[str, FloatArray]:
    """Return for each bone of the tree the matrix from a point's rest place to where the bone carries it, (F, 4, 4).

    Arguments as for `placed_bones`.
    """
    carried = carried_turns(tree, turns)
    heads: dict[str, FloatArray] = {}
    moves = {}
    count = max(len(turn) for turn in turns.values())
    for name, part in tree.items():
        rest = part.rest_armature[:3, 3]
        heads[name] = rest[None]
        if part.carrier is not None:
            arm = rest - tree[part.carrier].rest_armature[:3, 3]
            heads[name] = heads[part.carrier] + rotate_vector(carried[part.carrier], arm)
        if name in moved:
            heads[name] = heads[name] + moved[name]
        if name in targets:
            heads[name] = targets[name]
        move = np.tile(np.eye(4), (count, 1, 1))
        move[:, :3, :3] = quaternion_to_matrix(carried[name])
        move[:, :3, 3] = heads[name] - move[:, :3, :3] @ rest
        moves[name] = move
    return moves


def placed_bones(
    tree: BoneTree,
    turns: Mapping[str, FloatArray],
    moved: Mapping[str, FloatArray],
    targets: Mapping[str, FloatArray],
) -> dict[str, FloatArray]:
    """Return the shifts that bring bones to their places, by bone name, (F, 3), in the frame of the bone that carries
    each.

    Args:
        tree: the rig.
        turns: the turns of all bones that have any, (F, 4).
        moved: shifts that other bones have already, in the armature frame, (F, 3).
        targets: places of the heads of the bones, in the armature frame, (F, 3).
    """
    carried = carried_turns(tree, turns)
    heads: dict[str, FloatArray] = {}
    shifts = {}
    for name, part in tree.items():
        rest = part.rest_armature[:3, 3]
        if part.carrier is None:
            heads[name] = rest[None]
        else:
            arm = rest - tree[part.carrier].rest_armature[:3, 3]
            heads[name] = heads[part.carrier] + rotate_vector(carried[part.carrier], arm)
        if name in moved:
            heads[name] = heads[name] + moved[name]
        if name in targets:
            shift = targets[name] - heads[name]
            heads[name] = targets[name]
            frame = conjugate_quaternion(carried[part.carrier]) if part.carrier else _IDENTITY
            shifts[name] = rotate_vector(np.broadcast_to(frame, (len(shift), 4)), shift)
    return shifts


def joint_path(measure: RigMeasure, world: FloatArray, path_m: FloatArray) -> FloatArray:
    """Return a joint's path in the armature frame, (F, 3), from its path in the core frame in metres."""
    in_world = measure.origin_world + path_m @ measure.R_world_core.T / measure.metres_per_unit
    return (in_world - world[:3, 3]) @ np.linalg.inv(world[:3, :3]).T
