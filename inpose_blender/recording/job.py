# SPDX-License-Identifier: GPL-3.0-or-later
"""Have one recording described by the solver process. No bpy here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import Sensors, load_sensors
from ..options import CalibrationSettings, InfoRequest, ReadOptions
from ..runtime.interpreter import Interpreter
from ..runtime.worker_job import WorkerJob


@dataclass(frozen=True)
class RecordingQuestion:
    """Ask what is in a recording; read or calibrated with other options it has other facts."""

    recording: Path
    reading: ReadOptions = ReadOptions()
    calibration: CalibrationSettings = CalibrationSettings()


@dataclass(frozen=True)
class RecordingFacts:
    """Hold the facts about a recording before the solve: the core's `describe`, and its poses at 60 Hz."""

    info: dict[str, Any]
    sensors: Sensors


class RecordingJob(WorkerJob):
    """Describe one recording; the outcome is `RecordingFacts`."""

    def __init__(self, question: RecordingQuestion, interpreters: Sequence[Interpreter]) -> None:
        request = InfoRequest(question.recording, reading=question.reading, calibration=question.calibration)
        super().__init__(request.method, request.to_json(), interpreters)
        self._poses = self.folder / "recording.npz"
        self._params["output"] = str(self._poses)

    def read_result(self, result: dict[str, Any]) -> RecordingFacts:
        """Load the poses."""
        return RecordingFacts(dict(result), load_sensors(self._poses))
