# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a stretch, and loop it."""

from __future__ import annotations

import bpy

from ..rig.properties import chosen_armature
from ..ui.drawing import SubPanel
from ..ui.option_rows import draw_options
from .options import LoopOptions


class INPOSE_PT_loop(SubPanel, bpy.types.Panel):
    """Make a loop of a stretch of the solved motion, for example a walk cycle"""

    bl_idname = "INPOSE_PT_loop"
    bl_label = "Loop"
    bl_order = 7
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the character."""
        armature = chosen_armature(context)
        return armature is not None and armature.type == "ARMATURE" and bool(armature.inpose_take.file)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options and the button."""
        layout = self.layout
        draw_options(layout, context.scene.inpose_loop, LoopOptions)
        layout.operator("inpose.loop_stretch", icon="FILE_REFRESH")


CLASSES = (INPOSE_PT_loop,)
