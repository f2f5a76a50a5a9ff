# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a default character: an armature with the SMPL names, in T-pose, and a body of simple sticks."""

from __future__ import annotations

from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..core import JOINT_INDEX, JOINT_NAMES, PARENTS, Skeleton

_LEAF_TAILS_M: Final[dict[str, tuple[float, float, float]]] = {
    "head": (0.0, 0.0, 0.2),
    "left_wrist": (0.17, 0.0, 0.0),
    "right_wrist": (-0.17, 0.0, 0.0),
    "left_foot": (0.0, -0.07, 0.0),
    "right_foot": (0.0, -0.07, 0.0),
}
"""Where bones end that have no child, from their head, in Blender's axes."""
_CHILD_TO_POINT_AT: Final[dict[str, str]] = {"pelvis": "spine1", "spine3": "neck"}
_THICKNESS: Final[float] = 0.13
"""Width of a stick over its length."""


def add_stick_figure(scene: Any, skeleton: Skeleton, name: str = "Figure") -> Any:
    """Add a stick figure of the given bone lengths, feet on the floor and facing -Y; return its armature object.

    The active object and the mode must allow for edit mode: Object Mode.
    """
    places = skeleton.rest_positions_m @ np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
    places[:, 2] += skeleton.sole_height_m - places[:, 2].min()
    data = bpy.data.armatures.new(name)
    figure = bpy.data.objects.new(name, data)
    scene.collection.objects.link(figure)
    bpy.context.view_layer.objects.active = figure
    bpy.ops.object.mode_set(mode="EDIT")
    for joint, joint_name in enumerate(JOINT_NAMES):
        bone = data.edit_bones.new(joint_name)
        bone.head = places[joint]
        bone.tail = _tail(joint, places)
        if PARENTS[joint] >= 0:
            bone.parent = data.edit_bones[JOINT_NAMES[PARENTS[joint]]]
    bpy.ops.object.mode_set(mode="OBJECT")
    _add_body(scene, figure)
    return figure


def _tail(joint: int, places: np.ndarray) -> Vector:
    name = JOINT_NAMES[joint]
    if name in _LEAF_TAILS_M:
        return Vector(places[joint]) + Vector(_LEAF_TAILS_M[name])
    child = JOINT_INDEX[_CHILD_TO_POINT_AT[name]] if name in _CHILD_TO_POINT_AT else PARENTS.index(joint)
    return Vector(places[child])


def _add_body(scene: Any, figure: Any) -> None:
    """Give each bone an octahedral stick that follows it alone."""
    vertices: list[Vector] = []
    faces: list[tuple[int, int, int]] = []
    owners: list[tuple[str, range]] = []
    for bone in figure.data.bones:
        first, width = len(vertices), max(_THICKNESS * bone.length, 0.02)
        ring = [(width, 0.25, 0), (0, 0.25, width), (-width, 0.25, 0), (0, 0.25, -width)]
        local = [(0, 0, 0), *((x, y * bone.length, z) for x, y, z in ring), (0, bone.length, 0)]
        vertices += [bone.matrix_local @ Vector(point) for point in local]
        for corner in range(4):
            a, b = first + 1 + corner, first + 1 + (corner + 1) % 4
            faces += [(first, b, a), (first + 5, a, b)]
        owners.append((bone.name, range(first, first + 6)))
    mesh = bpy.data.meshes.new(f"{figure.name} body")
    mesh.from_pydata(vertices, [], faces)
    body = bpy.data.objects.new(mesh.name, mesh)
    for bone_name, indices in owners:
        body.vertex_groups.new(name=bone_name).add(list(indices), 1.0, "REPLACE")
    scene.collection.objects.link(body)
    body.parent = figure
    body.matrix_parent_inverse = Matrix.Identity(4)
    body.modifiers.new("Armature", "ARMATURE").object = figure
