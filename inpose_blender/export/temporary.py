# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in a scene of our own, and leave Blender as it was: the same data-blocks, names and active scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

_CHANNELS: Final[dict[str, int]] = {
    "location": 3,
    "rotation_quaternion": 4,
    "rotation_euler": 3,
    "rotation_axis_angle": 4,
    "scale": 3,
}


@contextmanager
def own_scene(context: bpy.types.Context, like: Any) -> Iterator[Any]:
    """Yield a new scene with the frame rate of another one, active in the window; all that is made meanwhile is removed
    in the end."""
    window = context.window or context.window_manager.windows[0]
    known = {block.session_uid for block in bpy.data.user_map()}
    shown = window.scene
    scene = bpy.data.scenes.new("InPose export")
    try:
        scene.render.fps, scene.render.fps_base = like.render.fps, like.render.fps_base
        scene.camera = like.camera  # or a view through the camera would leave it
        window.scene = scene
        yield scene
    finally:
        window.scene = shown
        bpy.data.batch_remove([block for block in bpy.data.user_map() if block.session_uid not in known])


@contextmanager
def kept_pose(context: bpy.types.Context, armature_object: Any) -> Iterator[None]:
    """Keep what the user has posed and not keyed: Blender animates a scene anew when it is shown again."""
    bones = armature_object.pose.bones
    posed = {name: _values(bones, name, width) for name, width in _CHANNELS.items()}
    try:
        yield
    finally:
        context.view_layer.update()
        for name, values in posed.items():
            if not np.array_equal(values, _values(bones, name, values.size // max(len(bones), 1))):
                bones.foreach_set(name, values)
                armature_object.update_tag()


def _values(bones: Any, name: str, width: int) -> NDArray[np.float32]:
    values = np.empty(width * len(bones), dtype=np.float32)
    bones.foreach_get(name, values)
    return values


@contextmanager
def lent_names(pairs: list[tuple[Any, Any]]) -> Iterator[None]:
    """Give copies the names of their originals for a while: exporters write the names of data-blocks into the file.

    Args:
        pairs: originals and their copies.
    """
    names = [(original, original.name) for original, _ in pairs]
    try:
        for original, copy in pairs:
            name = original.name
            if original.library is None:
                original.name = f"{name[:40]}~InPose"
            copy.name = name
        yield
    finally:
        for (original, name), (_, copy) in zip(names, pairs, strict=True):
            copy.name = "InPose export"
            if original.library is None and original.name != name:
                original.name = name
