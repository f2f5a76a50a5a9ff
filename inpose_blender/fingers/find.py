# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the finger bones of a rig: by VRM's table, by the names of its family, or by what hangs on its hands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ..core import FINGERS, SIDES, Finger, FingerChain, FloatArray, Side, find_chains
from ..rig.families import Family, RigMapping, load_families
from ..rig.vrm import vrm_table

Hands = Mapping[Side, Mapping[Finger, FingerChain]]

_FEWEST_BY_NAME: Final[int] = 2
"""Fingers that a naming must fit; with less, the words in the names decide."""
_VRM_FAMILY: Final[str] = "unity"


def find_fingers(armature_object: Any, mapping: RigMapping) -> Hands:
    """Return the bones of the fingers of each hand, as far as the rig has any."""
    data = armature_object.data
    found: dict[Side, Mapping[Finger, FingerChain]] = {}
    for side in SIDES:
        wrist = mapping.bones.get(f"{side}_wrist")
        if wrist is None or wrist not in data.bones:
            continue
        chains = _by_table(data, side) or _by_names(data, mapping, side, wrist)
        if not chains and not mapping.family.is_control_rig:
            below = data.bones[wrist].children_recursive
            children = {bone.name: [child.name for child in bone.children] for bone in (data.bones[wrist], *below)}
            chains = find_chains(wrist, children, heads_of(data, [wrist, *(bone.name for bone in below)]))
        if chains:
            found[side] = chains
    return found


def heads_of(armature_data: Any, names: list[str]) -> dict[str, FloatArray]:
    """Return where bones begin in the rest pose, in the armature frame."""
    return {name: np.array(armature_data.bones[name].head_local, dtype=np.float64) for name in names}


def _by_table(armature_data: Any, side: Side) -> dict[Finger, FingerChain]:
    table = {name.casefold(): bone for name, bone in vrm_table(armature_data).items()}
    return _matched(armature_data, _family(_VRM_FAMILY), side, table, fewest=1) if table else {}


def _by_names(armature_data: Any, mapping: RigMapping, side: Side, wrist: str) -> dict[Finger, FingerChain]:
    below = armature_data.bones[wrist].children_recursive
    bones = armature_data.bones if mapping.family.is_control_rig else below
    prefix = _prefix(mapping.family, side, wrist)
    lookup = {bone.name.casefold().removeprefix(prefix): bone.name for bone in bones}
    return _matched(armature_data, mapping.family, side, lookup, fewest=_FEWEST_BY_NAME)


def _matched(
    armature_data: Any, family: Family, side: Side, lookup: Mapping[str, str], *, fewest: int
) -> dict[Finger, FingerChain]:
    """Return the fingers that the names of a family find; for each finger, the naming with the most bones."""
    best: dict[Finger, tuple[str, ...]] = {}
    for names in family.fingers:
        if names.side != side:
            continue
        for finger, aliases in names.bones.items():
            bones = tuple(lookup[alias.casefold()] for alias in aliases if alias.casefold() in lookup)
            if len(bones) > len(best.get(finger, ())):
                best[finger] = bones
    if len(best) < fewest:
        return {}
    ordered = {finger: best[finger] for finger in FINGERS if finger in best}
    return {finger: FingerChain(bones, _end(armature_data, bones)) for finger, bones in ordered.items()}


def _end(armature_data: Any, bones: tuple[str, ...]) -> str | None:
    """Return the bone that begins where the last phalanx ends."""
    children = armature_data.bones[bones[-1]].children
    return children[0].name if len(children) == 1 else None


def _prefix(family: Family, side: Side, wrist: str) -> str:
    """Return what stands before all names of a rig, such as ``mixamorig:``."""
    aliases = family.joints.get(f"{side}_wrist", ()) if family.any_prefix else ()
    fitting = [alias for alias in aliases if wrist.casefold().endswith(alias.casefold())]
    return wrist.casefold().removesuffix(max(fitting, key=len).casefold()) if fitting else ""


def _family(name: str) -> Family:
    return next(family for family in load_families() if family.name == name)
