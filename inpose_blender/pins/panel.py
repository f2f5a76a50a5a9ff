# SPDX-License-Identifier: GPL-3.0-or-later
"""List the pins of the character, and set the chosen one."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake.asked_pins import pins_changed
from ..bake.panel import SolvedPanel
from ..rig.properties import chosen_armature
from ..ui.drawing import draw_text
from ..ui.lists import draw_entry, draw_list, draw_mute
from ..ui.translate import tr
from .properties import chosen_pin, pins_of


class INPOSE_UL_pins(bpy.types.UIList):
    """List pins with their frames"""

    bl_idname = "INPOSE_UL_pins"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active: Any, _property: str
    ) -> None:
        """Draw joint, frames and the switch."""
        title, icon = pin_title(item)
        draw_mute(draw_entry(layout, title, pin_frames(item), icon), item)


def pin_frames(pin: Any) -> str:
    """Return the frames of a pin in a few characters."""
    if pin.kind == "place" and pin.while_standing:
        return tr("{frame}, stands", frame=pin.first)
    return f"{pin.first}" if pin.first == pin.last else f"{pin.first}–{pin.last}"


def pin_title(pin: Any) -> tuple[str, str]:
    """Return what a pin says in two or three words, and its icon."""
    carrier = None if pin.handle is None else pin.handle.parent
    if pin.kind in {"place", "sits"}:
        title = tr("sits") if pin.kind == "sits" else tr(pin.joint.replace("_", " "))
        return (title, "PINNED") if carrier is None else (f"{title}: {carrier.name}", "LINKED")
    foot = tr("left foot") if pin.joint.startswith("left") else tr("right foot")
    if pin.kind == "stands":
        return tr("{joint} stands", joint=foot), "ANCHOR_BOTTOM"
    return tr("{joint} does not stand", joint=foot), "TRIA_UP_BAR"


class INPOSE_PT_pins(SolvedPanel, bpy.types.Panel):
    """Correct the motion: say where a joint is at a frame, and solve again"""

    bl_idname = "INPOSE_PT_pins"
    bl_label = "Pins"
    bl_order = 5

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, the chosen pin, and the button."""
        layout, armature = self.layout, chosen_armature(context)
        assert armature is not None, "poll has seen one"
        pins = pins_of(armature)
        if not len(pins.entries):
            draw_text(layout, tr("If a pose is wrong, go to its frame and pin a joint where it should be."), "INFO")
            row = layout.row(align=True)
            row.menu("INPOSE_MT_add_pin", icon="ADD")
            row.operator("inpose.pin_pose", text="", icon="POSE_HLT")
        else:
            column = draw_list(layout, "INPOSE_UL_pins", pins, fewest_rows=3)
            column.menu("INPOSE_MT_add_pin", text="", icon="ADD")
            column.operator("inpose.remove_pin", text="", icon="REMOVE")
            column.separator()
            column.operator("inpose.pin_pose", text="", icon="POSE_HLT")
            column.operator("inpose.select_pin", text="", icon="RESTRICT_SELECT_OFF")
        if (pin := chosen_pin(armature)) is not None:
            _draw_pin(layout, pin)
            if (other := other_foot(pins, pin, context.scene.frame_current)) is not None:
                text = tr("Pin the {joint}, too", joint=tr(other.replace("_", " ")))
                layout.operator("inpose.add_pin", text=text, translate=False, icon="ADD").joint = other
        if len(pins.entries) or armature.inpose_take.unpinned:
            if pins_changed(armature):
                draw_text(layout, tr("Changed since the last solve."), "ERROR")
            row = layout.row(align=True)
            row.scale_y = 1.2
            row.operator("inpose.solve_again", icon="FILE_REFRESH").another = False
            row.operator("inpose.solve_again", text="Another", icon="NONE").another = True


def other_foot(pins: Any, pin: Any, frame: int) -> str | None:
    """Return the joint of the other foot if it would help to pin it at a frame, too; else None.

    One foot does not tell where the other one is: most of the error that one pinned foot leaves is there.
    """
    side, _, joint = pin.joint.partition("_")
    if pin.kind != "place" or joint not in {"ankle", "foot"} or not pin.first <= frame <= pin.last:
        return None
    other = ("right" if side == "left" else "left") + f"_{joint}"
    feet = {f"{other.partition('_')[0]}_{part}" for part in ("ankle", "foot")}
    has_one = any(
        one.kind == "place" and one.joint in feet and one.first <= pin.last and pin.first <= one.last
        for one in pins.entries
    )
    return None if has_one else other


def _draw_pin(layout: Any, pin: Any) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    if pin.kind == "place" and pin.while_standing:
        row.prop(pin, "first", text="Frame")
    else:
        row.prop(pin, "first")
        row.prop(pin, "last")
    if pin.kind != "place":
        return
    if pin.joint.endswith(("ankle", "foot")):
        column.prop(pin, "while_standing", toggle=True, icon="ANCHOR_BOTTOM")
    row = column.row(align=True)
    row.prop(pin, "use_position", toggle=True)
    row.prop(pin, "use_rotation", toggle=True)
    row.prop(pin, "soft", toggle=True)
    column.prop(pin, "ease")


CLASSES = (INPOSE_UL_pins, INPOSE_PT_pins)
