# SPDX-License-Identifier: GPL-3.0-or-later
"""Queue solves: the first one runs, the others wait. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol


class Cancellable(Protocol):
    """A job that the queue can show and cancel."""

    fraction: float
    text: str

    def cancel(self) -> None:
        """Ask for the end of the job."""


@dataclass(eq=False)
class QueuedSolve:
    """Hold one solve while it waits or runs."""

    label: str
    job: Cancellable

    def cancel(self) -> None:
        """Ask for the end of the solve."""
        self.job.cancel()


class SolveQueue:
    """Hold the solves of the session in the order of the clicks."""

    def __init__(self) -> None:
        self._solves: list[QueuedSolve] = []

    def __len__(self) -> int:
        return len(self._solves)

    @property
    def solves(self) -> tuple[QueuedSolve, ...]:
        """Return all solves; the first one runs, the others wait."""
        return tuple(self._solves)

    def add(self, label: str, job: Cancellable) -> QueuedSolve:
        """Add a solve at the end."""
        solve = QueuedSolve(label, job)
        self._solves.append(solve)
        return solve

    def is_at_head(self, solve: QueuedSolve) -> bool:
        """Return whether a solve is the first one, which runs."""
        return bool(self._solves) and self._solves[0] is solve

    def remove(self, solve: QueuedSolve) -> None:
        """Remove a solve from the queue."""
        self._solves = [other for other in self._solves if other is not solve]

    def cancel(self, index: int) -> None:
        """Cancel the solve at a position; do nothing if there is none."""
        if 0 <= index < len(self._solves):
            self._solves[index].cancel()

    def clear(self) -> None:
        """Cancel and remove all solves, when the add-on is disabled or another file is opened."""
        for solve in self._solves:
            solve.cancel()
        self._solves = []


QUEUE: Final[SolveQueue] = SolveQueue()
"""The queue of the running Blender; it belongs to no file."""
