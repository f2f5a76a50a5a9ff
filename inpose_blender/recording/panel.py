# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a recording, see what is in it, and show it in the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import bpy

from ..errors import ColumnsError, InPoseError
from ..options import TRIM_OPTIONS, CalibrationSettings, Option, ReadOptions, options_of
from ..ui.drawing import SubPanel, draw_text
from ..ui.option_properties import is_automatic, panel_options
from ..ui.option_rows import draw_option
from ..ui.translate import tr
from .outlook_lines import outlook_lines
from .properties import question_of
from .trim_panel import draw_trim

if TYPE_CHECKING:
    from .job import RecordingFacts

_READING: Final[str] = "reading"
_DEVICES: Final[tuple[tuple[str, str], ...]] = (("head", "Head"), ("left", "Left hand"), ("right", "Right hand"))

SOURCE_OPERATORS: list[str] = ["inpose.record_scene"]
"""Operators that make a recording from another source than a file, by their ``bl_idname``; drawn below the file."""


class INPOSE_PT_recording(SubPanel, bpy.types.Panel):
    """Choose the VR recording"""

    bl_idname = "INPOSE_PT_recording"
    bl_label = "Recording"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the file, its facts, and the buttons of the preview."""
        layout, settings = self.layout, context.scene.inpose
        row = layout.row(align=True)
        row.prop(settings, "recording", text="", icon="FILE", placeholder="Recording")
        row.operator("inpose.choose_recording", text="", icon="FILEBROWSER")
        for operator in SOURCE_OPERATORS:
            layout.operator(operator)
        if not settings.recording:
            layout.operator("inpose.load_example")
            return
        try:
            facts = facts_of(context.scene)
        except InPoseError as error:
            draw_error(layout, error)
            facts = None
        else:
            draw_facts(layout, facts)
        draw_trim(layout, context.scene, facts)
        draw_read_as(layout, context.scene, facts)
        row = layout.row(align=True)
        row.operator("inpose.show_recording", icon="HIDE_OFF")
        if context.window_manager.inpose_view.shows_recording:
            row.operator("inpose.hide_recording", text="", icon="X")


def facts_of(scene: Any) -> RecordingFacts | InPoseError | str | None:
    """Return the facts of the chosen recording, or the error that prevents them, or that it is being read.

    Raises:
        InPoseError: a value under Read as or Calibration does not fit.
    """
    from .facts import is_being_read, known_facts

    question = question_of(scene)
    return _READING if is_being_read(question) else known_facts(question)


def draw_facts(layout: Any, facts: RecordingFacts | InPoseError | str | None) -> None:
    """Draw the facts of the chosen recording."""
    if facts is None:
        layout.operator("inpose.read_recording", icon="FILE_REFRESH")
    elif isinstance(facts, str):
        layout.label(text="Reading the recording", icon="SORTTIME")
    elif isinstance(facts, InPoseError):
        if isinstance(facts, ColumnsError):  # the button is easier than what its hint says
            draw_text(layout.column(align=True), facts.message, "ERROR")
            layout.operator("inpose.assign_columns", icon="SPREADSHEET")
        else:
            draw_error(layout, facts)
    else:
        column = layout.column(align=True)
        for line in facts_lines(facts.info):
            draw_text(column, line)
        draw_outlook(layout, facts.info)
        column = layout.column(align=True)
        doubts = doubts_of(facts.info)
        for doubt in doubts:
            draw_text(column, doubt, "QUESTION")
        for note in plain_notes(facts.info):
            draw_text(column, note, "INFO")


def plain_notes(info: dict[str, Any]) -> list[str]:
    """Return the notes that are neither findings, which have a list, nor guesses, which are under Read as."""
    shown = {finding.get("sentence") for finding in info.get("findings", ())} | set(doubts_of(info))
    reasons = [guess["evidence"] for guess in info.get("guesses", ()) if guess.get("evidence")]
    return [
        note
        for note in info.get("notes", ())
        if note not in shown and not any(note.endswith(f"({reason}).") for reason in reasons)
    ]


def draw_outlook(layout: Any, info: dict[str, Any]) -> None:
    """Draw what calibration will find, and why it cannot."""
    outlook = info.get("calibration") or {}
    column = layout.column(align=True)
    for number, line in enumerate(outlook_lines(info)):
        draw_text(column, line, "OUTLINER_OB_ARMATURE" if number == 0 else "BLANK1")
    for note in outlook.get("notes", ()):
        draw_text(column, note, "INFO")
    if problem := outlook.get("problem"):
        draw_text(column, str(problem["message"]), "ERROR")
        draw_text(column, str(problem["hint"]))


def draw_error(layout: Any, error: InPoseError) -> None:
    """Draw what is wrong and what to do."""
    column = layout.column(align=True)
    draw_text(column, error.message, "ERROR")
    draw_text(column, error.hint)


def draw_read_as(layout: Any, scene: Any, facts: RecordingFacts | InPoseError | str | None) -> None:
    """Draw the conventions of the file: each guess with its reason, and an option to correct it."""
    header, body = layout.panel("inpose_read_as", default_closed=True)
    header.label(text="Read as")
    if body is None:
        return
    body.use_property_split = True
    body.use_property_decorate = False
    guesses = guess_texts(getattr(facts, "info", {}))
    for option in panel_options(ReadOptions):
        if option.name in TRIM_OPTIONS:
            continue
        column = body.column(align=True)
        if option.name == "columns":  # the dialog is easier than what one may type
            row = column.row(align=True)
            draw_option(row, scene.inpose_reading, option)
            row.operator("inpose.assign_columns", text="", icon="SPREADSHEET")
            continue
        draw_option(column, scene.inpose_reading, option)
        if option.name in guesses and is_automatic(option, scene.inpose_reading):
            draw_text(column, guesses[option.name])


def doubts_of(info: dict[str, Any]) -> list[str]:
    """Return a sentence for each guess that the data contradict."""
    return [guess["doubt"] for guess in info.get("guesses", ()) if guess.get("doubt")]


def guess_texts(info: dict[str, Any]) -> dict[str, str]:
    """Return each guess with its reason, by the option that overrides it."""
    guesses = {guess.get("name"): guess for guess in info.get("guesses", ())}
    return {
        option.name: ": ".join(filter(None, (str(guess["value"]), guess.get("evidence"))))
        for option in options_of(ReadOptions)
        if (guess := guesses.get(_guess_name(option)))
    }


def _guess_name(option: Option) -> str:
    """Return the core's name of the guess that an option overrides."""
    return "left and right" if option.name == "swap_hands" else option.name.replace("_", " ")


def facts_lines(info: dict[str, Any]) -> list[str]:
    """Return the facts about a recording from the worker's answer, one line each; missing facts are skipped."""
    kind = " ".join(filter(None, (info.get("format"), info.get("headset"))))
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
    poses = next(option.choices for option in options_of(CalibrationSettings) if option.name == "pose")
    pose = next((choice.label for choice in poses if choice.name == info.get("pose")), None)
    if pose:
        lines.append(tr("Hand poses: {pose}", pose=tr(pose)))
    gaps = {name: info.get("gaps", {}).get(device, {}) for device, name in _DEVICES}
    if len({(each.get("count"), each.get("longest_s")) for each in gaps.values()}) == 1:
        return [*lines, *_missing_frames(gaps["Head"])]  # what all devices lack was never sent
    return [*lines, *(line for name, each in gaps.items() for line in _losses(tr(name), each))]


def _missing_frames(gaps: dict[str, Any]) -> list[str]:
    if not gaps.get("count"):
        return []
    longest_s = f"{gaps.get('longest_s', 0.0):.2f}"
    if gaps["count"] == 1:
        return [tr("Frames missing: 1 gap of {seconds} s", seconds=longest_s)]
    return [tr("Frames missing: {count} gaps, longest {seconds} s", count=gaps["count"], seconds=longest_s)]


def _losses(device: str, gaps: dict[str, Any]) -> list[str]:
    if not gaps.get("count"):
        return []
    longest_s = f"{gaps.get('longest_s', 0.0):.2f}"
    if gaps["count"] == 1:
        return [tr("{device} lost: 1 gap of {seconds} s", device=device, seconds=longest_s)]
    values = {"device": device, "count": gaps["count"], "seconds": longest_s}
    return [tr("{device} lost: {count} gaps, longest {seconds} s", **values)]
