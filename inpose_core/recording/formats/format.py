# SPDX-License-Identifier: Apache-2.0
"""Describe a recording format: each module of this folder that reads one declares it as ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...options.reading import ReadOptions
from ..tracks import RawTracks


@dataclass(frozen=True)
class RecordingFile:
    """Hold a file that is being read, and the user's options for it."""

    data: bytes
    path: Path
    options: ReadOptions

    @property
    def name(self) -> str:
        """Return the file's name, for messages."""
        return self.path.name


@dataclass(frozen=True)
class RecordingFormat:
    """Pair a content test with its reader, and describe the format to users."""

    name: str
    suffixes: tuple[str, ...]
    """File suffixes, for file browsers; a file is recognised by its content alone. Write them as string literals in the
    declaration: `recording_suffixes` reads them from the source."""
    source: str
    """The source of such files, for the docs; empty for formats that are refused."""
    hand_poses: str
    """Kind of the hand poses, for the docs."""
    recognises: Callable[[bytes], bool]
    read: Callable[[RecordingFile], RawTracks]
    """Return the tracks exactly as in the file."""
    rank: int = 0
    """Order of the tests: formats with a magic number have rank 0; formats with a general test have a higher rank."""
