# SPDX-License-Identifier: Apache-2.0
"""Write the takes that a headset sends, as they arrive: each is a file that opens, whatever ends the program."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from ...errors import OutputError
from ...system.output import write_output
from ..formats.webxr_recorder import header_of, is_frame, parsed_line

_STREAM: Final[str] = '{"stream":'
"""Begins what a headset sends between takes."""
_END: Final[str] = '{"event":"end"'
_LARGEST_TAKE_BYTES: Final[int] = 2**29


@dataclass
class TakeState:
    """Hold the progress of the take that arrives now."""

    path: Path
    header: str
    frames: int = 0
    size: int = 0
    ended: bool = False
    """Whether all of it has arrived."""

    @property
    def number(self) -> object:
        """Return what the headset calls the take."""
        return (header_of(self.header.encode()) or {}).get("take")


@dataclass
class TakeFiles:
    """Write lines to one file for each take.

    Args:
        output: a folder, or the file of the first take; later takes get numbers.
    """

    output: Path
    takes: list[TakeState] = field(default_factory=list)
    _file: IO[str] | None = None
    current: TakeState | None = None
    """The take that arrives now."""

    def add(self, text: str) -> list[TakeState]:
        """Write the lines of a message, and return the takes that end in it.

        A header begins a take; what belongs to no take is ignored.

        Raises:
            OutputError: the disk is full, or the folder cannot be written.
        """
        arrived = []
        try:
            for line in text.split("\n"):
                if header_of(line.encode()) is not None:
                    self._begin(line)
                elif line.startswith(_STREAM):
                    self.end()  # the take has ended while the connection was lost
                elif (take := self.current) is not None and line.strip():
                    self._write(take, line)
                    if self.current is None:
                        arrived.append(take)
            if self._file is not None:
                self._file.flush()  # what has arrived is there, even if this process is killed now
        except OSError as error:
            raise OutputError(
                f"The take cannot be written ({error.strerror}).",
                "Free some space. The headset keeps the whole take: download it there.",
            ) from error
        return arrived

    def replace(self, text: str) -> Path | None:
        """Write a whole take that arrived in parts before; return its file, or None if the text is no take.

        If more of it has arrived before, that stays: a browser that was closed has not stored the last second.

        Raises:
            OutputError: it cannot be written; what arrived before stays.
        """
        header, _, _ = text.partition("\n")
        if header_of(header.encode()) is None:
            return None
        known = self._known(header)
        if known is None:
            known = TakeState(self._free_path(), header)
            self.takes.append(known)
        elif known is self.current:
            self.end()
        frames = sum(is_frame(line) for line in text.split("\n"))
        if frames >= known.frames:
            write_output(known.path, [text.encode()])
            known.frames = frames
        known.ended = True
        return known.path

    def end(self) -> None:
        """Close the file of the take that arrives now."""
        if self._file is None:
            return
        file, self._file, self.current = self._file, None, None
        try:
            file.flush()
            os.fsync(file.fileno())
        finally:
            file.close()

    def _begin(self, header: str) -> None:
        """Begin a take, or go on with one that a new connection names."""
        known = self._known(header)
        if known is not None and known is self.current:
            return
        self.end()
        if known is not None:
            if not known.ended:
                self._file, self.current = known.path.open("a", encoding="utf-8", newline="\n"), known
            return
        take = TakeState(self._free_path(), header)
        self._file, self.current = take.path.open("x", encoding="utf-8", newline="\n"), take
        self.takes.append(take)
        self._write(take, header)

    def _known(self, header: str) -> TakeState | None:
        return next((take for take in self.takes if take.header == header), None)

    def _write(self, take: TakeState, line: str) -> None:
        assert self._file is not None, "only a take that has begun is written"
        take.size += len(line) + 1
        if take.size > _LARGEST_TAKE_BYTES:
            raise OSError(None, "the take is too long")
        self._file.write(line + "\n")
        take.frames += is_frame(line)
        if line.startswith(_END):
            said = parsed_line(line.encode())
            # Else a part was lost on the way, and the headset sends the whole take.
            take.ended = not isinstance(said, dict) or said.get("frames", take.frames) == take.frames
            self.end()

    def _free_path(self) -> Path:
        """Return a path of which there is no file: takes never replace another."""
        folder = self.output if self.output.is_dir() else self.output.parent
        stem, suffix = ("take", ".jsonl") if self.output.is_dir() else (self.output.stem, self.output.suffix)
        number = len(self.takes) + 1
        path = folder / (f"{stem}_{number:03}{suffix}" if number > 1 or self.output.is_dir() else self.output.name)
        while path.exists():
            number += 1
            path = folder / f"{stem}_{number:03}{suffix}"
        return path
