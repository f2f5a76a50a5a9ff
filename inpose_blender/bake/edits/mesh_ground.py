# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a mesh of the scene how high it is, in the room of a recording. Blender's data is only read when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from ...core import FloatArray, conjugate_quaternion, rotate_vector
from ...rig.measure import RigMeasure
from ..placement import Placement

_ABOVE: Final[float] = 1.0
"""Rays begin so many units above the highest point of the mesh."""


@dataclass(frozen=True, eq=False)
class MeshGround:
    """A mesh that feet stand on; its highest surface at each place counts."""

    tree: Any
    """A tree of its triangles in the world."""
    highest: float
    """Largest coordinate of the mesh along the vertical."""
    measure: RigMeasure
    placement: Placement

    def heights_m(self, points_m: FloatArray) -> FloatArray:
        """Return the height (...,) of the mesh at points (..., 3) of the recorded room; NaN beside it."""
        up = self.measure.R_world_core[:, 1]
        placed_m = self.placement.places(points_m).reshape(-1, 3)
        world = self.measure.origin_world + placed_m @ self.measure.R_world_core.T / self.measure.metres_per_unit
        starts = world + np.outer(self.highest + _ABOVE - world @ up, up)
        down, cast = Vector((-up).tolist()), self.tree.ray_cast
        hits = [cast(Vector(start), down)[0] for start in starts.tolist()]
        places = np.array([(np.nan,) * 3 if hit is None else tuple(hit) for hit in hits], dtype=np.float64)
        hit_m = (places - self.measure.origin_world) @ self.measure.R_world_core * self.measure.metres_per_unit
        back_m = rotate_vector(conjugate_quaternion(self.placement.turn_wxyz), hit_m - self.placement.place_m)
        return np.asarray((back_m + self.placement.pivot_m)[:, 1].reshape(points_m.shape[:-1]))


def mesh_ground(evaluated: Any, measure: RigMeasure, placement: Placement) -> MeshGround | None:
    """Return the ground of an evaluated mesh object, or None if it has no faces."""
    mesh = evaluated.to_mesh()
    try:
        mesh.calc_loop_triangles()
        vertices, triangles = len(mesh.vertices), len(mesh.loop_triangles)
        if not triangles:
            return None
        flat, corners = np.empty(3 * vertices, np.float32), np.empty(3 * triangles, np.int32)
        mesh.vertices.foreach_get("co", flat)
        mesh.loop_triangles.foreach_get("vertices", corners)
    finally:
        evaluated.to_mesh_clear()
    matrix = np.array(evaluated.matrix_world, dtype=np.float64)
    world = flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    tree = BVHTree.FromPolygons(world.tolist(), corners.reshape(-1, 3).tolist(), all_triangles=True)
    return MeshGround(tree, float((world @ measure.R_world_core[:, 1]).max()), measure, placement)
