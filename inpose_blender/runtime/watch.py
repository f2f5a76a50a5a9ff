# SPDX-License-Identifier: GPL-3.0-or-later
"""Distinguish a busy solver process from one that hangs. Does not import bpy.

A stopped process gives no sign of life. A process that hangs gives signs of life, but makes no progress. A long pause
between two looks counts as a short one: then the machine slept or Blender was busy, and the process is not to blame.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from .solver_process import SolverProcess

_LONGEST_SILENCE_S: Final[float] = 30.0
_PING_EVERY_S: Final[float] = 1.0
_LONGEST_LOOK_S: Final[float] = 1.0
_LEAST_PATIENCE_S: Final[float] = 180.0
_PATIENCE_S_PER_MB: Final[float] = 60.0
"""An hour of a BSOR has 30 MB; on two old cores it is solved in a quarter of this, with word of progress on the way."""


def patience_s(recording: Path) -> float:
    """Return how long the work on a recording may take without a progress message; longer for larger files."""
    try:
        return _LEAST_PATIENCE_S + _PATIENCE_S_PER_MB * recording.stat().st_size / 1e6
    except OSError:
        return _LEAST_PATIENCE_S


class Watch:
    """Follow the signs of life of a process while one waits for it.

    Args:
        process: the process. Its work for other requests counts, too, because it works on one request after another.
        patience_s: seconds without a progress message after which the process hangs.
    """

    def __init__(self, process: SolverProcess, patience_s: float) -> None:
        self._process, self._patience_s = process, patience_s
        self._heard, self._worked = process.heard, process.worked
        self._silent_s = self._idle_s = self._since_ping_s = 0.0
        self._looked_s = time.monotonic()

    def look(self) -> str:
        """Ask for a sign of life now and then; return what is wrong with the process, empty if it is well."""
        self._process.look()
        now_s = time.monotonic()
        passed_s, self._looked_s = min(now_s - self._looked_s, _LONGEST_LOOK_S), now_s
        self._silent_s = 0.0 if self._process.heard != self._heard else self._silent_s + passed_s
        self._idle_s = 0.0 if self._process.worked != self._worked else self._idle_s + passed_s
        self._heard, self._worked = self._process.heard, self._process.worked
        self._since_ping_s += passed_s
        if self._since_ping_s > _PING_EVERY_S:
            self._since_ping_s = 0.0
            self._process.ping()
        if self._process.is_given_up or self._silent_s > _LONGEST_SILENCE_S:
            return "did not respond"
        return f"made no progress for {self._patience_s / 60:.0f} minutes" if self._idle_s > self._patience_s else ""
