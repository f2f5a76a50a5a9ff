# SPDX-License-Identifier: GPL-3.0-or-later
"""Offer to reduce the keys of the active action."""

from __future__ import annotations

import bpy

from ..ui.drawing import SubPanel


class INPOSE_PT_reducing(SubPanel, bpy.types.Panel):
    """Reduce the keys of any action of the armature, on a stretch and for the selected bones"""

    bl_idname = "INPOSE_PT_reducing"
    bl_parent_id = "INPOSE_PT_bake"
    bl_label = "Keys of an Action"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the button."""
        self.layout.operator("inpose.reduce_keys", icon="IPO_BEZIER")
