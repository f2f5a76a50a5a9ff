# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the solver process solve one recording. Does not import bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core import Skeleton
from ..options import SolveRequest
from ..runtime.interpreter import Interpreter
from ..runtime.worker_job import WorkerJob
from ..takes.take import SolvedTake, load_take, sensors_file_of, take_file_name
from .options import SolveOptions


@dataclass(frozen=True)
class SolveOutcome:
    """Hold a finished solve."""

    take: SolvedTake
    mean_hand_error_m: float | None
    notes: tuple[str, ...]
    file: Path
    """File of the motion; removed with the job, unless the job has a folder to keep it in."""
    findings: tuple[dict[str, Any], ...] = ()
    """What is wrong with the recording: kind, sentence, action, device and time span of each."""
    start_s: float = 0.0
    """Time in the recording at which the motion begins."""
    seat_height_m: float = 0.0
    """Height of the seat in the size of the character; 0 if the performer never sits."""


class SolveJob(WorkerJob):
    """Solve one recording; the outcome is a `SolveOutcome`."""

    def __init__(
        self,
        recording: Path,
        skeleton: Skeleton,
        interpreters: Sequence[Interpreter],
        options: SolveOptions = SolveOptions(),  # noqa: B008 (frozen)
        keep_in: Path | None = None,
    ) -> None:
        request = SolveRequest(
            recording,
            output=Path(),
            offsets_m=skeleton.offsets_m.tolist(),
            reading=options.reading,
            calibration=options.calibration,
            solve=options.solve,
        )
        super().__init__(request.method, request.to_json(), interpreters, keep_in)
        # Only what gives the same motion has the same file.
        name = take_file_name(recording.stem, self._params)
        self._output = self.folder / name
        self._params["output"] = str(self._output)
        self._params["sensors_output"] = str(sensors_file_of(self._output))

    def read_result(self, result: dict[str, Any]) -> SolveOutcome:
        """Load the motion, and the calibrated recording beside it."""
        error = result.get("mean_hand_error_m")
        return SolveOutcome(
            take=replace(load_take(Path(str(result.get("motion")))), scale=float(result.get("scale") or 1.0)),
            mean_hand_error_m=None if error is None else float(error),
            notes=tuple(str(note) for note in result.get("notes", ())),
            file=self._output,
            findings=tuple(dict(finding) for finding in result.get("findings", ())),
            start_s=float(result.get("start_s") or 0.0),
            seat_height_m=float(result.get("seat_height_m") or 0.0) * float(result.get("scale") or 1.0),
        )
