# SPDX-License-Identifier: GPL-3.0-or-later
"""List the takes of the scene, and what is known of the chosen one."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..recording.trim_panel import trim_text
from ..takes.listed import chosen_entry, data_of, entries_of
from ..ui.drawing import SubPanel, draw_text
from ..ui.translate import tr
from .finding import missing_files, missing_of
from .handlers import complete_list_later
from .properties import SOURCES
from .state import STATE_ICONS, STATE_LABELS, confidence_of, state_of

_SOURCE_LABELS: Final[dict[str, str]] = {name: label for name, label, _, _ in SOURCES}
_MOST_NAMED: Final[int] = 4


class INPOSE_UL_takes(bpy.types.UIList):
    """List takes with their state, length and confidence"""

    bl_idname = "INPOSE_UL_takes"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active: Any, _property: str
    ) -> None:
        """Draw star, name, facts and state."""
        row = layout.row(align=True)
        row.prop(item, "star", text="", icon="SOLO_ON" if item.star else "SOLO_OFF", emboss=False)
        row.prop(item, "title", text="", emboss=False)
        facts = row.row()
        facts.alignment = "RIGHT"
        facts.label(text=row_text(item), translate=False)
        row.label(text="", icon="ERROR" if missing_of(item) else STATE_ICONS[state_of(item)])


class INPOSE_PT_takes(SubPanel, bpy.types.Panel):
    """Choose, sort, solve and bake the takes of this scene"""

    bl_idname = "INPOSE_PT_takes"
    bl_label = "Takes"
    bl_order = 0
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """Draw how many takes there are, and look whether one is missing."""
        complete_list_later(context.scene)
        count = len(entries_of(context.scene))
        if count:
            self.layout.label(text=str(count), translate=False)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, the chosen take, and what is done with all of them."""
        layout, takes = self.layout, context.scene.inpose_takes
        if not len(takes.entries):
            draw_text(layout, tr("Recordings appear here: from a file, a headset, or this scene."), "INFO")
            layout.operator("inpose.add_takes", icon="ADD")
            return
        row = layout.row()
        row.template_list(
            "INPOSE_UL_takes", "", takes, "entries", takes, "chosen", rows=min(8, max(5, len(takes.entries)))
        )
        column = row.column(align=True)
        column.operator("inpose.add_takes", text="", icon="ADD")
        column.operator("inpose.delete_take", text="", icon="REMOVE")
        column.operator("inpose.duplicate_take", text="", icon="DUPLICATE")
        column.separator()
        column.operator("inpose.move_take", text="", icon="TRIA_UP").step = -1
        column.operator("inpose.move_take", text="", icon="TRIA_DOWN").step = 1
        _draw_missing(layout, context.scene)
        if (entry := chosen_entry(context.scene)) is not None:
            _draw_take(layout, context.scene, entry)
        _draw_all(layout, takes)


def row_text(entry: Any) -> str:
    """Return length and confidence of a take, as short as a row of the list needs them."""
    confidence = confidence_of(entry)
    parts = [f"{entry.length_s:.0f} s"] if entry.length_s else []
    if confidence is not None:
        parts.append(f"{100 * confidence:.0f} %")
    return "  ".join(parts)


def take_lines(scene: Any, entry: Any) -> list[str]:
    """Return what is known of a take, one line each: its recording, the trim, the performer, pins and state."""
    data, is_chosen = data_of(entry), entry == chosen_entry(scene)
    reading = scene.inpose_reading if is_chosen else entry.settings
    calibration = scene.inpose if is_chosen else entry.settings
    facts = [tr(_SOURCE_LABELS[entry.source]), entry.recorded]
    if entry.length_s:
        facts.append(f"{entry.length_s:.1f} s")
    lines = [", ".join(filter(None, facts))]
    if reading.trim_start_s or reading.trim_end_s:
        lines.append(trim_text(reading, None))
    if performer := _performer(entry, calibration):
        lines.append(performer)
    if len(data.pins.entries):
        lines.append(tr("Pins: {count}", count=len(data.pins.entries)))
    state, confidence = tr(STATE_LABELS[state_of(entry)]), confidence_of(entry)
    if confidence is not None:
        state += f", {tr('Confidence {value}', value=f'{confidence:.1f}')}"
    return [*lines, state]


def _performer(entry: Any, calibration: Any) -> str:
    if calibration.calibration_file:
        name = bpy.path.basename(calibration.calibration_file)
        return tr("Performer: {file}", file=name)
    stature_m = calibration.stature or entry.stature_m
    return tr("Performer: {height} m", height=f"{stature_m:.2f}") if stature_m else ""


def _draw_take(layout: Any, scene: Any, entry: Any) -> None:
    box = layout.box()
    row = box.row(align=True)
    row.prop(entry, "slate", text="")
    number = row.row()
    number.scale_x = 0.5
    number.prop(entry, "number", text="")
    column = box.column(align=True)
    for line in take_lines(scene, entry):
        draw_text(column, line)
    if sum(thing.type == "ARMATURE" for thing in scene.objects) > 1:
        box.prop(entry, "character", text="")
    box.operator("inpose.retake", icon="REC")


def _draw_missing(layout: Any, scene: Any) -> None:
    missing = missing_files(scene, fresh=False)
    if not missing:
        return
    names = list(dict.fromkeys(each.path.name for each in missing))
    column = layout.column(align=True)
    draw_text(column, tr("Missing files:"), "ERROR")
    for name in names[:_MOST_NAMED]:
        draw_text(column, name)
    if len(names) > _MOST_NAMED:
        draw_text(column, tr("and {count} more", count=len(names) - _MOST_NAMED))
    layout.operator("inpose.find_take_files", icon="VIEWZOOM")


def _draw_all(layout: Any, takes: Any) -> None:
    row = layout.row(align=True)
    row.scale_y = 1.2
    row.operator("inpose.solve_takes", icon="ARMATURE_DATA")
    row.operator_menu_enum("inpose.bake_takes", "onto", text="Bake all", icon="NLA")
    header, body = layout.panel("inpose_take_options", default_closed=True)
    header.label(text="Options")
    if body is None:
        return
    body.use_property_split = True
    body.use_property_decorate = False
    body.prop(takes, "only_starred")
    body.prop(takes, "gap")
    body.prop(takes, "next_slate")
    body.prop(takes, "folder")


CLASSES = (INPOSE_UL_takes, INPOSE_PT_takes)
