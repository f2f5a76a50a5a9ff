# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the solver process solve the stretches around pins again. Does not import bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core import PinSet, pins_to_json
from ..options import SolveAgainRequest, SolveSettings
from ..runtime.interpreter import Interpreter
from ..runtime.worker_job import WorkerJob
from ..takes.memory import TAKES
from ..takes.take import SolvedTake, load_take, sensors_file_of, take_file_name


@dataclass(frozen=True)
class PinnedOutcome:
    """Hold a motion that meets its pins."""

    take: SolvedTake
    file: Path
    notes: tuple[str, ...]
    """About pins that cannot be met."""


class SolveAgainJob(WorkerJob):
    """Solve a take again with pins; the outcome is a `PinnedOutcome`.

    Args:
        unpinned: the motion before any pin; its sensors file is beside it.
        label: name of the take.
        pins: everything that is asked for.
        interpreters: those to try, best first.
        settings: the choices of the solve.
        keep_in: folder for the new motion.
    """

    def __init__(
        self,
        unpinned: Path,
        label: str,
        pins: PinSet,
        interpreters: Sequence[Interpreter],
        settings: SolveSettings,
        keep_in: Path,
    ) -> None:
        request = SolveAgainRequest(
            sensors_file_of(unpinned), output=Path(), motion=unpinned, pins=pins_to_json(pins), solve=settings
        )
        super().__init__(request.method, request.to_json(), interpreters, keep_in)
        self._unpinned = unpinned
        self._output = self.folder / take_file_name(label, self._params)
        self._params["output"] = str(self._output)
        self._params["sensors_output"] = str(sensors_file_of(self._output))

    def read_result(self, result: dict[str, Any]) -> PinnedOutcome:
        """Load the motion, the recording with pinned hands beside it, and the motion before any pin."""
        notes = tuple(str(note) for note in result.get("notes", ()))
        take = replace(load_take(Path(str(result.get("motion")))), unpinned=TAKES.recall(self._unpinned).motion)
        return PinnedOutcome(take, self._output, notes)
