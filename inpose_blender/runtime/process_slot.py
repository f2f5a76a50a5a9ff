# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold at most one solver process, so that somebody answers for its end. Does not import bpy."""

from __future__ import annotations

from .interpreter import Interpreter
from .solver_process import SolverProcess


class ProcessSlot:
    """Start a process when it is needed, and keep it until `stop`."""

    def __init__(self) -> None:
        self._process: SolverProcess | None = None

    @property
    def process(self) -> SolverProcess | None:
        """Return the process, if there is one."""
        return self._process

    def started(self, interpreter: Interpreter) -> SolverProcess:
        """Return the running process if it belongs to this interpreter and works, else a new one.

        Raises:
            WorkerError: the interpreter cannot be started.
        """
        process = self._process
        if process is not None and process.alive and process.command == interpreter.command:
            return process
        self.stop()
        self._process = process = SolverProcess(interpreter.command, interpreter.environment)
        return process

    def holds(self, process: SolverProcess) -> bool:
        """Return whether this is its process."""
        return self._process is process

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()
