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
def kept_poses(context: bpy.types.Context) -> Iterator[None]:
    """Keep what the user has moved or posed and not keyed: Blender animates a scene anew when it is shown again."""
    before = [(thing, _posed(thing)) for thing in context.scene.objects if thing.animation_data and thing.is_editable]
    try:
        yield
    finally:
        context.view_layer.update()
        for thing, posed in before:
            _pose_again(thing, posed)


def _posed(thing: Any) -> dict[str, Any]:
    """Return the values of an object, of all its bones, and of the bones' own properties."""
    bones = thing.pose.bones if thing.type == "ARMATURE" else ()
    return {
        "object": {name: tuple(getattr(thing, name)) for name in _CHANNELS},
        "bones": {name: _values(bones, name, width) for name, width in _CHANNELS.items()} if bones else {},
        "properties": {
            (bone.name, key): value for bone in bones for key, value in bone.items() if isinstance(value, int | float)
        },
    }


def _pose_again(thing: Any, posed: dict[str, Any]) -> None:
    """Give an object the values that `_posed` returned, where they have changed."""
    now = _posed(thing)
    for name, value in posed["object"].items():
        if value != now["object"][name]:
            setattr(thing, name, value)
    for name, values in posed["bones"].items():
        if not np.array_equal(values, now["bones"][name]):
            thing.pose.bones.foreach_set(name, values)
            thing.update_tag()
    for (bone, key), value in posed["properties"].items():
        if now["properties"].get((bone, key)) != value:
            thing.pose.bones[bone][key] = value
            thing.update_tag()


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
