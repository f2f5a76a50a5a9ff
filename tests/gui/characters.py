# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the characters that the scripts of this folder drive: one of each family of rigs, with a body to look at."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

REPOSITORY = Path(__file__).resolve().parents[2]
RIGS = REPOSITORY.parent / "shared" / "rigs"
_TRUNK = {"pelvis": "", "spine1": ".001", "spine2": ".002", "spine3": ".003", "neck": ".004", "head": ".006"}
_LIMBS = {
    "collar": "shoulder",
    "shoulder": "upper_arm",
    "elbow": "forearm",
    "wrist": "hand",
    "hip": "thigh",
    "knee": "shin",
    "ankle": "foot",
    "foot": "toe",
}
RIGIFY = {joint: f"ORG-spine{end}" for joint, end in _TRUNK.items()} | {
    f"{side}_{joint}": f"ORG-{bone}.{side[0].upper()}" for joint, bone in _LIMBS.items() for side in ("left", "right")
}
"""The bones of a generated Rigify human that are where the joints are, under FK and under IK."""


@dataclass(frozen=True)
class Family:
    """Describe a family of rigs, and how to get one into the open scene."""

    build: Callable[[], Any]
    """Adds the character and returns its armature object."""
    file: str = ""
    """Its file in `../shared/rigs`; empty if Blender makes it."""
    joints: Mapping[str, str] | None = None
    """The bone at each joint; None where it is the one that the add-on finds."""
    skin: Mapping[str, str] | None = None
    """The bone that carries the skin at each joint; None where these are the joints' bones."""
    has_ik: bool = False
    """Constraints move arms or legs."""
    root: str = ""
    """The bone that can carry the root motion; empty if there is none."""
    ik_controls: frozenset[str] = frozenset()
    """Bones that have keys after a bake to IK."""


def rigify_human() -> Any:
    """Generate a Rigify human with poles on, and put the mannequin of our pictures over it."""
    bpy.ops.preferences.addon_enable(module="rigify")
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.data.get("rig_id"))
    for thing in [thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing != rig]:
        bpy.data.objects.remove(thing)
    for bone in rig.pose.bones:
        if "pole_vector" in bone:
            bone["pole_vector"] = type(bone["pole_vector"])(1)
    skin(rig)
    return rig


def skin(rig: Any) -> None:
    """Put the mannequin of our pictures over a Rigify human: each vertex follows the nearest bone of its limb."""
    sys.path.insert(0, str(REPOSITORY / "docs"))
    mesh = importlib.import_module("mannequin").add_mannequin(bpy.context.scene, rig, RIGIFY)
    groups = {group.index: group.name for group in mesh.vertex_groups}
    nearest = {
        vertex.index: _deforming(rig, groups[vertex.groups[0].group], vertex.co) for vertex in mesh.data.vertices
    }
    mesh.vertex_groups.clear()
    for bone in sorted(set(nearest.values())):
        mesh.vertex_groups.new(name=bone).add([v for v, name in nearest.items() if name == bone], 1.0, "REPLACE")


def _deforming(rig: Any, original: str, place: Any) -> str:
    """Return the nearest of the bones that deform the part of an original bone."""
    name = original.replace("ORG-", "DEF-")
    halves = [rig.data.bones[each] for each in (name, f"{name}.001") if each in rig.data.bones and "spine" not in each]
    halves = halves or [rig.data.bones[name]]
    return min(halves, key=lambda bone: ((bone.head_local + bone.tail_local) / 2 - place).length).name


def ik_rigs() -> Any:
    """Return the module that builds rigs with IK."""
    sys.path.insert(0, str(REPOSITORY / "tests" / "blender"))
    return importlib.import_module("ik_rigs")


def _imported(file_name: str) -> Any:
    """Import one of the shared rigs with Blender's importers, and return its armature object."""
    path = RIGS / file_name
    if path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    else:  # a .vrm file is glTF, too
        bpy.ops.import_scene.gltf(filepath=str(path))
    return next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")


def _mmd_character(file_name: str) -> Any:
    rig = _imported(file_name)
    ik_rigs().make_mmd(rig)
    return rig


def _unreal_character(file_name: str) -> Any:
    rig = _imported(file_name)
    ik_rigs().add_unreal_ik_bones(rig)
    return rig


_MIXAMO = "makehuman_mixamo_female.fbx"
_VRM = "vrm1_mesh2motion_female.vrm"
_MMD = "mesh2motion_human_male.glb"
_UNREAL = "makehuman_game_engine_male.fbx"
FAMILIES: Mapping[str, Family] = {
    "rigify": Family(
        rigify_human,
        joints=RIGIFY,
        skin={joint: bone.replace("ORG-", "DEF-") for joint, bone in RIGIFY.items()},
        has_ik=True,
        root="root",
        ik_controls=frozenset({"hand_ik.L", "hand_ik.R", "foot_ik.L", "foot_ik.R", "thigh_ik_target.L"}),
    ),
    "mixamo": Family(lambda: _imported(_MIXAMO), _MIXAMO),
    "vrm": Family(lambda: _imported(_VRM), _VRM, root="Root"),
    "mmd": Family(
        lambda: _mmd_character(_MMD),
        _MMD,
        has_ik=True,
        root="全ての親",
        ik_controls=frozenset({"左足ＩＫ", "右足ＩＫ", "センター", "グルーブ"}),
    ),
    "unreal": Family(
        lambda: _unreal_character(_UNREAL), _UNREAL, root="Root", ik_controls=frozenset({"ik_foot_l", "ik_hand_r"})
    ),
}
