# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the solver process for the contents of a recording as soon as it is chosen, in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy

from ..core import InPoseError
from ..preferences.machine_settings import solver_interpreters
from ..takes.arrival import note_facts
from ..ui.popup import refresh_popup
from ..ui.redraw import redraw_panels, redraw_views
from .job import RecordingFacts, RecordingJob, RecordingQuestion

_POLL_S: Final[float] = 0.1
_KEPT: Final[int] = 8

_known: dict[RecordingQuestion, RecordingFacts | InPoseError] = {}
_jobs: dict[RecordingQuestion, RecordingJob] = {}


def known_facts(question: RecordingQuestion) -> RecordingFacts | InPoseError | None:
    """Return the facts of a recording, the error if it cannot be read, or None if it has not been read."""
    return _known.get(question)


def last_facts(question: RecordingQuestion) -> RecordingFacts | None:
    """Return the last facts of a recording that is being calibrated anew: its poses are the same."""
    for known, facts in reversed(_known.items()):
        if known.recording == question.recording and known.reading == question.reading:
            return facts if isinstance(facts, RecordingFacts) else None
    return None


def is_being_read(question: RecordingQuestion) -> bool:
    """Return whether the recording is being read."""
    return question in _jobs


def start_reading(question: RecordingQuestion) -> None:
    """Start to read a recording; `known_facts` returns it later. Does nothing in background mode."""
    if bpy.app.background or question in _jobs or not question.recording.is_file():
        return
    _known.pop(question, None)
    for earlier, job in list(_jobs.items()):
        if earlier.recording == question.recording:  # nobody waits for that answer any more
            job.cancel()
            del _jobs[earlier]
    try:
        _jobs[question] = RecordingJob(question, solver_interpreters())
    except InPoseError as error:
        _remember(question, error)
        return
    if not bpy.app.timers.is_registered(_look_after_jobs):
        bpy.app.timers.register(_look_after_jobs, first_interval=0.0)


def read_now(question: RecordingQuestion) -> RecordingFacts:
    """Read a recording before returning.

    Raises:
        InPoseError: it is missing or unusable, or the solver cannot be started.
    """
    job = RecordingJob(question, solver_interpreters())
    job.wait()
    _remember(question, job.outcome)
    facts: RecordingFacts = job.outcome
    return facts


def forget_recording(recording: Path) -> None:
    """Forget what was read of a recording: the file beside it that says how to read it has changed."""
    for question in [known for known in _known if known.recording == recording]:
        del _known[question]


def forget_all() -> None:
    """Stop reading, and forget what was read."""
    if bpy.app.timers.is_registered(_look_after_jobs):
        bpy.app.timers.unregister(_look_after_jobs)
    for job in _jobs.values():
        job.cancel()
    _jobs.clear()
    _known.clear()


def _look_after_jobs() -> float | None:
    for question, job in list(_jobs.items()):
        job.step()
        if job.done:
            del _jobs[question]
            try:
                _remember(question, job.outcome)
            except InPoseError as error:
                _remember(question, error)
            redraw_panels()
            redraw_views()
            refresh_popup()
    return _POLL_S if _jobs else None


def _remember(question: RecordingQuestion, facts: RecordingFacts | InPoseError) -> None:
    _known.pop(question, None)  # the newest is the last
    _known[question] = facts
    if isinstance(facts, RecordingFacts):
        stature_m = (facts.info.get("calibration") or {}).get("stature_m") or facts.info.get("stature_estimate_m")
        note_facts(question.recording, float(facts.info.get("duration_s") or 0.0), float(stature_m or 0.0))
    while len(_known) > _KEPT:
        del _known[next(iter(_known))]
