# SPDX-License-Identifier: Apache-2.0
"""Write the lines of a stream as they come: what has arrived is in the file, even if the process is killed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputError
from ..system.output import output_error


class StreamFile:
    """Hold one recording that grows. No file is ever replaced.

    Args:
        path: of the new file.
        head: its first lines.

    Raises:
        OutputError: there is such a file, or it cannot be written.
    """

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        self.path = path
        self.lines = 0
        """How many of the stream's lines it has."""
        try:
            self._file = path.open("x", encoding="utf-8", newline="\n")
        except FileExistsError as error:
            raise OutputError(f"The file {path.name} exists already.", "Choose another name.") from error
        except OSError as error:
            raise output_error(path, error) from error
        self._put(head)

    def add(self, lines: Sequence[str]) -> None:
        """Write lines, and hand them to the system.

        Raises:
            OutputError: the disk is full; what was written before stays.
        """
        self._put(lines)
        self.lines += len(lines)

    def close(self, tail: Sequence[str] = ()) -> None:
        """Write the last lines, and make sure that all is on the disk.

        Raises:
            OutputError: the disk is full.
        """
        try:
            self._put(tail)
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def _put(self, lines: Sequence[str]) -> None:
        try:
            self._file.writelines(f"{line}\n" for line in lines)
            self._file.flush()
        except OSError as error:
            raise output_error(self.path, error) from error
