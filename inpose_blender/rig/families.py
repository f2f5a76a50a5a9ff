# SPDX-License-Identifier: GPL-3.0-or-later
"""Find which bone is which joint, by the naming families described in ``families/*.json``.

A family file is data and never executed:

* ``label``: its name for users;
* ``joints``: for each joint the bone names that can stand for it, best first;
* ``any_prefix``: true if all names may carry one common prefix (``mixamorig:``, ``m_avg_``);
* ``anchors``: for control rigs, the bone whose head is a joint's place, where that is not the control itself;
* ``root_bone``: the control that carries the body through space, where that is not the pelvis;
* ``settings``: ``[bone, custom property, value]`` that the animation needs, e.g. the IK/FK switch;
* ``held_bones``: other controls that move the body and must rest while the animation plays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..core import JOINT_INDEX, JOINT_NAMES, RigError

OPTIONAL_JOINTS: Final[frozenset[str]] = frozenset(
    {"spine1", "spine2", "neck", "left_collar", "right_collar", "left_foot", "right_foot"}
)
"""Joints that a rig may lack: see `measure` for what takes their place. Of the spine at least one bone is needed."""

_SPINE: Final[tuple[str, str, str]] = ("spine1", "spine2", "spine3")
_FEWEST_RECOGNISED: Final[int] = 6
"""With fewer bones than this a naming scheme is not recognised: 'head' and 'neck' occur in many."""


@dataclass(frozen=True)
class Family:
    """Describe how one kind of rig names its bones."""

    name: str
    label: str
    joints: dict[str, tuple[str, ...]]
    any_prefix: bool = False
    anchors: tuple[tuple[str, str], ...] = ()
    root_bone: str | None = None
    settings: tuple[tuple[str, str, float], ...] = ()
    held_bones: tuple[str, ...] = ()

    @property
    def is_control_rig(self) -> bool:
        """Say whether the mapped bones are controls, moved by constraints that the parents alone do not show."""
        return bool(self.settings)


@dataclass(frozen=True)
class RigMapping:
    """Say which bone of a rig stands for which joint."""

    family: Family
    bones: dict[str, str]
    """Joint name to bone name, for the joints that the rig has, in the order of `JOINT_NAMES`."""
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the joints without a bone."""
        return tuple(name for name in JOINT_NAMES if name not in self.bones)

    @property
    def missing_required(self) -> tuple[str, ...]:
        """Return the joints without a bone that cannot be done without."""
        return tuple(name for name in self.missing if name not in OPTIONAL_JOINTS)

    def anchor(self, joint: str) -> str:
        """Return the bone whose head is the place of a mapped joint."""
        return dict(self.family.anchors).get(joint, self.bones[joint])


@cache
def load_families() -> tuple[Family, ...]:
    """Read all family files that are shipped beside this module."""
    folder = Path(__file__).parent / "families"
    return tuple(_read_family(path) for path in sorted(folder.glob("*.json")))


def map_bones(bone_names: Iterable[str], rig_name: str) -> RigMapping:
    """Map a rig's bones to joints by the family that recognises the most of them.

    Raises:
        RigError: no family recognises the names, or a joint that is needed has no bone; the message names the joints.
    """
    mapping = best_mapping(bone_names)
    if mapping is None:
        labels = ", ".join(family.label for family in load_families())
        raise RigError(f"The bone names of {rig_name} follow no naming that InPose knows.", f"It knows: {labels}.")
    if mapping.missing_required:
        joints = ", ".join(name.replace("_", " ") for name in mapping.missing_required)
        raise RigError(
            f"{rig_name} looks like a {mapping.family.label} rig, but has no bone for: {joints}.",
            "InPose needs a pelvis, a spine, a head, two arms and two legs.",
        )
    return mapping


def best_mapping(bone_names: Iterable[str]) -> RigMapping | None:
    """Return the mapping with the most joints, complete or not; None if no naming is recognised."""
    names = frozenset(bone_names)
    mappings = [_match(family, prefix, names) for family in load_families() for prefix in _prefixes(family, names)]
    best = max(mappings, key=lambda mapping: len(mapping.bones), default=None)
    return best if best is not None and len(best.bones) >= _FEWEST_RECOGNISED else None


def _match(family: Family, prefix: str, names: frozenset[str]) -> RigMapping:
    found = {}
    for joint in JOINT_NAMES:
        bone = next((prefix + alias for alias in family.joints[joint] if prefix + alias in names), None)
        if bone is not None:
            found[joint] = bone
    spine = [found.pop(joint) for joint in _SPINE if joint in found]
    notes = []
    # The highest spine bone carries the neck and the shoulders, whatever it is called.
    found.update(zip({0: (), 1: ("spine3",), 2: ("spine1", "spine3"), 3: _SPINE}[len(spine)], spine, strict=True))
    absent = [joint.replace("_", " ") for joint in JOINT_NAMES if joint in OPTIONAL_JOINTS and joint not in found]
    if absent:
        notes.append(f"No bone for {', '.join(absent)}: the neighbouring bones do their work.")
    ordered = {joint: found[joint] for joint in sorted(found, key=JOINT_INDEX.__getitem__)}
    return RigMapping(family, ordered, tuple(notes))


def _prefixes(family: Family, names: frozenset[str]) -> set[str]:
    if not family.any_prefix:
        return {""}
    aliases = [alias for joint in ("pelvis", "head") for alias in family.joints[joint]]
    return {name.removesuffix(alias) for name in names for alias in aliases if name.endswith(alias)}


def _read_family(path: Path) -> Family:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Family(
        name=path.stem,
        label=document["label"],
        joints={joint: tuple(document["joints"][joint]) for joint in JOINT_NAMES},
        any_prefix=document.get("any_prefix", False),
        anchors=tuple(document.get("anchors", {}).items()),
        root_bone=document.get("root_bone"),
        settings=tuple((bone, key, float(value)) for bone, key, value in document.get("settings", ())),
        held_bones=tuple(document.get("held_bones", ())),
    )
