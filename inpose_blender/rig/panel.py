# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the character, and show before the solve whether its bones were recognised."""

from __future__ import annotations

from typing import Any

import bpy

from ..ui.drawing import SubPanel, draw_text
from ..ui.translate import tr
from .properties import chosen_armature


class INPOSE_PT_rig(SubPanel, bpy.types.Panel):
    """Choose the character to animate"""

    bl_idname = "INPOSE_PT_rig"
    bl_label = "Rig"
    bl_order = 2

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the armature and what was recognised."""
        self.layout.prop(context.scene.inpose, "armature", text="", icon="ARMATURE_DATA")
        draw_rig(self.layout, chosen_armature(context))


def draw_rig(layout: Any, armature_object: Any) -> None:
    """Show the kind of rig that was recognised, and the joints without a bone."""
    from .find import find_mapping
    from .switched_off import still_off

    if armature_object is None or armature_object.type != "ARMATURE":
        draw_text(layout, tr("Select the armature of the character"), "INFO")
        return
    mapping = find_mapping(armature_object)
    if mapping is None:
        draw_text(layout, tr("{rig}: not recognised", rig=armature_object.name), "ERROR")
        return
    column = layout.column(align=True)
    found = tr(
        "{rig}: {family}, {count} of 22 joints",
        rig=armature_object.name,
        family=mapping.family.label,
        count=len(mapping.bones),
    )
    draw_text(column, found, "ERROR" if mapping.missing_required else "CHECKMARK")
    if off := still_off(armature_object):
        only_stretching = all(each.setting == "use_stretch" or not each.constraint for each in off)
        if only_stretching:
            draw_text(column, tr("IK stretching is off: {count} limbs", count=len(off)), "CONSTRAINT_BONE")
            column.operator("inpose.give_ik_back", text=tr("Give Stretching Back"))
        else:
            draw_text(column, tr("Switched off: {count} constraints", count=len(off)), "CONSTRAINT_BONE")
            column.operator("inpose.give_ik_back")
    if mapping.missing:
        missing = ", ".join(tr(name.replace("_", " ")) for name in mapping.missing)
        draw_text(column, tr("No bone for {joints}", joints=missing))
