# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the handles of pins: empties in a collection of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import bpy
from mathutils import Matrix, Quaternion

HANDLES: Final[str] = "InPose pins"
"""Name of the collection."""
_MADE: Final[str] = "inpose_handle"
"""A property of each handle that InPose has made; those of older files have none."""
_SIZE_M: Final[float] = 0.06


def add_handle(scene: Any, name: str, place: Sequence[float], wxyz: Sequence[float], unit_m: float) -> Any:
    """Return a new empty at a place in the world.

    Args:
        scene: gets the collection of handles, if it has none.
        name: of the empty.
        place: (3,) in the world.
        wxyz: (4,) its rotation.
        unit_m: metres in one unit of the scene.
    """
    handle = bpy.data.objects.new(name, None)
    handle[_MADE] = True
    handle.empty_display_type = "SPHERE"
    handle.empty_display_size = _SIZE_M / unit_m
    handle.show_in_front = True
    handle.show_name = True
    handle.rotation_mode = "QUATERNION"
    _collection(scene).objects.link(handle)
    handle.matrix_world = Matrix.LocRotScale(place, Quaternion(wxyz), None)
    return handle


def remove_handle(handle: Any) -> None:
    """Remove a handle that InPose has made, in whatever collection it is; one that the user has made stays."""
    if handle is None or handle.type != "EMPTY":
        return
    collection = bpy.data.collections.get(HANDLES)
    if not (handle.get(_MADE) or (collection is not None and handle.name in collection.objects)):
        return
    bpy.data.objects.remove(handle)
    if collection is not None and not len(collection.objects):
        bpy.data.collections.remove(collection)


def choose_only(context: bpy.types.Context, handle: Any) -> None:
    """Make a handle the one selected and active object, ready to be moved."""
    if context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    for other in context.selected_objects:
        other.select_set(False)
    handle.select_set(True)
    context.view_layer.objects.active = handle


def is_still(handle: Any) -> bool:
    """Return whether a handle rests where it is: nothing animates, drives or constrains it, or an object that carries
    it."""
    carried = handle
    while carried is not None:
        animation = carried.animation_data
        animated = animation is not None and (animation.action or animation.drivers or animation.nla_tracks)
        if animated or len(carried.constraints) or carried.rigid_body is not None:
            return False
        if carried.parent is not None and carried.parent_type != "OBJECT":
            return False
        carried = carried.parent
    return True


def _collection(scene: Any) -> Any:
    collection = bpy.data.collections.get(HANDLES)
    if collection is None:
        collection = bpy.data.collections.new(HANDLES)
    if HANDLES not in {child.name for child in scene.collection.children_recursive}:
        scene.collection.children.link(collection)
    return collection
