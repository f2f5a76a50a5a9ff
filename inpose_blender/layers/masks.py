# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which bones belong to which part of the body, and which of them a mask lets through."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from ..rig.carriers import nearest_above
from ..rig.families import RigMapping
from ..rig.tree import BoneTree
from .options import LayerOptions, Mask
from .settings import LayerSettings

BodyPart = Literal["hips", "trunk", "arms", "legs"]

OBJECT_GROUP: Final[str] = "Object Transforms"
"""Blender's name for the group of the channels that move an object; they go with the hips."""

_ALIKE: Final[int] = 5
"""Letters at the beginning, and the side at the end, that two names must have in common."""
_PARTS: Final[Mapping[Mask, frozenset[BodyPart]]] = {
    "whole": frozenset({"hips", "trunk", "arms", "legs"}),
    "upper_body": frozenset({"trunk", "arms"}),
    "arms": frozenset({"arms"}),
    "legs": frozenset({"hips", "legs"}),
    "selected": frozenset(),
}


def body_parts(armature_object: Any, mapping: RigMapping, tree: BoneTree) -> dict[str, BodyPart]:
    """Return the part of the body of each bone of a rig.

    A bone belongs to the nearest joint at or above it: a finger or a twist bone to the arm, a root bone to the hips. A
    bone with switches of the rig belongs to the joint whose bone has the most similar name. What carries hips or legs
    belongs to the hips, too: in a generated Rigify rig, this is the lowest bone of the spine.
    """
    joints = {mapping.anchor(joint): joint for joint in mapping.bones}
    joints |= {bone: joint for joint, bone in mapping.bones.items()}
    parts: dict[str, BodyPart] = {}
    for bone in armature_object.data.bones:
        nearest = nearest_above(bone, joints)
        parts[bone.name] = "hips" if nearest is None else part_of_joint(joints[nearest])
    for switch, *_ in mapping.family.settings:
        nearest_name = max(joints, key=lambda name: _alike(name, switch))
        if switch in parts and _alike(nearest_name, switch) >= _ALIKE:
            parts[switch] = part_of_joint(joints[nearest_name])
    for joint in ("pelvis", "left_hip", "right_hip"):
        carrier = tree[mapping.bones[joint]].carrier
        while carrier is not None:
            parts[carrier] = "hips"
            carrier = tree[carrier].carrier
    return parts


def turns_with_hips(tree: BoneTree, mapping: RigMapping, parts: Mapping[str, BodyPart]) -> bool:
    """Return whether the hips turn the lowest bone of the trunk; where they do not, a trunk alone faces ahead."""
    lowest = next(bone for joint, bone in mapping.bones.items() if parts[bone] == "trunk" and joint != "pelvis")
    carrier = tree[lowest].carrier
    while carrier is not None and carrier != mapping.bones["pelvis"]:
        carrier = tree[carrier].carrier
    return carrier is not None


def layer_settings(
    options: LayerOptions, parts: Mapping[str, BodyPart], selected: Collection[str]
) -> LayerSettings | None:
    """Return how a bake is laid over what is there; None if it is no layer.

    Args:
        options: the user's choices.
        parts: the part of the body of each bone of the rig.
        selected: the selected bones.
    """
    if not options.is_layer:
        return None
    adds = options.layer == "add"
    return LayerSettings(
        masked_bones(options.mask, parts, selected),
        adds=adds,
        upper_body=options.mask == "upper_body" and not adds,
        tweak=options.tweak_layer,
        blend_in=options.blend_in,
        blend_out=options.blend_out,
    )


def part_of_joint(joint: str) -> BodyPart:
    """Return the part of the body of a joint."""
    if joint == "pelvis":
        return "hips"
    if joint.endswith(("hip", "knee", "ankle", "foot")):
        return "legs"
    if joint.endswith(("collar", "shoulder", "elbow", "wrist")):
        return "arms"
    return "trunk"


def masked_bones(mask: Mask, parts: Mapping[str, BodyPart], selected: Collection[str]) -> frozenset[str]:
    """Return the bones that a mask lets through, and with the hips the group of the object's own channels.

    Args:
        mask: the user's choice.
        parts: the part of the body of each bone of the rig.
        selected: the selected bones.
    """
    if mask == "selected":
        return frozenset(selected)
    bones = frozenset(bone for bone, part in parts.items() if part in _PARTS[mask])
    return bones | {OBJECT_GROUP} if "hips" in _PARTS[mask] else bones


def _alike(name: str, other: str) -> int:
    """Return how many letters two names have in common at their beginning; 0 if their sides differ."""
    if name[-1:] != other[-1:]:
        return 0
    return next((index for index, (a, b) in enumerate(zip(name, other, strict=False)) if a != b), len(name))
