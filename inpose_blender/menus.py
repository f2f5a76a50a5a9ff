# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the operations into menus: Blender's search (F3) finds what is in a menu, and nothing else."""

from __future__ import annotations

from typing import Any, Final

import bpy

from .operators import SEARCHABLE

_MENUS: Final[tuple[str, ...]] = ("VIEW3D_MT_object_animation", "VIEW3D_MT_pose")


class INPOSE_MT_operations(bpy.types.Menu):
    """List all that InPose does."""

    bl_idname = "INPOSE_MT_operations"
    bl_label = "InPose"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw one entry for each operation, as the panels order them."""
        for operation in SEARCHABLE:
            self.layout.operator(operation.bl_idname)


def register() -> None:
    """Append to Object > Animation and to Pose."""
    for name in _MENUS:
        getattr(bpy.types, name).append(_draw)


def unregister() -> None:
    """Take the entries out again."""
    for name in _MENUS:
        getattr(bpy.types, name).remove(_draw)


def _draw(self: Any, _context: Any) -> None:
    self.layout.separator()
    self.layout.menu(INPOSE_MT_operations.bl_idname, icon="ARMATURE_DATA")


CLASSES = (INPOSE_MT_operations,)
