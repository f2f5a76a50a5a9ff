# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the sub-panels, and show how the last job ended."""

from __future__ import annotations

import bpy

from .drawing import SidebarPanel, draw_text
from .properties import status_of


class INPOSE_PT_main(SidebarPanel, bpy.types.Panel):
    """From a VR recording to keyframes"""

    bl_idname = "INPOSE_PT_main"
    bl_label = "InPose"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw how the last job ended, where there was one."""
        status = status_of(context)
        if not status.result:
            return
        box = self.layout.box().column(align=True)
        draw_text(box, status.result, "ERROR" if status.failed else "CHECKMARK")
        for note in status.notes.splitlines():
            draw_text(box, note)
        if status.report:
            box.operator("inpose.copy_report", icon="COPYDOWN")
