# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a sample of the skin of an armature: points with normals, weights and neighbours, from all its meshes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core import FloatArray

_MOST_POINTS: Final[int] = 5000
_MOST_EDGES: Final[int] = 2500
"""A check of this many takes as long for a film character as for a toy."""
_MOST_WEIGHTS: Final[int] = 4
"""Weights of a point: what game engines use."""


@dataclass(frozen=True)
class Skin:
    """Hold sampled points of the meshes that an armature deforms, in the armature frame at rest."""

    points: FloatArray
    """(N, 3)"""
    normals: FloatArray
    """(N, 3)"""
    bones: tuple[str, ...]
    """The bones that carry skin; the last name, the empty one, stands for no bone."""
    owners: NDArray[np.int64]
    """(N, 4) indices of bones."""
    weights: FloatArray
    """(N, 4) with a sum of 1."""
    edges: NDArray[np.int64]
    """(E, 2) indices of points that are neighbours in a mesh."""
    meshes: tuple[str, ...]
    """Names of the mesh objects."""
    mesh_of: NDArray[np.int64]
    """(N,) indices of meshes."""

    @property
    def main_owner(self) -> NDArray[np.int64]:
        """Return the index of the bone with the largest weight, (N,)."""
        return self.owners[np.arange(len(self.owners)), self.weights.argmax(axis=1)]


def read_skin(armature_object: Any) -> Skin | None:
    """Return a sample of what an armature deforms, or None if that is nothing."""
    meshes = list(_skinned_meshes(armature_object))
    total = sum(len(mesh.data.vertices) for mesh in meshes)
    if not total:
        return None
    names = [bone.name for bone in armature_object.data.bones if bone.use_deform]
    index_of = {name: index for index, name in enumerate(names)}
    to_armature = np.linalg.inv(np.array(armature_object.matrix_world, dtype=np.float64))
    parts = [
        _sample(mesh, to_armature, index_of, len(mesh.data.vertices) / total, number)
        for number, mesh in enumerate(meshes)
    ]
    starts = np.cumsum([0, *(len(part.points) for part in parts[:-1])])
    owners = np.concatenate([part.owners for part in parts])
    # Only the bones that have skin, and the empty name for none.
    used = np.unique(owners[owners < len(names)])
    renumbered = np.full(len(names) + 1, len(used))
    renumbered[used] = np.arange(len(used))
    return Skin(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.normals for part in parts]),
        (*(names[index] for index in used), ""),
        renumbered[owners],
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.edges + start for part, start in zip(parts, starts, strict=True)]),
        tuple(mesh.name for mesh in meshes),
        np.concatenate([part.mesh_of for part in parts]),
    )


def _skinned_meshes(armature_object: Any) -> Iterator[Any]:
    """Yield the mesh objects whose skin only the weights on bones of this armature move."""
    for candidate in bpy.data.objects:
        if candidate.type != "MESH" or not candidate.users_scene or not len(candidate.data.vertices):
            continue
        if not len(candidate.vertex_groups) or (candidate.hide_viewport and candidate.hide_render):
            continue
        by = [
            modifier
            for modifier in candidate.modifiers
            if modifier.type == "ARMATURE" and modifier.object and modifier.show_viewport
        ]
        if any(modifier.object != armature_object or modifier.use_bone_envelopes for modifier in by):
            continue  # something else moves it as well
        by_parent = candidate.parent == armature_object and candidate.parent_type == "ARMATURE"
        if by_parent or any(modifier.use_vertex_groups for modifier in by):
            yield candidate


def _sample(mesh: Any, to_armature: FloatArray, index_of: dict[str, int], share: float, number: int) -> Skin:
    data = mesh.data
    count = len(data.vertices)
    edges = np.empty(2 * len(data.edges), dtype=np.int32)
    data.edges.foreach_get("vertices", edges)
    edges = edges.reshape(-1, 2)[:: max(1, round(len(data.edges) / max(_MOST_EDGES * share, 1)))]
    # Neighbours come in any order, vertices in stripes over the body.
    chosen = np.unique(
        np.concatenate((np.arange(0, count, max(1, round(count / (_MOST_POINTS * share)))), edges.ravel()))
    )
    matrix = to_armature @ np.array(mesh.matrix_world, dtype=np.float64)
    points = _vectors(data.vertices, "co", count)[chosen] @ matrix[:3, :3].T + matrix[:3, 3]
    normals = _vectors(data.vertices, "normal", count)[chosen] @ np.linalg.inv(matrix[:3, :3])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    owner_of_group = [index_of.get(group.name, -1) for group in mesh.vertex_groups]
    owners = np.full((len(chosen), _MOST_WEIGHTS), len(index_of), dtype=np.int64)
    weights = np.zeros((len(chosen), _MOST_WEIGHTS))
    vertices = data.vertices
    for row, vertex in enumerate(chosen.tolist()):
        found = [
            (group.weight, owner)
            for group in vertices[vertex].groups
            if group.group < len(owner_of_group) and (owner := owner_of_group[group.group]) >= 0 and group.weight > 0
        ]
        found.sort(reverse=True)
        for column, (weight, owner) in enumerate(found[:_MOST_WEIGHTS]):
            owners[row, column], weights[row, column] = owner, weight
    sums = weights.sum(axis=1, keepdims=True)
    weights[sums[:, 0] == 0, 0] = 1.0  # of no bone
    weights /= np.where(sums == 0, 1.0, sums)
    rows = np.searchsorted(chosen, edges)
    return Skin(points, normals, (), owners, weights, rows, (), np.full(len(chosen), number))


def _vectors(vertices: Any, name: str, count: int) -> FloatArray:
    flat = np.empty(3 * count, dtype=np.float32)
    vertices.foreach_get(name, flat)
    return flat.reshape(-1, 3).astype(np.float64)
