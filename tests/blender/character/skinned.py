# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a test rig a body: tubes along its joints, each on one bone, closed at both ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

from inpose_blender.core import JOINT_NAMES, PARENTS

_SIDES = 10
_RADII = {"pelvis": 0.15, "spine1": 0.15, "spine2": 0.15, "spine3": 0.15, "neck": 0.05, "head": 0.09}
_RADII |= {f"{side}_hip": 0.08 for side in ("left", "right")}


def add_body(
    rig: Any,
    bones: Mapping[str, str] | None = None,
    weights_on: Mapping[str, str] | None = None,
    rings: int = 5,
) -> Any:
    """Add a mesh object that the rig deforms: a tube from each joint to the middle of its children.

    Args:
        rig: the armature object.
        bones: joint to bone; bones are called like their joints by default.
        weights_on: for some joints the bone that carries their skin instead; an empty name for none.
        rings: rings of points along each tube.
    """
    bones = bones or {bone.name: bone.name for bone in rig.data.bones if bone.name in JOINT_NAMES}
    heads = {joint: np.array(rig.data.bones[bone].head_local) for joint, bone in bones.items()}
    mesh, points, faces, owners = bpy.data.meshes.new("Body"), [], [], []
    for joint, start in heads.items():
        end = _end(joint, heads)
        axis = end - start
        side = np.cross(axis, [0.31, 0.85, 0.42])
        side /= np.linalg.norm(side)
        other = np.cross(axis / np.linalg.norm(axis), side)
        radius = _RADII.get(joint, 0.04)
        first = len(points)
        for ring in range(rings):
            for corner in range(_SIDES):
                angle = 2 * math.pi * corner / _SIDES
                around = math.cos(angle) * side + math.sin(angle) * other
                points.append(start + axis * ring / (rings - 1) + radius * around)
        for ring in range(rings - 1):
            for corner in range(_SIDES):
                a, b = first + ring * _SIDES + corner, first + ring * _SIDES + (corner + 1) % _SIDES
                faces.append((a, b, b + _SIDES, a + _SIDES))
        faces.append(tuple(first + corner for corner in reversed(range(_SIDES))))
        last = first + (rings - 1) * _SIDES
        faces.append(tuple(last + corner for corner in range(_SIDES)))
        owners.append(((weights_on or {}).get(joint, bones[joint]), range(first, len(points))))
    mesh.from_pydata([tuple(point) for point in points], [], faces)
    mesh.update()
    body = bpy.data.objects.new("Body", mesh)
    for bone, indices in owners:
        if bone:
            group = body.vertex_groups.get(bone) or body.vertex_groups.new(name=bone)
            group.add(list(indices), 1.0, "REPLACE")
    rig.users_collection[0].objects.link(body)
    body.parent = rig
    body.modifiers.new("Armature", "ARMATURE").object = rig
    bpy.context.view_layer.update()
    return body


def _end(joint: str, heads: Mapping[str, np.ndarray]) -> np.ndarray:
    children = [JOINT_NAMES[child] for child, parent in enumerate(PARENTS) if JOINT_NAMES[parent] == joint and child]
    children = [child for child in children if child in heads]
    if joint == "pelvis":
        children = [next(spine for spine in ("spine1", "spine2", "spine3") if spine in heads)]
    if joint in {"spine1", "spine2"} and not children:
        children = ["spine3"]
    if joint == "spine3":
        children = [child for child in children if child == "neck"]
    if children:
        return np.mean([heads[child] for child in children], axis=0)
    side = 1.0 if joint.startswith("left") else -1.0
    lengths = {"wrist": (0.16 * side, 0, 0), "foot": (0, -0.08, 0), "ankle": (0, -0.12, 0), "head": (0, 0, 0.2)}
    return heads[joint] + np.array(lengths[joint.rsplit("_", maxsplit=1)[-1]])
