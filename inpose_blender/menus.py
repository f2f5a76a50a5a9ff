# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the operation into menus: Blender's search (F3) finds what is in a menu, and nothing else."""

from __future__ import annotations

from typing import Any, Final

import bpy

from .operators.solve import INPOSE_OT_solve_full_body

_MENUS: Final[tuple[str, ...]] = ("VIEW3D_MT_object_animation", "VIEW3D_MT_pose")


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
    self.layout.operator(INPOSE_OT_solve_full_body.bl_idname, icon="ARMATURE_DATA")
