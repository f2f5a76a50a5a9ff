# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the joints of an armature: by the user's mapping, the file, the bone names, or the structure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np

from ..core import JOINT_NAMES, RigError
from ..joint_names import LOCAL_PROPERTY, STORED_PROPERTY
from .families import Family, RigMapping, best_mapping, check_complete, load_families, make_mapping
from .home import home_world
from .mmd_doubles import with_doubles
from .repair import arms_carrier, repaired
from .rest_tree import RestBone
from .sides import with_sides_of_the_feet
from .structure import map_by_structure
from .vrm import vrm_mapping

BY_STRUCTURE: Final[Family] = Family("structure", "recognised by its structure", {})
CHOSEN: Final[Family] = Family("chosen", "chosen by hand", {})


def map_rig(armature_object: Any) -> RigMapping:
    """Map a rig's bones to joints.

    Raises:
        RigError: nothing recognises the rig, a joint that is needed has no bone, or the user's mapping names bones
            that the rig has not; the message names the joints or the bone.
    """
    mapping = find_mapping(armature_object)
    if mapping is None:
        raise RigError(
            f"The bones of {armature_object.name} have unknown names, and their structure is not that of a body.",
            "Choose its bones in the list of joints.",
        )
    _check_bones_exist(armature_object, mapping)
    check_complete(mapping, armature_object.name)
    return mapping


def find_mapping(armature_object: Any) -> RigMapping | None:
    """Return the mapping of a rig, complete or not: the user's own mapping, or else that of `detect_mapping`."""
    detected = detect_mapping(armature_object)
    stored = stored_bones(armature_object)
    return detected if stored is None else chosen_mapping(stored, detected)


def detect_mapping(armature_object: Any) -> RigMapping | None:
    """Return the mapping that InPose finds by itself: by VRM's table, by names, by structure; None if it finds none."""
    data = armature_object.data
    by_table = vrm_mapping(data)
    if by_table is not None and not by_table.missing_required:
        return by_table
    by_name = best_mapping(bone.name for bone in data.bones)
    if by_name is not None and _can_be_repaired(data, by_name):
        by_name = _repaired(by_name.family.name, tuple(by_name.bones.items()), _rest_bones(armature_object))
    if by_name is not None and not by_name.missing_required:
        return with_sides_of_the_feet(armature_object, with_doubles(armature_object, by_name))
    by_build = _by_structure(_rest_bones(armature_object))
    if by_build is not None and by_name is not None and _contradicts(by_build, by_name):
        return by_name
    return by_build or by_name or by_table


def _can_be_repaired(armature_data: Any, by_name: RigMapping) -> bool:
    """Say whether names alone leave something open, without looking at all bones: the panel asks often."""
    if by_name.family.is_control_rig:
        return False
    starts = [by_name.bones.get(f"{side}_{name}") for side in ("left", "right") for name in ("collar", "shoulder")]
    parents: dict[str, str | None] = {}
    for start in filter(None, starts):
        for bone in (armature_data.bones[start], *armature_data.bones[start].parent_recursive):
            parents[bone.name] = bone.parent.name if bone.parent else None
    return bool(by_name.missing_required) or arms_carrier(parents, by_name.bones) != by_name.bones.get("spine3")


def _contradicts(by_build: RigMapping, by_name: RigMapping) -> bool:
    """Return whether the structure of a rig gives other bones to the joints than most of its names do."""
    shared = [joint for joint in by_name.bones if joint not in {"spine1", "spine2", "left_foot", "right_foot"}]
    return len(by_name.bones) > len(JOINT_NAMES) // 2 and any(
        by_build.bones.get(joint) != by_name.bones[joint] for joint in shared
    )


def _rest_bones(armature_object: Any) -> tuple[RestBone, ...]:
    bones = armature_object.data.bones
    world = home_world(armature_object)
    heads = np.empty(3 * len(bones), dtype=np.float32)
    bones.foreach_get("head_local", heads)
    placed = heads.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
    return tuple(
        RestBone(bone.name, bone.parent.name if bone.parent else None, (x, y, z))
        for bone, (x, y, z) in zip(bones, placed.tolist(), strict=True)
    )


def chosen_mapping(bones: Mapping[str, str], detected: RigMapping | None) -> RigMapping:
    """Return the user's own mapping; the rig's family stays, as far as the choice does not contradict it."""
    family = CHOSEN
    if detected is not None and detected.family.is_control_rig:
        # The switches of a control rig are needed whatever bones are chosen.
        same = tuple(
            (joint, anchor)
            for joint, anchor in detected.family.anchors
            if bones.get(joint) == detected.bones.get(joint)
        )
        family = replace(detected.family, label=f"{detected.family.label}, edited", anchors=same)
    return make_mapping(family, {joint: bone for joint, bone in bones.items() if bone and joint in JOINT_NAMES})


def stored_bones(armature_object: Any) -> dict[str, str] | None:
    """Return the joint-to-bone table that is stored with an armature, or None."""
    group = getattr(armature_object.data, STORED_PROPERTY, None)
    text = getattr(armature_object, LOCAL_PROPERTY, "") or getattr(group, "stored", "")
    if not text:
        return None
    return dict(_parse(text))


@lru_cache(maxsize=64)
def _parse(text: str) -> tuple[tuple[str, str], ...]:
    try:
        table = json.loads(text)
        return tuple((joint, str(table.get(joint) or "")) for joint in JOINT_NAMES)
    except (AttributeError, RecursionError, ValueError):  # a script wrote nonsense: as if nothing were mapped
        return tuple((joint, "") for joint in JOINT_NAMES)


@lru_cache(maxsize=4)  # the panel asks with every redraw
def _by_structure(bones: tuple[RestBone, ...]) -> RigMapping | None:
    found = map_by_structure(bones)
    return None if found is None else make_mapping(BY_STRUCTURE, found)


@lru_cache(maxsize=4)  # the same
def _repaired(family_name: str, bones: tuple[tuple[str, str], ...], rest: tuple[RestBone, ...]) -> RigMapping:
    family = next(family for family in load_families() if family.name == family_name)
    return repaired(make_mapping(family, dict(bones)), rest)


def _check_bones_exist(armature_object: Any, mapping: RigMapping) -> None:
    used: dict[str, str] = {}
    for joint, bone in mapping.bones.items():
        spoken = joint.replace("_", " ")
        if bone not in armature_object.data.bones:
            raise RigError(
                f"{armature_object.name} has no bone {bone}, which you chose for {spoken}.", "Choose another bone."
            )
        if bone in used:
            raise RigError(
                f"The bone {bone} is chosen for both {used[bone]} and {spoken}.",
                "Choose another bone for one of them.",
            )
        used[bone] = spoken
