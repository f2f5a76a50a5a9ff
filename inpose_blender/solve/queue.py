# SPDX-License-Identifier: GPL-3.0-or-later
"""Queue solves: the first one runs, the others wait. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol


class Cancellable(Protocol):
    """Be what can be shown in the queue."""

    fraction: float
    text: str

    def cancel(self) -> None:
        """Ask for the end of the job."""


@dataclass(eq=False)
class QueuedSolve:
    """Hold one solve of the session while it waits and works."""

    label: str
    job: Cancellable
    ended: bool = field(default=False)

    def cancel(self) -> None:
        """Ask for the end of the solve."""
        self.job.cancel()


class SolveQueue:
    """Hold the session's solves in the order in which they were asked for."""

    def __init__(self) -> None:
        self._solves: list[QueuedSolve] = []

    def __len__(self) -> int:
        return len(self._solves)

    @property
    def solves(self) -> tuple[QueuedSolve, ...]:
        """Return all that wait or work, the working one first."""
        return tuple(self._solves)

    def add(self, label: str, job: Cancellable) -> QueuedSolve:
        """Put a solve at the end."""
        solve = QueuedSolve(label, job)
        self._solves.append(solve)
        return solve

    def is_at_head(self, solve: QueuedSolve) -> bool:
        """Say whether a solve is the one to work on."""
        return bool(self._solves) and self._solves[0] is solve

    def remove(self, solve: QueuedSolve) -> None:
        """Take a solve out, wherever it is."""
        solve.ended = True
        self._solves = [other for other in self._solves if other is not solve]

    def cancel(self, index: int) -> None:
        """Cancel the solve at a place; what is not there needs no cancelling."""
        if 0 <= index < len(self._solves):
            self._solves[index].cancel()

    def clear(self) -> None:
        """Cancel and forget all: the add-on is being disabled, or another file is opened."""
        for solve in self._solves:
            solve.cancel()
            solve.ended = True
        self._solves = []


QUEUE: Final[SolveQueue] = SolveQueue()
"""The queue of the running Blender; it belongs to no file."""
