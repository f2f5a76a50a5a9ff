# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the preview of a recording in a scene, and remove it."""

from __future__ import annotations

from typing import Any, Final

import bpy

COLLECTION_NAME: Final[str] = "InPose recording"
OWN_KEY: Final[str] = "inpose_preview"


def hide_preview(scene: Any) -> bool:
    """Remove the preview of a scene, with all its data; return whether there was one."""
    collection = preview_of(scene)
    if collection is None:
        return False
    for shown in list(collection.objects):
        action = shown.animation_data.action if shown.animation_data else None
        data = shown.data
        bpy.data.objects.remove(shown)
        if action is not None:
            bpy.data.actions.remove(action)
        if data is not None and data.users == 0:
            bpy.data.curves.remove(data)
    bpy.data.collections.remove(collection)
    return True


def preview_of(scene: Any) -> Any:
    """Return the collection of a scene's preview, or None."""
    return next((child for child in scene.collection.children if child.get(OWN_KEY)), None)
