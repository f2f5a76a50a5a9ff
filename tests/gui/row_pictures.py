# SPDX-License-Identifier: GPL-3.0-or-later
"""Render pictures of each take of a row of NLA strips; shared by the scripts that drive a window."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector


def strips_of(armature: Any) -> list[Any]:
    """Return the NLA strips that play, from the lowest track up."""
    animation = armature.animation_data
    tracks = animation.nla_tracks if animation is not None else ()
    return [strip for track in tracks if not track.mute for strip in track.strips]


def render_row(armature: Any, folder: Path, each: int) -> Iterator[bytes]:
    """Render pictures of each strip into a folder, and yield the digest of the pixels of each."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 320, 320, 100
    scene.render.image_settings.file_format = "PNG"
    for strip in sorted(strips_of(armature), key=lambda strip: strip.frame_start):
        for share in range(each):
            scene.frame_set(round(strip.frame_start + (strip.frame_end - strip.frame_start) * (share + 0.5) / each))
            hips = armature.matrix_world @ armature.pose.bones["pelvis"].matrix.translation
            camera.location = Vector((hips.x + 1.6, hips.y - 3.4, 1.2))
            camera.rotation_euler = (
                (Vector((hips.x, hips.y, 0.9)) - camera.location).to_track_quat("-Z", "Y").to_euler()
            )
            bpy.context.view_layer.update()
            scene.render.filepath = str(folder / f"render_{strip.name.replace(' ', '_')}_{share + 1}.png")
            bpy.ops.render.render(write_still=True)
            yield _pixels_of(Path(scene.render.filepath))


def _pixels_of(path: Path) -> bytes:
    """Return the digest of the pixels of a picture: its file also has the frame in it."""
    image = bpy.data.images.load(str(path))
    pixels = array("f", bytes(4 * len(image.pixels)))
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return hashlib.sha256(pixels.tobytes()).digest()
