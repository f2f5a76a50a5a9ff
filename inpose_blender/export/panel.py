# SPDX-License-Identifier: GPL-3.0-or-later
"""Export the animated character."""

from __future__ import annotations

import bpy

from ..ui.drawing import SubPanel
from ..ui.option_rows import draw_options
from ..ui.translate import tr
from .options import BODY_SUFFIXES, ENGINES, GAME_SUFFIXES, ExportOptions
from .properties import export_options


class INPOSE_PT_export(SubPanel, bpy.types.Panel):
    """Export the animated character for a game engine, or its motion for other programs"""

    bl_idname = "INPOSE_PT_export"
    bl_label = "Export"
    bl_order = 9
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices, the button, and the other formats."""
        layout, scene = self.layout, context.scene
        draw_options(layout, scene.inpose_export, ExportOptions)
        engine = ENGINES[export_options(scene).engine]
        row = layout.row()
        row.scale_y = 1.2
        text = tr("Export for {engine}", engine=engine.label)
        row.operator("inpose.export_character", text=text, icon="EXPORT", translate=False)
        others = [suffix for suffix in (*GAME_SUFFIXES, *BODY_SUFFIXES) if suffix != engine.suffix]
        row = layout.row(align=True)
        for suffix in others:
            row.operator("inpose.export_character", text=suffix, translate=False).kind = suffix


CLASSES = (INPOSE_PT_export,)
