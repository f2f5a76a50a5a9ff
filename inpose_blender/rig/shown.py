# SPDX-License-Identifier: GPL-3.0-or-later
"""Make Blender evaluate an armature or another object that *Disable in Viewports* hides.

Blender evaluates a hidden object only where something that is seen needs it, for example its mesh. A copy of it that
nothing needs would stay in its rest pose.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import bpy


def shown_copy(armature_object: Any) -> Any:
    """Return a copy of an object, in no scene, that Blender evaluates also if the object itself is hidden."""
    copy = armature_object.copy()
    copy.hide_viewport = False
    return copy


@contextmanager
def shown(armature_object: Any) -> Iterator[Any]:
    """Yield an object if it is not hidden, or a temporary copy with the same animation."""
    if not armature_object.hide_viewport:
        yield armature_object
        return
    copy = shown_copy(armature_object)
    try:
        yield copy
    finally:
        with suppress(ReferenceError):  # another file was opened in a pause
            bpy.data.objects.remove(copy)


@contextmanager
def evaluated_object(seen: Any) -> Iterator[Any]:
    """Yield an object as Blender evaluates it in the current frame, also where it or its collections are disabled.

    Of a disabled object, Blender keeps what it was when it was last shown. So a copy is shown for a moment.
    """
    if seen.visible_get(view_layer=bpy.context.view_layer):
        yield seen.evaluated_get(bpy.context.evaluated_depsgraph_get())
        return
    copy = shown_copy(seen)
    try:
        bpy.context.scene.collection.objects.link(copy)
        yield copy.evaluated_get(bpy.context.evaluated_depsgraph_get())
    finally:
        bpy.data.objects.remove(copy)


def is_not_posed(armature_object: Any) -> bool:
    """Return whether an object of the shown scene is hidden and nothing that is seen needs it: Blender does not know
    where it is then.

    In another scene, it stays as it was when that scene was shown.
    """
    layer = bpy.context.view_layer
    if armature_object.visible_get(view_layer=layer) or layer.objects.get(armature_object.name) != armature_object:
        return False
    return not armature_object.evaluated_get(bpy.context.evaluated_depsgraph_get()).is_evaluated
