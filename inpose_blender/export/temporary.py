# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in a scene of our own, and leave Blender as it was: the same data-blocks, names and active scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy


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
