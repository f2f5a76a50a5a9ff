# SPDX-License-Identifier: GPL-3.0-or-later
"""Make Blender evaluate an armature that *Disable in Viewports* hides.

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


def is_evaluated(armature_object: Any) -> bool:
    """Return whether Blender knows where an object is: it is seen, or something that is seen needs it."""
    return bool(armature_object.evaluated_get(bpy.context.evaluated_depsgraph_get()).is_evaluated)
