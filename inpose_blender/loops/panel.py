# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a stretch, and loop it."""

from __future__ import annotations

import bpy

from ..bake.panel import SolvedPanel
from ..ui.option_rows import draw_options
from .options import LoopOptions


class INPOSE_PT_loop(SolvedPanel, bpy.types.Panel):
    """Make a loop of a stretch of the solved motion, for example a walk cycle"""

    bl_idname = "INPOSE_PT_loop"
    bl_label = "Loop"
    bl_order = 7
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options and the button."""
        layout = self.layout
        draw_options(layout, context.scene.inpose_loop, LoopOptions)
        layout.operator("inpose.loop_stretch", icon="FILE_REFRESH")


CLASSES = (INPOSE_PT_loop,)
