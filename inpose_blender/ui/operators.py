# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the details of an error, to ask for help."""

from __future__ import annotations

import bpy

from .properties import status_of
from .translate import tr


class INPOSE_OT_copy_report(bpy.types.Operator):
    """Copy the error, its details and all versions, to paste them where you ask for help"""

    bl_idname = "inpose.copy_report"
    bl_label = "Copy details"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must have been an error."""
        if not status_of(context).report:
            cls.poll_message_set(tr("There was no error"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the report onto the clipboard."""
        context.window_manager.clipboard = status_of(context).report
        self.report({"INFO"}, tr("The details were copied to the clipboard"))
        return {"FINISHED"}


CLASSES = (INPOSE_OT_copy_report,)
