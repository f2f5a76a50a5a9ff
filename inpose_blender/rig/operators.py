# SPDX-License-Identifier: GPL-3.0-or-later
"""Give back what a baked action has switched off."""

from __future__ import annotations

import bpy

from ..ui.redraw import redraw_panels
from ..ui.translate import tr
from .properties import chosen_armature


class INPOSE_OT_give_ik_back(bpy.types.Operator):
    """Switch on again the constraints that the action switches off. They then move the limbs, and its keys do not"""

    bl_idname = "inpose.give_ik_back"
    bl_label = "Give IK Back"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been switched off."""
        from .switched_off import remembered_off

        armature = chosen_armature(context)
        if armature is None or armature.type != "ARMATURE" or not remembered_off(armature):
            cls.poll_message_set(tr("No constraint was switched off"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Restore each influence, and remove its key from the action."""
        from .switched_off import give_back

        count = give_back(chosen_armature(context))
        self.report({"INFO"}, tr("Switched on: {count} constraints", count=count))
        redraw_panels()
        return {"FINISHED"}


CLASSES = (INPOSE_OT_give_ik_back,)
