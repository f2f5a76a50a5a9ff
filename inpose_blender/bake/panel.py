# SPDX-License-Identifier: GPL-3.0-or-later
"""Adjust the solved motion and re-bake it."""

from __future__ import annotations

from typing import Any

import bpy

from ..layers.options import LayerOptions
from ..rig.properties import chosen_armature
from ..ui.drawing import SubPanel, draw_text
from ..ui.option_rows import draw_options
from ..ui.translate import tr
from .options import BakeOptions


class INPOSE_PT_bake(SubPanel, bpy.types.Panel):
    """Set how the motion becomes keyframes. You can re-bake without solving again"""

    bl_idname = "INPOSE_PT_bake"
    bl_label = "Adjust and Bake"
    bl_order = 6

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the solved motion and the options of the bake."""
        layout, choices = self.layout, context.scene.inpose_bake
        armature = chosen_armature(context)
        if armature is not None and armature.type == "ARMATURE" and armature.inpose_take.file:
            draw_text(layout, tr("Solved: {take}", take=armature.inpose_take.label), "ARMATURE_DATA")
        draw_options(layout, choices, BakeOptions, _drawn_elsewhere(choices))
        if choices.start_at == "character":
            layout.prop_search(choices, "start_with", context.scene, "objects", icon="OUTLINER_OB_ARMATURE")
        header, body = layout.panel("inpose_layer", default_closed=True)
        header.label(text=tr("Layer"), translate=False)
        if body is not None:
            draw_options(body, choices, LayerOptions, ("mask", "tweak_layer") if choices.layer == "none" else ())
        row = layout.row()
        row.scale_y = 1.2
        row.operator("inpose.bake_take", icon="ACTION")


def _drawn_elsewhere(choices: Any) -> tuple[str, ...]:
    """Return the options that have a row of their own, or no effect."""
    names = ["start_with"]
    if choices.start_at == "character":
        names.append("facing")
    if choices.layer != "none":
        names.append("to_nla_track")
    return tuple(names)
