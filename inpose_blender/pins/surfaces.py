# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the points of an object that a body touches: below a foot, nearest to a hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Matrix, Vector
from mathutils.bvhtree import BVHTree

from ..core import PinError
from ..ui.translate import tr


@dataclass(frozen=True)
class Touch:
    """Hold a point of a surface in the world."""

    place: Vector
    normal: Vector
    """Of length 1."""


class Surface:
    """Ask an object for points of its surface, as it is at the current frame; made by `surface_of`."""

    def __init__(
        self,
        world: Matrix,
        ray: Callable[[Vector, Vector], tuple[Vector | None, Vector | None]],
        nearest: Callable[[Vector], tuple[Vector | None, Vector | None]],
    ) -> None:
        """Use two questions to the object in its own frame: along a ray, and nearest to a place."""
        self._world, self._inverse = world, world.inverted_safe()
        self._ray, self._nearest = ray, nearest

    def below(self, place: Vector, up: Vector) -> Touch | None:
        """Return the first point of the surface on the way down from a place; None if the object is not there."""
        towards = self._inverse.to_3x3() @ -up
        return self._touch(*self._ray(self._inverse @ place, towards.normalized()), facing=up)

    def nearest(self, place: Vector) -> Touch | None:
        """Return the point of the surface that is nearest to a place; its normal looks to the place's side."""
        found = self._touch(*self._nearest(self._inverse @ place), facing=None)
        if found is None:
            return None
        return found if found.normal.dot(place - found.place) >= 0 else Touch(found.place, -found.normal)

    def _touch(self, place: Vector | None, normal: Vector | None, facing: Vector | None) -> Touch | None:
        if place is None or normal is None:
            return None
        turned = (self._inverse.to_3x3().transposed() @ normal).normalized()
        if facing is not None and turned.dot(facing) < 0:  # a face that is turned inside out
            turned = -turned
        return Touch(self._world @ place, turned)


@contextmanager
def surface_of(context: bpy.types.Context, thing: Any) -> Iterator[Surface]:
    """Give the surface of an object with its modifiers; of an empty, its XY plane.

    Raises:
        PinError: the object has no surface.
    """
    depsgraph = context.evaluated_depsgraph_get()
    evaluated = thing.evaluated_get(depsgraph)
    if thing.type == "EMPTY":
        yield Surface(evaluated.matrix_world.copy(), _plane_on_ray, lambda place: (_on_plane(place), Vector((0, 0, 1))))
        return
    mesh = evaluated.to_mesh()
    try:
        if mesh is None or not len(mesh.polygons):
            raise PinError(
                tr("{object} has no surface.", object=thing.name), tr("Choose an object with faces, or an empty.")
            )
        tree = BVHTree.FromPolygons(
            [vertex.co for vertex in mesh.vertices], [polygon.vertices for polygon in mesh.polygons]
        )
        yield Surface(
            evaluated.matrix_world.copy(),
            lambda start, towards: tree.ray_cast(start, towards)[:2],
            lambda place: tree.find_nearest(place)[:2],
        )
    finally:
        evaluated.to_mesh_clear()


def _plane_on_ray(start: Vector, towards: Vector) -> tuple[Vector | None, Vector | None]:
    if abs(towards.z) < 1e-6 or start.z / towards.z > 0:
        return None, None
    return start - towards * (start.z / towards.z), Vector((0, 0, 1))


def _on_plane(place: Vector) -> Vector:
    return Vector((place.x, place.y, 0.0))
