# SPDX-License-Identifier: GPL-3.0-or-later
"""Offer to snap FK and IK to each other."""

from __future__ import annotations

import bpy

from ..ui.drawing import SubPanel


class INPOSE_PT_controls(SubPanel, bpy.types.Panel):
    """Snap the FK and IK controls of any action to each other"""

    bl_idname = "INPOSE_PT_controls"
    bl_parent_id = "INPOSE_PT_bake"
    bl_label = "FK and IK"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw both directions."""
        column = self.layout.column(align=True)
        column.operator("inpose.snap_ik_to_fk", icon="CON_KINEMATIC")
        column.operator("inpose.snap_fk_to_ik", icon="BONE_DATA")
