# SPDX-License-Identifier: Apache-2.0
"""Read the time column of a table: numbers in any unit, clock times, dates, or steps from frame to frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError

_CLOCK: Final[re.Pattern[str]] = re.compile(r"(?:(-?\d+) days? ?)?(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")
_DATE: Final[re.Pattern[str]] = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d+))?")


def parse_times(cells: Sequence[str], column: str, name: str) -> tuple[NDArray[np.float64], str | None]:
    """Return the times of a column, (F,), and "s" for clock times or dates, else None (unit unknown).

    Raises:
        RecordingError: the cells are not times.
    """
    try:
        # A comma here must be a decimal comma: a comma that separates columns was already consumed.
        times = np.array([float(cell.replace(",", ".")) if cell else np.nan for cell in cells])
    except ValueError:
        return _clock_times(cells, column, name), "s"
    steps = np.diff(times[np.isfinite(times)])
    # A column of frame-to-frame steps varies around one value and never grows.
    if "delta" in column.lower() and len(steps) > 4 and (steps < 0).mean() > 0.2 and np.nanmin(times) >= 0:
        times = np.cumsum(np.nan_to_num(times))
    return times, None


def _clock_times(cells: Sequence[str], column: str, name: str) -> NDArray[np.float64]:
    times = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        times[row] = _clock_s(cell[:64])
    if np.isfinite(times).mean() < 0.5:
        raise RecordingError(
            f"The column {column} of {name} contains no times that InPose understands.",
            "Write seconds, or set the frame rate (--recording-fps 90).",
        )
    return times


def _clock_s(cell: str) -> float:
    date = _DATE.match(cell)
    try:
        if date:
            fraction = float(f"0.{date[2]}") if date[2] else 0.0
            return (datetime.fromisoformat(date[1]) - datetime(2000, 1, 1)).total_seconds() + fraction
        clock = _CLOCK.match(cell)
        if clock:
            days, hours, minutes = (int(part or 0) for part in clock.groups()[:3])
            return ((days * 24 + hours) * 60 + minutes) * 60 + float(clock[4].replace(",", "."))
        return float(cell)
    except (ValueError, OverflowError):
        return np.nan
