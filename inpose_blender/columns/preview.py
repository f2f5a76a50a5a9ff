# SPDX-License-Identifier: GPL-3.0-or-later
"""Show what the chosen columns make of the recording: in the 3D View, and in words in the dialog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import bpy

from ..core_tables import Assignment
from ..errors import InPoseError
from ..recording.draft import open_draft
from ..recording.facts import known_facts, start_reading
from ..recording.job import RecordingFacts
from ..recording.outlook_lines import outlook_lines
from ..recording.panel import doubts_of, facts_lines, facts_of
from ..recording.properties import question_of, recording_path
from ..ui.popup import refresh_popup
from ..ui.redraw import redraw_panels, redraw_views
from ..ui.translate import tr
from .choices import assignment_of, used_twice
from .dialog_state import DEVICES, choices_of

SENTENCES: Final[Mapping[tuple[str, int], str]] = {
    ("time", 0): "Choose the column of the time, or leave it empty and set the frame rate.",
    ("key", 0): "Choose the column that names the device of a row.",
    ("name", 0): "Choose which device is the head.",
    ("position", 0): "Choose where the position of the head begins.",
    ("position", 1): "Choose where the position of the left hand begins.",
    ("position", 2): "Choose where the position of the right hand begins.",
    ("rotation", 0): "Choose where the rotation of the head begins.",
    ("rotation", 1): "Choose where the rotation of the left hand begins.",
    ("rotation", 2): "Choose where the rotation of the right hand begins.",
}
"""What to do about each missing part of head, hands and time."""
TRACKER_SENTENCES: Final[Mapping[str, str]] = {
    "name": "Choose which device is tracker {number}, or remove the tracker.",
    "position": "Choose where the position of tracker {number} begins, or remove the tracker.",
    "rotation": "Choose the whole rotation of tracker {number}, or none of it.",
    "place": "Choose another place for tracker {number}: two trackers are at the same place.",
}
"""What to do about each missing part of a tracker."""


def show_choices(context: bpy.types.Context) -> None:
    """Read the recording by the chosen columns, in the background, and show it."""
    choices, scene = choices_of(context), context.scene
    try:
        assignment = assignment_of(choices)
    except InPoseError:  # the dialog says what is wrong
        return
    _show_uses(choices, assignment)
    complete = not assignment.missing and used_twice(assignment) is None
    open_draft(recording_path(scene.inpose), assignment.to_option() if complete else "")
    if complete:
        try:
            question = question_of(scene)
        except InPoseError:
            return
        if known_facts(question) is None:
            start_reading(question)
    redraw_panels()
    redraw_views()
    refresh_popup()


def result_lines(context: bpy.types.Context) -> list[tuple[str, str]]:
    """Return what is missing, or what the recording is with these columns: sentences with their icons."""
    problem = problem_of(context)
    if problem:
        return [(problem, "ERROR")]
    try:
        facts = facts_of(context.scene)
    except InPoseError as error:
        facts = error
    if isinstance(facts, InPoseError):
        return [(facts.message, "ERROR"), (facts.hint, "BLANK1")]
    if not isinstance(facts, RecordingFacts):
        return [(tr("Reading the recording"), "SORTTIME")]
    # The format is known: it is the table that the dialog shows.
    told = [", ".join(facts_lines(facts.info)[1:2] + outlook_lines(facts.info)[:1])]
    outlook = facts.info.get("calibration") or {}
    doubts = [*doubts_of(facts.info), *(str(finding["sentence"]) for finding in outlook.get("findings", ()))]
    return [(told[0], "CHECKMARK"), *((doubt, "QUESTION") for doubt in doubts[:2])]


def problem_of(context: bpy.types.Context) -> str:
    """Return a sentence about what is missing or chosen twice; empty if nothing is."""
    try:
        assignment = assignment_of(choices_of(context))
    except InPoseError as error:
        return str(error)
    if assignment.missing:
        part, device = assignment.missing[0]
        if device < len(DEVICES):
            return tr(SENTENCES[part, device])
        return tr(TRACKER_SENTENCES[part], number=device - len(DEVICES) + 1)
    twice = used_twice(assignment)
    return "" if twice is None else tr("Column {number} is chosen twice.", number=twice)


def _show_uses(choices: Any, assignment: Assignment) -> None:
    """Write beside each column of the list what it is."""
    uses: dict[int | None, str] = {assignment.time: tr("Time"), assignment.key: tr("Device column")}
    shared = assignment.key is not None
    owns = [*zip(map(tr, DEVICES), assignment.devices[:1] if shared else assignment.devices, strict=False)]
    trackers = zip(choices.trackers, assignment.trackers or (), strict=False)
    for number, (tracker, its_own) in enumerate(trackers, 1):
        place = tracker.bl_rna.properties["place"].enum_items[tracker.place].name
        owns.append((tr(place) if its_own.place else tr("Tracker {number}", number=number), its_own.columns))
    for device, own in owns:
        name = "" if shared else f"{device}: "
        for part, columns in (("Position", own.position), ("Rotation", own.rotation)):
            for place, number in enumerate(columns, 1):
                uses[number] = f"{name}{tr(part)} {place}"
    for number, item in enumerate(choices.columns, 1):
        item.use = uses.get(number, "")
