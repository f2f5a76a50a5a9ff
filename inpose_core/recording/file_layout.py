# SPDX-License-Identifier: Apache-2.0
"""Tell whether two recordings are written in the same way, so that what a user says of one holds for the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import RecordingError
from .registry import file_beginning, recording_formats
from .tables import reader
from .tables.csv_format import CSV_HINT, declared_pose
from .tables.text_table import open_table
from .types import PoseType

_LOOKED_AT_BYTES: Final[int] = 1 << 16
"""Enough for the header of a table; a network drive gives it at once."""


@dataclass(frozen=True)
class FileLayout:
    """Hold how a recording is written. Recordings of the same layout come from the same program with its settings."""

    format: str
    """Name of the format; empty if it is unknown."""
    columns: tuple[str, ...] = ()
    """Of a table, in its order; the columns of a table without a header are called 1, 2, 3, ..."""
    pose: PoseType | None = None
    """Kind of the hand poses that InPose's own CSV declares."""


def file_layout(path: Path) -> FileLayout | None:
    """Return how a recording is written; only its beginning is read. None if it cannot be read."""
    try:
        data = file_beginning(path, _LOOKED_AT_BYTES)
    except RecordingError:
        return None
    known = next((one for one in recording_formats() if one.recognises(data)), None)
    if known is None:
        return FileLayout("")
    if known.recognises is not reader.recognises:
        return FileLayout(known.name)
    try:
        table = open_table(data[: data.rfind(b"\n") + 1] or data, path.name, CSV_HINT)
    except RecordingError:
        return FileLayout(known.name)
    return FileLayout(known.name, tuple(name.lower() for name in table.header), declared_pose(table))
