# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the bone of each joint by its name. The files ``families/*.json`` describe the naming of the known rigs.

A family file is data and never executed:

* ``label``: its name for users; ``comment``: what else is named so;
* ``sides``: pairs of words for left and right, such as ``["Left", "Right"]``;
* ``joints``: for each joint, left and right together, the bone names that can stand for it, best first; ``{}`` is the
  place of the side;
* ``spine``: the bones between pelvis and neck, lowest first, each with the names it can have; a rig may lack some;
* ``any_prefix``: true if all names may carry one common prefix (``mixamorig:``, ``m_avg_``);
* ``anchors``: for control rigs, the bone whose head is a joint's place, where that is not the control itself;
* ``root_bone``: the control that carries the body through space, where that is not the pelvis;
* ``way_bone``: for control rigs, the control that moves the whole rig: root motion goes there;
* ``settings``: ``[bone, custom property, value]`` that the animation needs, e.g. the IK/FK switch;
* ``followers``: the bone that must turn with a joint's control once the settings are made;
* ``held_bones``: other controls that move the body and must rest while the animation plays;
* ``fingers``: patterns of the names of finger bones: ``{finger}`` and ``{number}`` are replaced by the entries of
  ``fingers`` and ``numbers``. Fingers that no pattern fits are found by the words in their names, or by their places.

Upper and lower case, and the numbers that Sketchfab appends to each name, are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from ..core import JOINT_INDEX, JOINT_NAMES, SIDES, Finger, RigError, Side
from ..joint_names import OPTIONAL_JOINTS

SPINE: Final[tuple[str, str, str]] = ("spine1", "spine2", "spine3")
CENTRAL: Final[tuple[str, ...]] = ("pelvis", "neck", "head")
SIDED: Final[tuple[str, ...]] = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
_FEWEST_RECOGNISED: Final[int] = 6
"""A family needs at least this number of matching bones: names such as 'head' and 'neck' occur in many families."""
_TRAILING_NUMBER: Final[re.Pattern[str]] = re.compile(r"_\d+$")


@dataclass(frozen=True)
class FingerNames:
    """Describe one way in which a kind of rig names the finger bones of a hand."""

    side: Side
    bones: dict[Finger, tuple[str, ...]]
    """For each finger, the names of its bones from the palm to the tip."""


@dataclass(frozen=True)
class Family:
    """Describe how one kind of rig names its bones."""

    name: str
    label: str
    joints: dict[str, tuple[str, ...]]
    """For each joint outside the spine the names its bone can have."""
    spine: tuple[tuple[str, ...], ...] = ()
    """For each bone of the spine, lowest first, the names it can have."""
    any_prefix: bool = False
    anchors: tuple[tuple[str, str], ...] = ()
    root_bone: str | None = None
    way_bone: str | None = None
    settings: tuple[tuple[str, str, float], ...] = ()
    followers: tuple[tuple[str, str], ...] = ()
    held_bones: tuple[str, ...] = ()
    fingers: tuple[FingerNames, ...] = ()

    @property
    def is_control_rig(self) -> bool:
        """Say whether the mapped bones are controls, moved by constraints that the parents alone do not show."""
        return bool(self.settings)


@dataclass(frozen=True)
class RigMapping:
    """Hold the bone of each joint of a rig."""

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
        """Return the required joints that have no bone."""
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
    """Map a rig's bones to joints with the family that recognises the most bones.

    Raises:
        RigError: no family recognises the names, or a joint that is needed has no bone; the message names the joints.
    """
    mapping = best_mapping(bone_names)
    if mapping is None:
        raise RigError(
            f"InPose does not know the bone names of {rig_name}.",
            "Choose its bones in the list of joints.",
        )
    check_complete(mapping, rig_name)
    return mapping


def check_complete(mapping: RigMapping, rig_name: str) -> None:
    """Check that all required joints have a bone.

    Raises:
        RigError: one is; the message names the joints.
    """
    if mapping.missing_required:
        joints = ", ".join(name.replace("_", " ") for name in mapping.missing_required)
        raise RigError(
            f"{rig_name} looks like a {mapping.family.label} rig, but has no bone for: {joints}.",
            "InPose needs a pelvis, a spine, a head, two arms and two legs.",
        )


def best_mapping(bone_names: Iterable[str]) -> RigMapping | None:
    """Return the mapping with the most joints, complete or not; None if no naming is recognised."""
    return _best_mapping(frozenset(bone_names))


def map_humanoid(table: Mapping[str, str]) -> RigMapping | None:
    """Map by a table from Unity's humanoid names, which VRM uses too, to bones; None for an empty table."""
    family = next(family for family in load_families() if family.name == "unity")
    mapping = _match(family, "", {name.casefold(): bone for name, bone in table.items()})
    return replace(mapping, family=Family("vrm", "VRM", {})) if mapping.bones else None


def make_mapping(family: Family, bones: Mapping[str, str]) -> RigMapping:
    """Put the bones of a mapping in order, and note what is missing."""
    absent = [joint.replace("_", " ") for joint in JOINT_NAMES if joint in OPTIONAL_JOINTS and joint not in bones]
    notes = (f"No bone for {', '.join(absent)}: the neighbouring bones rotate instead.",) if absent else ()
    return RigMapping(family, {joint: bones[joint] for joint in sorted(bones, key=JOINT_INDEX.__getitem__)}, notes)


def choose_spine(bones: Sequence[str]) -> dict[str, str]:
    """Give the three joints of the spine to any number of spine bones, lowest first.

    The lowest and the highest bone are joints, and of those between them the upper middle one. Of two bones the higher
    one is the third joint: it carries the neck and the shoulders, whatever it is called.
    """
    if not bones:
        return {}
    chosen = {"spine3": bones[-1]}
    if len(bones) > 1:
        chosen["spine1"] = bones[0]
    if len(bones) > 2:
        chosen["spine2"] = bones[len(bones) // 2]
    return chosen


@lru_cache(maxsize=16)  # the panel asks with every redraw
def _best_mapping(names: frozenset[str]) -> RigMapping | None:
    lookups = [{name.casefold(): name for name in sorted(names)}]
    numbered = {_TRAILING_NUMBER.sub("", name).casefold(): name for name in sorted(names)}
    if len(numbered) == len(names):  # else the numbers tell bones apart
        lookups.append(numbered)
    for lookup in lookups:
        mappings = [
            _match(family, prefix, lookup) for family in load_families() for prefix in _prefixes(family, lookup)
        ]
        best = max(
            mappings,
            key=lambda mapping: (len(mapping.bones), mapping.family.is_control_rig, _exactness(mapping)),
            default=None,
        )
        if best is not None and len(best.bones) >= _FEWEST_RECOGNISED:
            return best
    return None


def _match(family: Family, prefix: str, lookup: Mapping[str, str]) -> RigMapping:
    """Map by one family; ``lookup`` has the bone names by what is compared."""
    found = {}
    for joint, aliases in family.joints.items():
        bone = next((lookup[key] for alias in aliases if (key := (prefix + alias).casefold()) in lookup), None)
        if bone is not None:
            found[joint] = bone
    spine = [
        next((lookup[key] for alias in aliases if (key := (prefix + alias).casefold()) in lookup), None)
        for aliases in family.spine
    ]
    return make_mapping(family, found | choose_spine([bone for bone in spine if bone is not None]))


def _exactness(mapping: RigMapping) -> int:
    """Return the number of bones whose names have the same upper and lower case as in the family."""
    aliases = [*mapping.family.joints.values(), *mapping.family.spine]
    spelled = {alias for group in aliases for alias in group}
    if not mapping.family.any_prefix:
        return len(spelled & set(mapping.bones.values()))
    return sum(any(bone.endswith(alias) for alias in spelled) for bone in mapping.bones.values())


def _prefixes(family: Family, lookup: Mapping[str, str]) -> set[str]:
    if not family.any_prefix:
        return {""}
    aliases = [alias.casefold() for joint in ("pelvis", "head") for alias in family.joints[joint]]
    return {key.removesuffix(alias) for key in lookup for alias in aliases if key.endswith(alias)}


def _read_family(path: Path) -> Family:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    joints = {joint: tuple(document["joints"][joint]) for joint in CENTRAL}
    for side, which in (("left", 0), ("right", 1)):
        for joint in SIDED:
            joints[f"{side}_{joint}"] = tuple(
                alias.replace("{}", pair[which]) for pair in document["sides"] for alias in document["joints"][joint]
            )
    return Family(
        name=path.stem,
        label=document["label"],
        joints=joints,
        spine=tuple(tuple(aliases) for aliases in document["spine"]),
        any_prefix=document.get("any_prefix", False),
        anchors=tuple(_both_sides(document, "anchors").items()),
        root_bone=document.get("root_bone"),
        way_bone=document.get("way_bone"),
        settings=tuple((bone, key, float(value)) for bone, key, value in document.get("settings", ())),
        followers=tuple(_both_sides(document, "followers").items()),
        held_bones=tuple(document.get("held_bones", ())),
        fingers=tuple(_finger_names(document)),
    )


def _finger_names(document: Mapping[str, Any]) -> Iterator[FingerNames]:
    for pattern in document.get("fingers", ()):
        for pair in document["sides"]:
            for side, own in zip(SIDES, pair, strict=True):
                bones = {
                    finger: tuple(
                        pattern["bones"].format(own, finger=word, number=number) for number in pattern["numbers"]
                    )
                    for finger, word in pattern["fingers"].items()
                }
                yield FingerNames(side, bones)


def _both_sides(document: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return a joint-to-bone table of a family file with its paired entries written out."""
    table = {}
    for joint, bone in document.get(key, {}).items():
        if joint in SIDED:
            for side, which in (("left", 0), ("right", 1)):
                table[f"{side}_{joint}"] = bone.replace("{}", document["sides"][0][which])
        else:
            table[joint] = bone
    return table
