# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a recording, see what is in it, and show it in the scene."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..choices import POSES
from ..errors import InPoseError
from ..properties import recording_path
from ..ui.drawing import SubPanel, draw_text
from ..ui.translate import tr
from .preview_collection import preview_of
from .properties import chosen_reading

SOURCE_OPERATORS: list[str] = ["inpose.record_scene"]
"""Operators that bring a recording from elsewhere than a file, by their ``bl_idname``: drawn below the file."""

READING_OPTIONS: Final[dict[str, str]] = {
    "unit": "unit",
    "axes": "axes",
    "quaternion_order": "quaternion order",
    "time_unit": "time unit",
    "swap_hands": "left and right",
    "origin": "origin",
}
"""Properties that overrule how the recording is read, and what the solver calls the guess that they overrule."""

CUSTOM_VALUES: Final[dict[str, str]] = {"unit": "unit_m", "axes": "axes_letters"}
"""Fields for what no list can hold."""


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
        draw_facts(layout, context.scene)
        draw_read_as(layout, context.scene)
        row = layout.row(align=True)
        row.operator("inpose.show_recording", icon="HIDE_OFF")
        if preview_of(context.scene) is not None:
            row.operator("inpose.hide_recording", text="", icon="X")


def draw_facts(layout: Any, scene: Any) -> None:
    """Draw what is known of the chosen recording."""
    from ..solve.job import RecordingFacts
    from .facts import is_being_read, known_facts

    recording, reading = recording_path(scene.inpose), chosen_reading(scene)
    facts = known_facts(recording, reading)
    if is_being_read(recording, reading):
        layout.label(text="Reading the recording", icon="SORTTIME")
    elif isinstance(facts, RecordingFacts):
        column = layout.column(align=True)
        for line in facts_lines(facts.info):
            draw_text(column, line)
        doubts = doubts_of(facts.info)
        for doubt in doubts:
            draw_text(column, doubt, "QUESTION")
        for note in facts.info.get("notes", ()):
            if note not in doubts:
                draw_text(column, note, "INFO")
    elif isinstance(facts, InPoseError):
        column = layout.column(align=True)
        draw_text(column, facts.message, "ERROR")
        draw_text(column, facts.hint)
    else:
        layout.operator("inpose.read_recording", icon="FILE_REFRESH")


def draw_read_as(layout: Any, scene: Any) -> None:
    """Draw what the file leaves open: what it was taken for and why, and what it is if that is wrong."""
    from ..solve.job import RecordingFacts
    from .facts import known_facts

    chosen = scene.inpose_reading
    header, body = layout.panel("inpose_read_as", default_closed=True)
    header.label(text="Read as")
    if body is None:
        return
    body.use_property_split = True
    body.use_property_decorate = False
    facts = known_facts(recording_path(scene.inpose), chosen_reading(scene))
    guesses = guess_lines(facts.info) if isinstance(facts, RecordingFacts) else {}
    for name in READING_OPTIONS:
        column = body.column(align=True)
        column.prop(chosen, name)
        choice = getattr(chosen, name)
        if choice == "custom":
            column.prop(chosen, CUSTOM_VALUES[name])
        elif choice == "auto" and name in guesses:
            draw_text(column, guesses[name])


def doubts_of(info: dict[str, Any]) -> list[str]:
    """Return what in the data speaks against how the recording was read."""
    return [guess["doubt"] for guess in info.get("guesses", ()) if guess.get("doubt")]


def guess_lines(info: dict[str, Any]) -> dict[str, str]:
    """Return what was guessed and why, by the property that overrules it."""
    guesses = {guess.get("name"): guess for guess in info.get("guesses", ())}
    return {
        option: ": ".join(filter(None, (str(guess["value"]), guess.get("evidence"))))
        for option, name in READING_OPTIONS.items()
        if (guess := guesses.get(name))
    }


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
