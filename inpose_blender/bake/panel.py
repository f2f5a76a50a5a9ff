# SPDX-License-Identifier: GPL-3.0-or-later
"""Adjust the solved motion and re-bake it."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..layers.options import LayerOptions
from ..rig.properties import chosen_armature
from ..ui.drawing import SubPanel, draw_text
from ..ui.option_rows import draw_options
from ..ui.translate import tr
from .asked_pins import NOT_SOLVED, pins_changed
from .options import BakeOptions

WHERE_IT_GOES: Final[tuple[str, ...]] = ("way", "start_at", "facing", "start_with", "speed", "way_scale")
LIMBS: Final[tuple[str, ...]] = ("smoothing_s", "hand_lock", "foot_lock", "fingers", "relaxed_curl")
KEYS: Final[tuple[str, ...]] = (
    "key_rate",
    "key_step",
    "fewer_keys",
    "key_distance_mm",
    "key_angle_deg",
    "key_tolerance_deg",
)
"""Options in parts of the panel that open and close; the others are always shown."""


class SolvedPanel(SubPanel):
    """Show a panel below the main one if something was solved for the character; mixed into panels."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the character."""
        armature = chosen_armature(context)
        return armature is not None and armature.type == "ARMATURE" and bool(armature.inpose_take.file)


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
        hidden = _drawn_elsewhere(choices)
        draw_options(layout, choices, BakeOptions, (*hidden, *WHERE_IT_GOES, *LIMBS, *KEYS))
        if body := _part(layout, "inpose_where", tr("Where it goes")):
            draw_options(body, choices, BakeOptions, hidden, only=WHERE_IT_GOES)
            if choices.start_at == "character":
                body.prop_search(choices, "start_with", context.scene, "objects", icon="OUTLINER_OB_ARMATURE")
        if body := _part(layout, "inpose_limbs", tr("Hands, feet, fingers")):
            draw_options(body, choices, BakeOptions, only=LIMBS)
        if body := _part(layout, "inpose_keys", tr("Keys")):
            draw_options(body, choices, BakeOptions, only=KEYS)
        if body := _part(layout, "inpose_layer", tr("Layer")):
            draw_options(body, choices, LayerOptions, ("mask", "tweak_layer") if choices.layer == "none" else ())
        if armature is not None and pins_changed(armature):
            draw_text(layout, tr(NOT_SOLVED), "ERROR")
        row = layout.row()
        row.scale_y = 1.2
        row.operator("inpose.bake_take", icon="ACTION")


def _part(layout: Any, name: str, title: str) -> Any:
    """Draw the head of a part of the panel, and return the layout of its content; None if it is closed."""
    header, body = layout.panel(name, default_closed=True)
    header.label(text=title, translate=False)
    return body


def _drawn_elsewhere(choices: Any) -> tuple[str, ...]:
    """Return the options that have a row of their own, or no effect."""
    names = ["start_with"]
    if choices.start_at == "character":
        names.append("facing")
    if choices.layer != "none":
        names.append("to_nla_track")
    return tuple(names)
