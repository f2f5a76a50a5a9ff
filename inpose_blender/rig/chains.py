# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the bones between two joints, which share the bend and the twist of the body.

Rigs have more bones than the solver has joints: five bones in a spine, three in a neck, split upper and lower arms.
The trunk bends in all of its bones. Arms and legs do not bend between their joints, they only twist there.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..core import JOINT_INDEX, JOINT_NAMES, PARENTS, FloatArray, RigError
from .families import RigMapping
from .tree import BoneTree

_TRUNK: Final[tuple[str, ...]] = ("spine1", "spine2", "spine3", "neck", "head")
_LIMBS: Final[tuple[tuple[str, str], ...]] = tuple(
    (f"{side}_{upper}", f"{side}_{lower}")
    for side in ("left", "right")
    for upper, lower in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)


@dataclass(frozen=True)
class Chain:
    """Hold a segment of the body that has several bones."""

    joint: str
    """The joint at the beginning of the segment."""
    before: str
    """The mapped parent joint, from whose rotation the segment starts."""
    after: str
    """The mapped joint at the end of the segment."""
    bones: tuple[str, ...]
    """The joint's own bone and those between it and the next joint's, in order."""
    offsets_armature: FloatArray
    """(bones, 3) from each bone's head to the next one's in the rest pose; the last ends at the joint ``after``."""
    bends: bool
    """True in the trunk; in limbs the bones only twist."""

    @property
    def places(self) -> FloatArray:
        """Return where each bone begins along the segment, 0 at its beginning and 1 at its end: (bones,)."""
        lengths = np.linalg.norm(self.offsets_armature, axis=1)
        return np.concatenate(([0.0], np.cumsum(lengths)[:-1])) / max(float(lengths.sum()), 1e-12)


def spread_chains(tree: BoneTree, mapping: RigMapping) -> tuple[Chain, ...]:
    """Return the segments with bones between their joints; control rigs spread by their own constraints."""
    if mapping.family.is_control_rig:
        return ()
    trunk = [joint for joint in _TRUNK if joint in mapping.bones]
    pairs = [(start, end, True) for start, end in itertools.pairwise(trunk)]
    pairs += [(start, end, False) for start, end in _LIMBS]
    chains = []
    for start, end, bends in pairs:
        bones = _bones_between(tree, mapping.bones[start], mapping.bones[end])
        if len(bones) > 1:
            heads = [tree[name].rest_armature[:3, 3] for name in (*bones, mapping.bones[end])]
            before = _mapped_parent(mapping, start)
            chains.append(Chain(start, before, end, bones, np.diff(heads, axis=0), bends))
    return tuple(chains)


def detached_joints(tree: BoneTree, mapping: RigMapping, turns_as_pelvis: str | None = None) -> tuple[str, ...]:
    """Return the joints whose bones have another parent than in the body, parents first.

    Thighs on the spine, collars on the neck (3ds Max Biped), feet on the root: they need locations as well.

    Args:
        tree: the rig.
        mapping: its joints.
        turns_as_pelvis: a bone above the pelvis that turns with it (`root_bone_name`).
    """
    if mapping.family.is_control_rig:
        return ()
    moving = {name: {name} for name in mapping.bones.values()}
    for chain in spread_chains(tree, mapping):
        moving[chain.bones[0]] |= set(chain.bones)
    if turns_as_pelvis is not None:
        moving[mapping.bones["pelvis"]].add(turns_as_pelvis)
    turned = set().union(*moving.values())
    result = []
    for joint in mapping.bones:
        if joint == "pelvis":
            continue
        carrier = tree[mapping.bones[joint]].carrier
        while carrier is not None and carrier not in turned:
            carrier = tree[carrier].carrier
        if carrier not in moving[mapping.bones[_mapped_parent(mapping, joint)]]:
            result.append(joint)
    return tuple(result)


def can_be_shifted(bone: Any) -> bool:
    """Return whether a location channel moves a bone: this is not so if the bone is connected to its parent."""
    return not (bone.parent and bone.use_connect) and bone.use_local_location and bone.use_inherit_rotation


def root_bone_name(armature_object: Any, mapping: RigMapping, tree: BoneTree, with_skin: Collection[str] = ()) -> str:
    """Return the bone that gets the location keys of the body. Only this function decides it.

    It must move trunk and legs, be free of turning parents (its axes would turn with them), and not be connected to
    its parent (Blender ignores the location of connected bones).

    Args:
        armature_object: the rig.
        mapping: its joints.
        tree: what carries what.
        with_skin: the bones that have skin. Where trunk and legs hang on bones above the pelvis, the highest of these
            that has skin is taken: else its skin would stay behind. MMD characters have skin on their centre.

    Raises:
        RigError: the control that carries a control rig is missing.
    """
    bones = armature_object.data.bones
    family_root = mapping.family.root_bone
    if family_root is not None:
        if family_root not in bones:
            raise RigError(f"{armature_object.name} has no bone {family_root}.", "Generate the rig again.")
        return family_root
    mapped = set(mapping.bones.values())
    chains = [_carriers(tree, mapping.bones[joint]) for joint in ("pelvis", "spine3", "left_hip", "right_hip")]
    common = [bone for bone in chains[0] if all(bone in chain for chain in chains)]
    above = [bone for bone in chains[0] if bone in mapped]
    # Of the mapped bones the highest, else the lowest that carries both trunk and legs; else the pelvis alone.
    root = above[-1]
    if common and common[0] not in chains[0][: chains[0].index(root) + 1]:
        root = next((bone for bone in reversed(common) if bone in with_skin), common[0])
    while bones[root].use_connect and bones[root].parent:  # a bone without parent is never connected
        root = bones[root].parent.name
    return root


def _carriers(tree: BoneTree, bone: str) -> list[str]:
    chain = [bone]
    while (carrier := tree[chain[-1]].carrier) is not None:
        chain.append(carrier)
    return chain


def _mapped_parent(mapping: RigMapping, joint: str) -> str:
    """Return the nearest joint above that has a bone; the pelvis for the pelvis."""
    parent = PARENTS[JOINT_INDEX[joint]]
    while parent > 0 and JOINT_NAMES[parent] not in mapping.bones:
        parent = PARENTS[parent]
    return JOINT_NAMES[max(parent, 0)]


def _bones_between(tree: BoneTree, start: str, end: str) -> tuple[str, ...]:
    """Return the bones from ``start`` to above ``end``; none if ``end`` is not below ``start``."""
    chain = []
    carrier = tree[end].carrier
    while carrier is not None:
        chain.append(carrier)
        if carrier == start:
            return tuple(reversed(chain))
        carrier = tree[carrier].carrier
    return ()
