# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how deep the arms of a skinned character are in its body, from the mesh that Blender shows.

The clean-up tools know a simplified body. This is the other measure: the evaluated mesh, with all its modifiers. Needs
bpy; imports nothing of the add-on, so that it also runs in a Blender that has the add-on installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_ARMS: Final[tuple[str, str]] = ("left", "right")
_UPPER_ARM: Final[float] = 0.5
"""The skin of the upper arm counts from its middle on: above, it is always at the trunk."""
_MOST_POINTS: Final[int] = 250
"""Points of the skin of each arm."""
_NEAR: Final[float] = 0.3
"""A point that is further from the skin of the body, in metres, is not in it."""


@dataclass(frozen=True, eq=False)
class SkinParts:
    """Name the parts of a mesh object: the faces of the body, and points of both arms."""

    mesh: str
    triangles: NDArray[np.int64]
    """(T, 3) vertices of the body without its arms."""
    arms: tuple[NDArray[np.int64], NDArray[np.int64]]
    """Vertices of the left and of the right arm, from the middle of the upper arm on."""


def skin_parts(armature: Any, bones: Mapping[str, str]) -> list[SkinParts]:
    """Return the parts of all meshes that an armature object deforms.

    Args:
        armature: in any pose; the weights decide, and the rest pose says where the upper arm ends.
        bones: the bone of each joint.
    """
    owners = joints_of_vertices(armature, bones)
    return [_parts_of(bpy.data.objects[name], armature, owner, bones) for name, owner in owners.items()]


def joints_of_vertices(armature: Any, bones: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the joint that carries each vertex, or nothing, for all mesh objects that an armature object deforms."""
    joint_of = {bone: joint for joint, bone in bones.items()}
    found = {}
    for mesh in bpy.data.objects:
        moved_by = [one for one in mesh.modifiers if one.type == "ARMATURE" and one.object == armature]
        if mesh.type != "MESH" or not moved_by:
            continue
        joints = [_carrier(armature, group.name, joint_of) for group in mesh.vertex_groups]
        owner = []
        for vertex in mesh.data.vertices:
            groups = [(group.weight, joints[group.group]) for group in vertex.groups if joints[group.group]]
            owner.append(max(groups)[1] if groups else "")
        found[mesh.name] = owner
    return found


def posed_vertices(name: str) -> FloatArray:
    """Return where the vertices of a mesh object are now in the world, (V, 3)."""
    evaluated = bpy.data.objects[name].evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    flat = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", flat)
    matrix = np.array(evaluated.matrix_world, dtype=np.float64)
    evaluated.to_mesh_clear()
    return np.asarray(flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3])


def arm_depths(
    parts: Sequence[SkinParts], frames: Sequence[int], metres_per_unit: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Return how deep the deepest point of each arm is in the body, and the share of its points that are inside.

    Args:
        parts: of `skin_parts`.
        frames: frames of the scene; the scene is left at the last one.
        metres_per_unit: of the scene.

    Returns:
        Depths (F, 2) in metres, and shares (F, 2).
    """
    depths_m, shares = np.zeros((len(frames), 2)), np.zeros((len(frames), 2))
    for row, frame in enumerate(frames):
        bpy.context.scene.frame_set(frame)
        body, arms = _posed(parts)
        tree = BVHTree.FromPolygons(body.reshape(-1, 3).tolist(), np.arange(3 * len(body)).reshape(-1, 3).tolist())
        for side, points in enumerate(arms):
            depth_m = _depths(tree, body, points, metres_per_unit)
            depths_m[row, side], shares[row, side] = depth_m.max(initial=0.0), (depth_m > 0).mean()
    return depths_m, shares


def fatten(parts: Sequence[SkinParts], armature: Any, bones: Mapping[str, str], factor: float) -> None:
    """Make the trunk of a character broader and deeper: its vertices go away from the spine by a factor.

    The belly gets all of it, and less goes to hips and chest, so that arms and legs stay where they are.
    """
    names = ("pelvis", "spine1", "spine2", "spine3", "neck")
    places = [armature.matrix_world @ armature.data.bones[bones[name]].head_local for name in names if name in bones]
    spine = np.array([tuple(place) for place in places])
    low, high = spine[0, 2], spine[-1, 2]
    for part in parts:
        mesh = bpy.data.objects[part.mesh]
        world, used = mesh.matrix_world.copy(), np.unique(part.triangles)
        inverse = world.inverted()
        for index in used.tolist():
            place = world @ mesh.data.vertices[index].co
            up = (place.z - low) / (high - low)
            by = (factor - 1.0) * float(np.exp(-0.5 * ((up - 0.25) / 0.35) ** 2))
            axis = np.array([np.interp(place.z, spine[:, 2], spine[:, axis]) for axis in (0, 1)])
            place.x += by * (place.x - axis[0])
            place.y += by * (place.y - axis[1])
            mesh.data.vertices[index].co = inverse @ place
        mesh.data.update()


def _parts_of(mesh: Any, armature: Any, owner: Sequence[str], bones: Mapping[str, str]) -> SkinParts:
    data = mesh.data
    data.calc_loop_triangles()
    triangles = np.array([tuple(triangle.vertices) for triangle in data.loop_triangles], dtype=np.int64).reshape(-1, 3)
    is_arm = np.array([joint.endswith(("shoulder", "elbow", "wrist")) or not joint for joint in owner])
    arms = []
    for side in _ARMS:
        shoulder, elbow = (
            np.array(armature.matrix_world @ armature.data.bones[bones[f"{side}_{joint}"]].head_local)
            for joint in ("shoulder", "elbow")
        )
        along = elbow - shoulder
        chosen = []
        for index, joint in enumerate(owner):
            if joint in {f"{side}_elbow", f"{side}_wrist"}:
                chosen.append(index)
            elif joint == f"{side}_shoulder":
                place = np.array(mesh.matrix_world @ data.vertices[index].co)
                if (place - shoulder) @ along > _UPPER_ARM * (along @ along):
                    chosen.append(index)
        arms.append(np.array(chosen[:: max(1, len(chosen) // _MOST_POINTS)], dtype=np.int64))
    return SkinParts(mesh.name, triangles[~is_arm[triangles].any(axis=1)], (arms[0], arms[1]))


def _carrier(armature: Any, group: str, joint_of: Mapping[str, str]) -> str:
    """Return the joint with which a bone moves, or nothing."""
    bone = armature.data.bones.get(group)
    while bone is not None and bone.name not in joint_of:
        bone = bone.parent
    return "" if bone is None else joint_of[bone.name]


def _posed(parts: Sequence[SkinParts]) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
    """Return the triangles of the body, (T, 3, 3), and the points of both arms, as they are now in the world."""
    body, arms = [], ([], [])  # type: tuple[list[FloatArray], tuple[list[FloatArray], list[FloatArray]]]
    for part in parts:
        places = posed_vertices(part.mesh)
        body.append(places[part.triangles])
        for side in (0, 1):
            arms[side].append(places[part.arms[side]])
    return np.concatenate(body), (np.concatenate(arms[0]), np.concatenate(arms[1]))


def _depths(tree: Any, body: FloatArray, points: FloatArray, metres_per_unit: float) -> FloatArray:
    """Return how deep points (N, 3) are below the skin, (N,) in metres; 0 outside."""
    depths_m, near = np.zeros(len(points)), []
    for index, point in enumerate(points.tolist()):
        place, normal, _, distance = tree.find_nearest(Vector(point), _NEAR / metres_per_unit)
        if place is not None and (Vector(point) - place).dot(normal) < 0:
            near.append(index)
            depths_m[index] = distance * metres_per_unit
    inside = winding_numbers(body, points[near]) > 0.5
    depths_m[np.array(near, dtype=np.int64)[~inside]] = 0.0
    return depths_m


def winding_numbers(triangles: FloatArray, points: FloatArray) -> FloatArray:
    """Return how often a surface goes around points (N, 3): 1 inside, 0 outside, also if the surface has holes."""
    result = np.zeros(len(points))
    for index, point in enumerate(points):
        a, b, c = np.moveaxis(triangles - point, 1, 0)
        lengths = [np.linalg.norm(corner, axis=1) for corner in (a, b, c)]
        volume = (a * np.cross(b, c)).sum(axis=1)
        below = (
            lengths[0] * lengths[1] * lengths[2]
            + (a * b).sum(1) * lengths[2]
            + (b * c).sum(1) * lengths[0]
            + (c * a).sum(1) * lengths[1]
        )
        result[index] = np.arctan2(volume, below).sum() / (2 * np.pi)
    return result
