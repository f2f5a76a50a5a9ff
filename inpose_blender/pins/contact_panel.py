# SPDX-License-Identifier: GPL-3.0-or-later
"""Show what touches what: contacts with an object, and the list of the feet's stances."""

from __future__ import annotations

from typing import Any

import bpy

from ..rig.properties import chosen_armature
from ..ui.drawing import SidebarPanel
from ..ui.lists import draw_entry, draw_list
from ..ui.translate import tr
from .contact_operators import touched_object
from .properties import chosen_stand, pins_of, stands_shown


class INPOSE_UL_stands(bpy.types.UIList):
    """List the stances of both feet with their frames"""

    bl_idname = "INPOSE_UL_stands"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active: Any, _property: str
    ) -> None:
        """Draw foot, frames, and whether the animator has changed it."""
        icon = "GREASEPENCIL" if item.is_said else "BLANK1"
        draw_entry(layout, stand_title(item), f"{item.first}–{item.last}", icon)


def stand_title(stand: Any) -> str:
    """Return which foot a stance is of."""
    return tr("left foot") if stand.foot == 0 else tr("right foot")


class INPOSE_PT_contacts(SidebarPanel, bpy.types.Panel):
    """Say what touches what: feet, hands and body on an object, and when each foot stands"""

    bl_idname = "INPOSE_PT_contacts"
    bl_label = "Contacts"
    bl_parent_id = "INPOSE_PT_pins"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the object with what may touch it, and the list of stances."""
        from .stand_list import keep_list_fresh

        layout, armature = self.layout, chosen_armature(context)
        assert armature is not None, "the panel above has seen one"
        column = layout.column(align=True)
        column.prop(pins_of(armature), "surface")
        if pins_of(armature).surface is None and (thing := touched_object(context, armature)) is not None:
            column.label(text=thing.name, icon="OBJECT_DATA", translate=False)
        row = column.row(align=True)
        row.operator("inpose.add_contact", text="Left foot").contact = "left_foot"
        row.operator("inpose.add_contact", text="Right foot").contact = "right_foot"
        row.operator("inpose.add_contact", text="Both").contact = "both_feet"
        row = column.row(align=True)
        row.operator("inpose.add_contact", text="Left hand").contact = "left_hand"
        row.operator("inpose.add_contact", text="Right hand").contact = "right_hand"
        row.operator("inpose.add_contact", text="Sit").contact = "sit"
        layout.label(text="Stances")
        keep_list_fresh(context, armature)
        shown = stands_shown(context)
        column = draw_list(layout, "INPOSE_UL_stands", shown)
        column.menu("INPOSE_MT_add_stand", text="", icon="ADD")
        column.operator("inpose.remove_stand", text="", icon="REMOVE")
        column.separator()
        column.operator("inpose.split_stand", text="", icon="SNAP_MIDPOINT")
        column.operator("inpose.reset_stand", text="", icon="LOOP_BACK")
        if chosen_stand(context) is not None:
            _draw_stand(layout, armature)


def _draw_stand(layout: Any, armature: Any) -> None:
    row = layout.row(align=True)
    row.operator("inpose.move_stand", text="", icon="TRIA_LEFT").frames = -1
    row.prop(armature.inpose_stand, "first")
    row.prop(armature.inpose_stand, "last")
    row.operator("inpose.move_stand", text="", icon="TRIA_RIGHT").frames = 1


CLASSES = (INPOSE_UL_stands, INPOSE_PT_contacts)
