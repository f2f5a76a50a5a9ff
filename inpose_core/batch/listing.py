# SPDX-License-Identifier: Apache-2.0
"""List takes: what each recording is, and whether a batch has solved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from ..errors import InPoseError
from ..inspection.describe import describe_recording
from ..recording import load_recording
from ..recording.folders import LEDGER_NAME
from ..recording.tables.device_files import ListedFolders
from .fingerprint import fingerprint_of, fingerprint_of_solver
from .jobs import Job
from .ledger import Ledger, still_done
from .result import JobResult

TakeStatus = Literal["recorded", "solved", "outdated"]
"""Outdated: a motion is there, but it is not what these files and options give."""
UNREADABLE: Final[str] = "unreadable"
UNCALIBRATED: Final[str] = "uncalibrated"


@dataclass(frozen=True)
class ListedTake:
    """Hold what is known of one take."""

    recording: Path
    recorded: str
    """Date and time of the file, as ISO 8601 writes them, to the minute; empty if it is gone."""
    source: str = ""
    """The format, and the headset if the file names it."""
    length_s: float | None = None
    """None if the recording cannot be read."""
    state: TakeStatus = "recorded"
    confidence: float | None = None
    """How sure the solver was on average, 0 to 1; None if it is not solved."""
    problem: str = ""
    """The gravest problem in one word: ``unreadable``, ``uncalibrated``, or the kind of a finding."""
    sentence: str = ""
    """What is wrong, and what to do."""

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "recording": str(self.recording),
            "recorded": self.recorded,
            "source": self.source,
            "length_s": None if self.length_s is None else round(self.length_s, 3),
            "state": self.state,
            "confidence": None if self.confidence is None else round(self.confidence, 3),
            "problem": self.problem,
            "sentence": self.sentence,
        }


def list_takes(jobs: Sequence[Job], folder: Path) -> Iterator[ListedTake]:
    """Yield the takes of some jobs, in their order; each is read.

    Args:
        jobs: a recording each, with the options that it would be solved with.
        folder: has the ledger of the batch.

    Raises:
        RecordingError: a file of the solver cannot be read.
    """
    done, solver, folders = Ledger(folder / LEDGER_NAME).read(), fingerprint_of_solver(), ListedFolders()
    for job in jobs:
        yield _listed(job, done, solver, folders)


def take_lines(takes: Sequence[ListedTake]) -> Iterator[str]:
    """Yield the lines of a table of takes, and below it a sentence for each problem."""
    head = ("take", "recorded", "length", "source", "state", "sure", "problem")
    rows = [head, *(_row(take) for take in takes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    for take in takes:
        if take.sentence:
            yield f"{take.recording.name}: {take.sentence}"


def _row(take: ListedTake) -> tuple[str, ...]:
    length = "" if take.length_s is None else f"{take.length_s:.1f} s"
    sure = "" if take.confidence is None else f"{100 * take.confidence:.0f} %"
    return take.recording.name, take.recorded, length, take.source, take.state, sure, take.problem


def _listed(job: Job, done: Mapping[str, JobResult], solver: str, folders: ListedFolders) -> ListedTake:
    date = _date_of(job.recording)
    try:
        state, result = _state(job, done, solver, folders)
        recording = load_recording(job.recording, job.reading)
        info = describe_recording(recording, job.calibration)
    except InPoseError as error:
        return ListedTake(job.recording, date, problem=UNREADABLE, sentence=str(error))
    problem = sentence = ""
    open_findings = [finding for finding in info.findings if finding.action != "repaired"]
    if info.outlook is not None and info.outlook.problem is not None:
        problem, sentence = UNCALIBRATED, str(info.outlook.problem)
    elif open_findings:
        problem, sentence = open_findings[0].kind, open_findings[0].sentence
    return ListedTake(
        job.recording,
        date,
        f"{info.format}, {info.headset}" if info.headset else info.format,
        info.duration_s,
        state,
        None if result is None else result.mean_confidence,
        problem,
        sentence,
    )


def _state(
    job: Job, done: Mapping[str, JobResult], solver: str, folders: ListedFolders
) -> tuple[TakeStatus, JobResult | None]:
    result = still_done(job, done.get(fingerprint_of(job, solver, folders)))
    if result is not None:
        return "solved", result
    return ("outdated" if job.output.exists() else "recorded"), None


def _date_of(path: Path) -> str:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime).isoformat(" ", "minutes")
    except OSError:
        return ""
