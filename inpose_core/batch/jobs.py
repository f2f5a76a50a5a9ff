# SPDX-License-Identifier: Apache-2.0
"""Describe a job: a recording, the body to solve for, the options, and where the motion goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import InPoseError, OutputError
from ..motion_files.saving import MOTION_SUFFIXES
from ..options.calibration import CalibrationSettings
from ..options.reading import ReadOptions
from ..options.solve import SolveSettings
from ..system.output import make_folder
from ..system.same_files import Identity, identities_of, spelling_of
from .places import is_remote

_READ_BYTES_PER_S: Final[float] = 200_000.0
"""A twentieth of what the slowest reader does on a free core."""
_NAMED: Final[int] = 3


@dataclass(frozen=True)
class Job:
    """Hold one recording and everything that its solve needs. Recording and output may be addresses (`places`)."""

    recording: Path
    output: Path
    """The motion file to write, .npz, .bvh or .vrma."""
    skeleton: Path | None = None
    """JSON file of the body to solve for; None: an adult of the performer's height."""
    reading: ReadOptions = ReadOptions()
    calibration: CalibrationSettings = CalibrationSettings()
    solve: SolveSettings = SolveSettings()


def patience_s(job: Job, least_s: float) -> float:
    """Return how long to wait for a sign of life: so many seconds, and more for a large recording on this computer."""
    try:
        size = 0 if is_remote(job.recording) else job.recording.stat().st_size
    except OSError:  # the job itself will tell
        size = 0
    return least_s + size / _READ_BYTES_PER_S


def check_jobs(jobs: Sequence[Job]) -> None:
    """Refuse jobs that must fail, before the first one starts, and make the folders of the outputs.

    Raises:
        InPoseError: there is no job, a recording or skeleton is missing, or two jobs have the same output.
        OutputError: an output has an unknown ending, would replace a recording, or its folder cannot be made.
    """
    if not jobs:
        raise InPoseError("There is nothing to solve.", "Name recordings, a folder of recordings, or a jobs file.")
    _require_files([job.recording for job in jobs], "recording")
    _require_files([job.skeleton for job in jobs if job.skeleton is not None], "skeleton")
    _require_files(
        [job.calibration.calibration_file for job in jobs if job.calibration.calibration_file], "calibration"
    )
    _require_files([file for job in jobs if (file := job.reading.columns_file) is not None], "mapping of columns")
    _require_files([job.solve.pins_file for job in jobs if job.solve.pins_file], "pins file")
    _require_files([job.solve.edits_file for job in jobs if job.solve.edits_file], "edits file")
    outputs = Counter(_spelling(job.output) for job in jobs)
    twice = [job for job in jobs if outputs[_spelling(job.output)] > 1]
    if twice:
        names = " and ".join(str(job.recording) for job in twice[:_NAMED])
        raise OutputError(
            f"{names} would be written to the same file, {twice[0].output}.",
            'Give them different outputs. With a pattern in quotation marks, such as "takes/*/*.csv", each folder of '
            "recordings gets a folder of its own.",
        )
    recordings = {identity for job in jobs for identity in _identities(job.recording)}
    for job in jobs:
        if job.output.suffix.lower() not in MOTION_SUFFIXES:
            raise OutputError(f"{job.output} ends neither in .npz, .bvh nor .vrma.", "Choose one of these endings.")
        if not recordings.isdisjoint(_identities(job.output)):
            raise OutputError(f"{job.output} is a recording: it would be replaced.", "Choose another folder.")
    for folder in {job.output.parent for job in jobs if not is_remote(job.output)}:
        make_folder(folder)


def _require_files(paths: Sequence[Path], what: str) -> None:
    # An address is asked when its job begins: a million questions would take hours.
    missing = sorted({str(path) for path in paths if not is_remote(path) and not path.is_file()})
    if missing:
        named = ", ".join(missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise InPoseError(f"A {what} is missing: {named}{more}.", "Check the names in the jobs.")


def _spelling(path: Path) -> str:
    return str(path).casefold() if is_remote(path) else spelling_of(path)


def _identities(path: Path) -> frozenset[Identity]:
    return frozenset((_spelling(path),)) if is_remote(path) else identities_of(path)
