# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the solver process for the contents of a recording as soon as it is chosen, in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy

from ..core import InPoseError
from ..options import ReadOptions
from ..preferences.machine_settings import solver_interpreters
from ..ui.redraw import redraw_panels, redraw_views
from .job import RecordingFacts, RecordingJob

_POLL_S: Final[float] = 0.1
_KEPT: Final[int] = 8

_Key = tuple[Path, ReadOptions]
"""A recording that is read with other options has other facts."""

_known: dict[_Key, RecordingFacts | InPoseError] = {}
_jobs: dict[_Key, RecordingJob] = {}


def known_facts(recording: Path, reading: ReadOptions) -> RecordingFacts | InPoseError | None:
    """Return the facts of a recording, the error if it cannot be read, or None if it has not been read."""
    return _known.get((recording, reading))


def is_being_read(recording: Path, reading: ReadOptions) -> bool:
    """Return whether the recording is being read."""
    return (recording, reading) in _jobs


def start_reading(recording: Path, reading: ReadOptions) -> None:
    """Start to read a recording; `known_facts` returns it later. Does nothing in background mode."""
    key = recording, reading
    if bpy.app.background or key in _jobs or not recording.is_file():
        return
    _known.pop(key, None)
    try:
        _jobs[key] = RecordingJob(recording, solver_interpreters(), reading)
    except InPoseError as error:
        _remember(key, error)
        return
    if not bpy.app.timers.is_registered(_look_after_jobs):
        bpy.app.timers.register(_look_after_jobs, first_interval=0.0)


def read_now(recording: Path, reading: ReadOptions) -> RecordingFacts:
    """Read a recording before returning.

    Raises:
        InPoseError: it is missing or unusable, or the solver cannot be started.
    """
    job = RecordingJob(recording, solver_interpreters(), reading)
    job.wait()
    _remember((recording, reading), job.outcome)
    facts: RecordingFacts = job.outcome
    return facts


def forget_all() -> None:
    """Stop reading, and forget what was read."""
    if bpy.app.timers.is_registered(_look_after_jobs):
        bpy.app.timers.unregister(_look_after_jobs)
    for job in _jobs.values():
        job.cancel()
    _jobs.clear()
    _known.clear()


def _look_after_jobs() -> float | None:
    for key, job in list(_jobs.items()):
        job.step()
        if job.done:
            del _jobs[key]
            try:
                _remember(key, job.outcome)
            except InPoseError as error:
                _remember(key, error)
            redraw_panels()
            redraw_views()
    return _POLL_S if _jobs else None


def _remember(key: _Key, facts: RecordingFacts | InPoseError) -> None:
    _known[key] = facts
    while len(_known) > _KEPT:
        del _known[next(iter(_known))]
