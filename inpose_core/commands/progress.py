# SPDX-License-Identifier: Apache-2.0
"""Show the progress of a command on a terminal."""

from __future__ import annotations

import sys
from typing import Final

_WIDTH: Final[int] = 40


class ProgressBar:
    """Draw a bar on stderr if it is a terminal, and nothing if it is a file."""

    def __init__(self, task: str, *, quiet: bool) -> None:
        self._task = task
        self._stream = None if quiet or not sys.stderr.isatty() else sys.stderr
        self._percent = -1

    def __enter__(self) -> ProgressBar:
        self.update(0.0)
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error is None:
            self.update(1.0)
        if self._stream is not None:
            print(file=self._stream)

    def update(self, fraction: float) -> None:
        """Draw the bar again if the percentage has changed."""
        percent = round(100 * min(max(fraction, 0.0), 1.0))
        if self._stream is None or percent == self._percent:
            return
        self._percent = percent
        bar = "#" * (_WIDTH * percent // 100)
        # Always of the same length, it covers what it was; no code that an old Windows console would print.
        print(f"\r{self._task} [{bar:.<{_WIDTH}}] {percent:3d} %", end="", file=self._stream, flush=True)
