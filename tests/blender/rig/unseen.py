# SPDX-License-Identifier: GPL-3.0-or-later
"""Build rigs of kinds that are known from people's files, with a body: names, parents and places as found there."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from character.skinned import add_body
from mathutils import Vector

from inpose_blender.core import JOINT_NAMES, Skeleton

Place = str | tuple[float, float, float]


@dataclass(frozen=True)
class Unseen:
    """Describe a rig: each bone with its parent and its place, a joint of the template or a point in metres."""

    bones: dict[str, tuple[str | None, Place]]
    mapping: dict[str, str]
    """The right bone of each joint."""
    weights_on: Mapping[str, str] = field(default_factory=dict)
    """For some joints the bone that has their skin."""
    legs: float = 1.0
    """Length of the legs, of the template's."""


def places(legs: float = 1.0) -> dict[str, np.ndarray]:
    """Return where the template's joints are in an A-pose, feet on the floor, facing -Y."""
    rest = Skeleton.template().rest_positions_m
    by_name = dict(zip(JOINT_NAMES, np.stack((rest[:, 0], -rest[:, 2], rest[:, 1]), axis=1), strict=True))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, hip = by_name[f"{side}_shoulder"], by_name[f"{side}_hip"]
        by_name[f"{side}_elbow"] = shoulder + np.array([sign * 0.2, 0.01, -0.18])
        by_name[f"{side}_wrist"] = by_name[f"{side}_elbow"] + np.array([sign * 0.18, -0.02, -0.17])
        for name in ("knee", "ankle", "foot"):
            by_name[f"{side}_{name}"] = hip + legs * (by_name[f"{side}_{name}"] - hip)
        by_name[f"{side}_knee"] = by_name[f"{side}_knee"] + np.array([0, -0.01, 0])
    floor = by_name["left_foot"][2] - 0.02
    return {name: place - [0, 0, floor] for name, place in by_name.items()}


def build(rig: Unseen, name: str = "Unseen") -> Any:
    """Return the armature object, with a body."""
    data = bpy.data.armatures.new(name)
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    at = places(rig.legs)
    for bone, (parent, place) in rig.bones.items():
        edit = data.edit_bones.new(bone)
        edit.head = Vector(at[place] if isinstance(place, str) else place)
        edit.tail = edit.head + Vector((0.0, 0.0, 0.05))
        if parent is not None:
            edit.parent = data.edit_bones[parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    add_body(thing, rig.mapping, rig.weights_on)
    return thing


def limbs(names: Mapping[str, str], chest: str, hips: str) -> dict[str, tuple[str | None, Place]]:
    """Return arms on a chest and legs on hips; ``{}`` in a name stands for its side, L or R."""
    bones: dict[str, tuple[str | None, Place]] = {}
    for side, letter in (("left", "L"), ("right", "R")):
        for top, chain in ((chest, ("collar", "shoulder", "elbow", "wrist")), (hips, ("hip", "knee", "ankle", "foot"))):
            parent = top
            for joint in chain:
                if joint in names:
                    bone = names[joint].format(letter)
                    bones[bone] = (parent, f"{side}_{joint}")
                    parent = bone
    return bones


def both(names: Mapping[str, str]) -> dict[str, str]:
    """Return joint to bone for both sides."""
    sides = (("left", "L"), ("right", "R"))
    return {f"{side}_{joint}": name.format(letter) for side, letter in sides for joint, name in names.items()}


_UNITY = {
    "collar": "Shoulder.{}", "shoulder": "UpperArm.{}", "elbow": "LowerArm.{}", "wrist": "Hand.{}",
    "hip": "UpperLeg.{}", "knee": "LowerLeg.{}", "ankle": "Foot.{}", "foot": "Toes.{}",
}  # fmt: skip
_RIGIFY = {
    "collar": "shoulder.{}", "shoulder": "upper_arm.{}", "elbow": "forearm.{}", "wrist": "hand.{}",
    "hip": "thigh.{}", "knee": "shin.{}", "ankle": "foot.{}", "foot": "toe.{}",
}  # fmt: skip
_BLANK = {joint: f"b{number:02d}.{{}}" for number, joint in enumerate(_UNITY)}
_MMD_SIDES = {"L": "左", "R": "右"}
_MMD = {
    "collar": "肩", "shoulder": "腕", "elbow": "ひじ", "wrist": "手首",
    "hip": "足", "knee": "ひざ", "ankle": "足首", "foot": "つま先",
}  # fmt: skip


def feet_pivot(names: Mapping[str, str] = _UNITY) -> Unseen:
    """Return a rig with a pivot between the feet that carries legs and spine, and no pelvis."""
    trunk = {"spine1": "Spine", "spine2": "Chest", "spine3": "UpperChest", "neck": "Neck", "head": "Head"}
    if names is _BLANK:
        trunk = {joint: f"t{number}" for number, joint in enumerate(trunk)}
    bones: dict[str, tuple[str | None, Place]] = {"Pivot": (None, (0.0, 0.0, 0.0))}
    parent = "Pivot"
    for joint, bone in trunk.items():
        bones[bone] = (parent, joint)
        parent = bone
    bones |= limbs(names, trunk["spine3"], "Pivot")
    for sign, letter in ((1.0, "L"), (-1.0, "R")):
        bones[f"FootPivot.{letter}"] = ("Pivot", (0.09 * sign, 0.0, 0.0))
    return Unseen(bones, {"pelvis": "Pivot", **trunk, **both(names)})


def metarig(spine: int) -> Unseen:
    """Return a metarig whose trunk has another number of bones between pelvis and neck than Rigify's three."""
    at = places()
    bones: dict[str, tuple[str | None, Place]] = {"spine": (None, "pelvis")}
    chain = [f"spine.{number:03d}" for number in range(1, spine + 3)]
    low, high = at["spine1"], at["spine3"]
    parent = "spine"
    for number, bone in enumerate(chain):
        share = number / max(spine - 1, 1)
        middle: Place = tuple((low + share * (high - low)).tolist())
        bones[bone] = (parent, middle if number < spine else ("neck", "head")[number - spine])
        parent = bone
    bones |= limbs(_RIGIFY, chain[spine - 1], "spine")
    mapping = {"pelvis": "spine", "neck": chain[-2], "head": chain[-1], "spine3": chain[spine - 1], **both(_RIGIFY)}
    if spine > 1:
        mapping["spine1"] = chain[0]
    if spine > 2:
        mapping["spine2"] = chain[:spine][spine // 2]
    return Unseen(bones, mapping)


def low_neck() -> Unseen:
    """Return a rig whose bone called neck is in the chest and carries the shoulders."""
    trunk = {
        "Hips": "pelvis",
        "Abdomen": "spine1",
        "Torso": "spine2",
        "Neck": "spine3",
        "Neck2": "neck",
        "Head": "head",
    }
    bones: dict[str, tuple[str | None, Place]] = {}
    parent = None
    for bone, joint in trunk.items():
        bones[bone] = (parent, joint)
        parent = bone
    bones |= limbs(_UNITY, "Neck", "Hips")
    return Unseen(bones, {joint: bone for bone, joint in trunk.items()} | both(_UNITY))


def fists() -> Unseen:
    """Return a rig with fists for hands and nothing below them."""
    names = _UNITY | {"wrist": "Fist.{}"}
    trunk = {"Hips": "pelvis", "Abdomen": "spine1", "Torso": "spine3", "Neck": "neck", "Head": "head"}
    bones: dict[str, tuple[str | None, Place]] = {}
    parent = None
    for bone, joint in trunk.items():
        bones[bone] = (parent, joint)
        parent = bone
    bones["Root"] = (None, (0.0, 0.0, 0.0))
    bones |= limbs(names, "Torso", "Hips")
    for letter, sign in (("L", 1.0), ("R", -1.0)):  # feet and pole targets for inverse kinematics
        bones[f"Foot.{letter}"] = ("Root", bones[f"Foot.{letter}"][1])
        bones[f"PT.{letter}"] = ("Root", (0.1 * sign, -0.6, 0.5))
    return Unseen(bones, {joint: bone for bone, joint in trunk.items()} | both(names))


def mmd(skin_on: str = "センター", *, with_waist: bool = False) -> Unseen:
    """Return a character as from MikuMikuDance, the skin of its hips on a bone above the pelvis."""
    at = places()
    bones: dict[str, tuple[str | None, Place]] = {
        "全ての親": (None, (0.0, 0.0, 0.0)),
        "センター": ("全ての親", (0.0, 0.0, 0.6 * float(at["pelvis"][2]))),
        "グルーブ": ("センター", (0.0, 0.0, 0.62 * float(at["pelvis"][2]))),
    }
    carrier = "グルーブ"
    if with_waist:
        bones["腰"] = (carrier, "pelvis")
        carrier = "腰"
    bones |= {
        "上半身": (carrier, "spine1"),
        "上半身2": ("上半身", "spine3"),
        "首": ("上半身2", "neck"),
        "頭": ("首", "head"),
        "下半身": (carrier, "pelvis"),
    }
    mapping = {"pelvis": "下半身", "spine1": "上半身", "spine3": "上半身2", "neck": "首", "head": "頭"}
    for side, letter in (("left", "L"), ("right", "R")):
        names = {joint: _MMD_SIDES[letter] + word for joint, word in _MMD.items()}
        mapping |= {f"{side}_{joint}": bone for joint, bone in names.items()}
        chains = (("collar", "shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "foot"))
        for top, chain in zip(("上半身2", "下半身"), chains, strict=True):
            for above, joint in itertools.pairwise(("", *chain)):
                bones[names[joint]] = (names[above] if above else top, f"{side}_{joint}")
        bones[f"{_MMD_SIDES[letter]}足ＩＫ"] = ("全ての親", f"{side}_ankle")
    return Unseen(bones, mapping, {"pelvis": skin_on, "spine1": skin_on})


def mmd_with_doubles() -> Unseen:
    """Return an MMD character with the skin of its legs on doubles of the bones, which nothing makes follow."""
    plain = mmd("下半身")
    bones, mapping = dict(plain.bones), dict(plain.mapping)
    for side, letter in (("left", "左"), ("right", "右")):
        parent = "下半身"
        for joint, word in (("hip", "足D"), ("knee", "ひざD"), ("ankle", "足首D"), ("foot", "足先EX")):
            bones[letter + word] = (parent, f"{side}_{joint}")
            parent = mapping[f"{side}_{joint}"] = letter + word
    return Unseen(bones, mapping)


def cartoon() -> Unseen:
    """Return a toon of unknown names on short legs: its body bone is in the belly, its root on the floor."""
    at = places(0.35)
    hips = float(at["left_hip"][2])
    trunk = {"spine1": "t1", "spine3": "t2", "neck": "t3", "head": "t4"}
    bones: dict[str, tuple[str | None, Place]] = {
        "r": (None, (0.0, 0.0, 0.0)),
        "body": ("r", (0.0, 0.0, hips + 0.45)),
        "t1": ("body", "spine2"),
        "t2": ("t1", "spine3"),
        "t3": ("t2", "neck"),
        "t4": ("t3", "head"),
    }
    bones |= limbs(_BLANK, "t2", "body")
    return Unseen(bones, {"pelvis": "body", **trunk, **both(_BLANK)}, legs=0.35)


KINDS = {
    "a pivot between the feet": feet_pivot(),
    "a pivot between the feet, names unknown": feet_pivot(_BLANK),
    "a metarig with two spine bones": metarig(2),
    "a metarig with four spine bones": metarig(4),
    "a neck in the chest": low_neck(),
    "fists": fists(),
    "MMD with skin on the centre": mmd(),
    "MMD with skin on the centre, and a waist": mmd(with_waist=True),
    "MMD with skin on doubles of the legs": mmd_with_doubles(),
    "a toon on short legs": cartoon(),
}
