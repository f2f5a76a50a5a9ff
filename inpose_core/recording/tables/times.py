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

_CLOCK: Final[re.Pattern[str]] = re.compile(
    r"(?:(-?\d+)(?: days?)?[ ,.T])?\s*(?:(\d+):)?(\d+):(\d+(?:[.,:]\d+)?)\s*([AaPp])?"
)
_DATE: Final[re.Pattern[str]] = re.compile(
    r"(?:(?P<year>\d{4})[-/._](?P<month>\d\d?)[-/._](?P<day>\d\d?)|(?P<a>\d\d?)[-/.](?P<b>\d\d?)[-/.](?P<y>\d{4}))"
    r"[T _,;-]+(?P<time>\d\d?[:h._-]\d\d[:m._-]\d\d(?:[.,:]\d+)?)\s*(?P<half>[AaPp])?"
)
"""2026-03-14T15:09:26.5, 2026/03/14 15:09:26,500, 14.03.2026 15:09:26, 3/14/2026 3:09:26.5 PM."""


_STEPS: Final[re.Pattern[str]] = re.compile(r"delta|^dt$")


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
    if _STEPS.search(column.lower()) and len(steps) > 4 and (steps < 0).mean() > 0.2 and np.nanmin(times) >= 0:
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
    cell = cell.strip().strip('"')
    date = _DATE.match(cell)
    try:
        if date:
            return _date_s(date)
        clock = _CLOCK.match(cell)
        if clock:
            days, hours, minutes = (int(part or 0) for part in clock.groups()[:3])
            return ((days * 24 + _half_day(hours, clock[5])) * 60 + minutes) * 60 + _seconds(clock[4])
        return float(cell)
    except (ValueError, OverflowError):
        return np.nan


def _date_s(date: re.Match[str]) -> float:
    """Return the seconds since the year 2000 of a date and a time."""
    if date["year"]:
        year, month, day = int(date["year"]), int(date["month"]), int(date["day"])
    else:
        # Only differences of times count: whether the day or the month comes first matters only where a month ends.
        month, day = sorted((int(date["a"]), int(date["b"]))) if max(int(date["a"]), int(date["b"])) > 12 else (1, 1)
        year = int(date["y"])
    hours, minutes, seconds = re.split(r"[:hm._-]", date["time"], maxsplit=2)
    of_day = (_half_day(int(hours), date["half"]) * 60 + int(minutes)) * 60 + _seconds(seconds)
    return (datetime(year, month, day) - datetime(2000, 1, 1)).total_seconds() + of_day


def _seconds(text: str) -> float:
    return float(text.replace(",", ".").replace(":", "."))


def _half_day(hours: int, half: str | None) -> int:
    return hours if half is None else hours % 12 + (12 if half.lower() == "p" else 0)
