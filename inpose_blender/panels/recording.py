# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a recording, see what is in it, and show it in the scene."""

from __future__ import annotations

from typing import Any

import bpy

from ..errors import InPoseError
from ..preview_collection import preview_of
from ..properties import POSES, recording_path
from ..translate import tr
from .drawing import SubPanel, draw_text

SOURCE_OPERATORS: list[str] = ["inpose.record_scene"]
"""Operators that bring a recording from elsewhere than a file, by their ``bl_idname``: drawn below the file."""


class INPOSE_PT_recording(SubPanel, bpy.types.Panel):
    """Choose what was recorded"""

    bl_idname = "INPOSE_PT_recording"
    bl_label = "Recording"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the file, its facts, and the preview's switch."""
        layout, settings = self.layout, context.scene.inpose
        row = layout.row(align=True)
        row.prop(settings, "recording", text="", icon="FILE", placeholder="Recording")
        row.operator("inpose.choose_recording", text="", icon="FILEBROWSER")
        for operator in SOURCE_OPERATORS:
            layout.operator(operator)
        if not settings.recording:
            return
        draw_facts(layout, settings)
        row = layout.row(align=True)
        row.operator("inpose.show_recording", icon="HIDE_OFF")
        if preview_of(context.scene) is not None:
            row.operator("inpose.hide_recording", text="", icon="X")


def draw_facts(layout: Any, settings: Any) -> None:
    """Draw what is known of the chosen recording."""
    from ..recording_facts import is_being_read, known_facts
    from ..solve_job import RecordingFacts

    recording = recording_path(settings)
    facts = known_facts(recording)
    if is_being_read(recording):
        layout.label(text="Reading the recording", icon="SORTTIME")
    elif isinstance(facts, RecordingFacts):
        column = layout.column(align=True)
        for line in facts_lines(facts.info):
            draw_text(column, line)
        for note in facts.info.get("notes", ()):
            draw_text(column, note, "INFO")
    elif isinstance(facts, InPoseError):
        column = layout.column(align=True)
        draw_text(column, facts.message, "ERROR")
        draw_text(column, facts.hint)
    else:
        layout.operator("inpose.read_recording", icon="FILE_REFRESH")


def facts_lines(info: dict[str, Any]) -> list[str]:
    """Return the facts of a recording as the worker tells them, one line each; what it does not tell is left out."""
    kind = " ".join(filter(None, (info.get("format"), info.get("device"))))
    lines = [kind] if kind else []
    if info.get("duration_s") is not None:
        lines.append(
            tr(
                "{seconds} s, {frames} frames, {rate} Hz",
                seconds=round(info["duration_s"], 1),
                frames=info.get("frames", 0),
                rate=round(info.get("mean_rate_hz", 0)),
            )
        )
    pose = next((label for name, label, _ in POSES if name == info.get("pose")), None)
    if pose:
        lines.append(tr("Hand poses: {pose}", pose=tr(pose)))
    if info.get("stature_estimate_m"):
        lines.append(tr("Performer: about {height} m", height=f"{info['stature_estimate_m']:.2f}"))
    for device, name in (("head", "Head"), ("left", "Left hand"), ("right", "Right hand")):
        gaps = info.get("gaps", {}).get(device, {})
        if gaps.get("count"):
            lines.append(
                tr(
                    "{device} lost: {count} gaps, longest {seconds} s",
                    device=tr(name),
                    count=gaps["count"],
                    seconds=round(gaps.get("longest_s", 0.0), 1),
                )
            )
    return lines
