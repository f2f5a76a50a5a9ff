# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a solve, and show the running and waiting ones."""

from __future__ import annotations

import bpy

from ..options import SolveSettings
from ..ui.drawing import SubPanel
from ..ui.option_rows import draw_options
from ..ui.translate import tr
from .queue import QUEUE


class INPOSE_PT_solve(SubPanel, bpy.types.Panel):
    """Solve the motion of the whole body from the recording"""

    bl_idname = "INPOSE_PT_solve"
    bl_label = "Solve"
    bl_order = 3

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the quality, the button, the queue, and the other options."""
        layout = self.layout
        layout.row(align=True).prop(context.scene.inpose, "quality", expand=True)
        row = layout.row()
        row.scale_y = 1.5
        row.operator("inpose.solve_full_body", icon="ARMATURE_DATA")
        for place, solve in enumerate(QUEUE.solves):
            row = layout.row(align=True)
            doing = tr(solve.job.text) if place == 0 else tr("Waiting")
            row.progress(factor=solve.job.fraction, text=f"{solve.label}: {doing}", translate=False)
            row.operator("inpose.cancel", text="", icon="CANCEL").index = place
        header, body = layout.panel("inpose_solve_options", default_closed=True)
        header.label(text="Options")
        if body is not None:
            draw_options(body, context.scene.inpose, SolveSettings, without=("quality",))
        header, body = layout.panel("inpose_solve_expert_options", default_closed=True)
        header.label(text="Expert options")
        if body is not None:
            draw_options(body, context.scene.inpose, SolveSettings, expert=True)
