# SPDX-License-Identifier: GPL-3.0-or-later
"""List the clean-up edits of the character, and set the chosen one."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake.edits.properties import chosen_edit, edits_of
from ..bake.panel import SolvedPanel
from ..options import EDIT_KIND_OF
from ..rig.properties import chosen_armature
from ..ui.drawing import draw_text
from ..ui.lists import draw_entry, draw_list, draw_mute
from ..ui.translate import tr


class INPOSE_UL_edits(bpy.types.UIList):
    """List clean-up edits with their frames"""

    bl_idname = "INPOSE_UL_edits"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active: Any, _property: str
    ) -> None:
        """Draw kind, frames and the switch."""
        frames = tr("all") if item.whole else f"{item.first}–{item.last}"
        draw_mute(draw_entry(layout, tr(EDIT_KIND_OF[item.kind].label), frames), item)


class INPOSE_PT_cleanup(SolvedPanel, bpy.types.Panel):
    """Smooth, exaggerate and correct stretches of the motion. Hands and planted feet stay in place"""

    bl_idname = "INPOSE_PT_cleanup"
    bl_label = "Clean up"
    bl_order = 6
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, the chosen edit, and the button."""
        layout, armature = self.layout, chosen_armature(context)
        assert armature is not None, "poll has seen one"
        edits = edits_of(armature)
        if not len(edits.entries):
            draw_text(layout, tr("Set a preview range for the stretch, then add an edit."), "INFO")
            layout.menu("INPOSE_MT_add_edit", icon="ADD")
        else:
            column = draw_list(layout, "INPOSE_UL_edits", edits)
            column.menu("INPOSE_MT_add_edit", text="", icon="ADD")
            column.operator("inpose.remove_edit", text="", icon="REMOVE")
            column.separator()
            column.operator("inpose.move_edit", text="", icon="TRIA_UP").step = -1
            column.operator("inpose.move_edit", text="", icon="TRIA_DOWN").step = 1
        if (edit := chosen_edit(armature)) is not None:
            _draw_edit(layout, edit)
        layout.prop(edits, "mirror")
        row = layout.row()
        row.scale_y = 1.2
        row.operator("inpose.bake_take", text="Apply edits", icon="FILE_REFRESH")


def _draw_edit(layout: Any, edit: Any) -> None:
    kind = EDIT_KIND_OF[edit.kind]
    column = layout.column(align=True)
    column.prop(edit, "whole")
    if not edit.whole:
        row = column.row(align=True)
        row.prop(edit, "first")
        row.prop(edit, "last")
        row.operator("inpose.edit_to_preview", text="", icon="PREVIEW_RANGE")
        column.prop(edit, "ease")
    column = layout.column(align=True)
    if edit.kind == "ground":
        column.prop(edit, "ground")
        if edit.ground is None:
            column.prop(edit, "height")
    unit = {"s": " (s)", "m": " (m)"}.get(kind.unit, "")
    column.prop(edit, "amount", text=tr(kind.amount_label) + unit, translate=False)
    if kind.can_hold_hands:
        column.prop(edit, "hold_hands")


CLASSES = (INPOSE_UL_edits, INPOSE_PT_cleanup)
