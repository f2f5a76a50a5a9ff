# SPDX-License-Identifier: GPL-3.0-or-later
"""Show whom the character follows, how that goes, and the buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from ..headset.panel import draw_address, draw_connection
from ..options import LiveOptions
from ..ui.drawing import SubPanel, draw_text
from ..ui.option_rows import draw_options
from ..ui.translate import tr
from .operators import running_stage

if TYPE_CHECKING:
    from .job import Follow
    from .stage import Stage


class INPOSE_PT_live(SubPanel, bpy.types.Panel):
    """Let the character follow a performer who moves now"""

    bl_idname = "INPOSE_PT_live"
    bl_label = "Live"
    bl_order = 0
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the settings, or the session that runs."""
        stage = running_stage()
        if stage is None:
            draw_settings(self.layout, context)
        else:
            draw_stage(self.layout, stage)


def draw_settings(layout: Any, context: bpy.types.Context) -> None:
    """Draw the source, the button that begins, and the other settings."""
    settings, headset = context.scene.inpose_live, context.window_manager.inpose_headset
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(settings, "source")
    if settings.source == "VMC":
        column.prop(settings, "port")
        column.prop(settings, "in_network")
    elif settings.source == "PAGE":
        draw_connection(column, headset)
    row = layout.row()
    row.scale_y = 1.5
    row.operator("inpose.live", icon="PLAY")
    if settings.source == "VMC":
        _draw_performers(layout, settings)
    header, body = layout.panel("inpose_live_settings", default_closed=True)
    header.label(text="Options")
    if body is not None:
        draw_options(body, settings, LiveOptions)
        column = body.column()
        column.prop(settings, "solve_takes")
        column.prop(headset, "folder")


def _draw_performers(layout: Any, settings: Any) -> None:
    header, body = layout.panel("inpose_live_performers", default_closed=True)
    header.label(text=tr("Further performers"), translate=False)
    if body is None:
        return
    for index, performer in enumerate(settings.performers):
        row = body.row(align=True)
        row.prop(performer, "armature", text="")
        row.prop(performer, "port", text="")
        row.operator("inpose.live_remove_performer", text="", icon="REMOVE").index = index
    body.operator("inpose.live_add_performer", icon="ADD")


def draw_stage(layout: Any, stage: Stage) -> None:
    """Draw how each performer is followed, and the buttons."""
    several = len(stage.performers) > 1
    for performer, follow in zip(stage.performers, stage.follows, strict=True):
        box = layout.box().column(align=True)
        if several:
            box.label(text=performer.name, icon="ARMATURE_DATA", translate=False)
        _draw_follow(box, follow)
    if stage.ends:
        draw_text(layout, tr("Finishing the takes"), "SORTTIME")
        return
    row = layout.row(align=True)
    row.scale_y = 1.5
    records = stage.records
    text = tr("End take") if records else tr("Record")
    row.operator("inpose.live_record", text=text, icon="SNAP_FACE" if records else "REC", depress=records)
    row.operator("inpose.live_stop", icon="X")
    layout.operator("inpose.live_calibrate", icon="OUTLINER_OB_ARMATURE")
    takes = [take for follow in stage.follows for take in follow.takes]
    for take in takes[-6:]:
        icon = "FILE_TICK" if take.ended else "REC"
        text = tr("{name}: {count} poses", name=take.file.name, count=take.frames)
        layout.label(text=text, icon=icon, translate=False)


def _draw_follow(layout: Any, follow: Follow) -> None:
    if follow.url and not follow.connected:
        draw_address(layout, follow.url, follow.other_urls)
    text, icon = _phase_line(follow)
    draw_text(layout, text, icon)
    if follow.trouble:
        draw_text(layout, follow.trouble, "ERROR")
    elif follow.is_measured:
        for note in follow.notes[:1]:
            draw_text(layout, note, "INFO")


def _phase_line(follow: Follow) -> tuple[str, str]:
    seconds = round(follow.seconds_left + 0.5)
    lines = {
        "starting": (tr("Starting the solver"), "SORTTIME"),
        "counting": (tr("Take a T-pose in {seconds} s", seconds=seconds), "TIME"),
        "holding": (tr("Hold the T-pose for {seconds} s", seconds=seconds), "TIME"),
        "measuring": (tr("Measuring"), "SORTTIME"),
        "ready": (tr("Not measured yet"), "INFO"),
    }
    if follow.is_measured and follow.phase not in {"counting", "holding", "measuring"}:
        return tr("The character follows"), "CHECKMARK"
    return lines.get(follow.phase, (tr("Waiting for the devices"), "SORTTIME"))
