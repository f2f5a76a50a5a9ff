# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the columns of a table while a person assigns them: until then the recording is shown as they are so far."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DRAFTED_OPTIONS: Final[tuple[str, ...]] = ("unit", "axes", "time_unit", "quaternion_order", "recording_fps")
"""Options of reading that the mapping of the columns sets, too."""

_open: list[tuple[Path, str]] = []


def open_draft(recording: Path, mapping: str) -> None:
    """Read a recording by this mapping from now on, as the text of the option for columns."""
    _open[:] = [(recording, mapping)]


def close_draft() -> None:
    """Read all recordings by their own options again."""
    _open.clear()


def drafted_columns(recording: Path) -> str | None:
    """Return the mapping that is being made for a recording; None if there is none, or it is not complete."""
    return next((mapping for path, mapping in _open if path == recording and mapping), None)
