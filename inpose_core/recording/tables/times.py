# SPDX-License-Identifier: Apache-2.0
"""Read the time column of a table: numbers in any unit, clock times, dates, or steps from frame to frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...errors import RecordingError
from .fractions import fractions_s

_CLOCK: Final[re.Pattern[str]] = re.compile(
    r"(?:(?P<days>-?\d+)(?: days?)?[ ,.T])?\s*(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+)"
    r"(?:[.,:;](?P<part>\d+))?\s*(?P<half>[AaPp])?"
)
_DATE: Final[re.Pattern[str]] = re.compile(
    r"(?:(?P<year>\d{4})[-/._](?P<month>\d\d?)[-/._](?P<day>\d\d?)|(?P<a>\d\d?)[-/.](?P<b>\d\d?)[-/.](?P<y>\d{4}))"
    r"[T _,;-]+(?P<hours>\d\d?)[:h._-](?P<minutes>\d\d?)[:m._-](?P<seconds>\d\d?)"
    r"(?:[.,:;](?P<part>\d+))?\s*(?P<half>[AaPp])?"
)
"""2026-03-14T15:09:26.5, 2026/03/14 15:09:26,500, 14.03.2026 15:09:26, 3/14/2026 3:09:26.5 PM."""


_STEPS: Final[re.Pattern[str]] = re.compile(r"delta|^dt$")
_FEWEST_STEPS: Final[int] = 5


def parse_times(cells: Sequence[str], column: str, name: str) -> tuple[FloatArray, str | None]:
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
    if _STEPS.search(column.lower()) and len(steps) >= _FEWEST_STEPS and np.nanmin(times) >= 0 and _never_grow(steps):
        times = np.cumsum(np.nan_to_num(times))
    return times, None


def _never_grow(steps: FloatArray) -> bool:
    """Return whether a column holds frame-to-frame steps, which vary around one value or are all equal: no clock."""
    back, forward = (steps < 0).sum(), (steps > 0).sum()
    return bool(back > 0.2 * len(steps) or 2 * back >= forward)


def _clock_times(cells: Sequence[str], column: str, name: str) -> FloatArray:
    parts = [_clock(cell[:64]) for cell in cells]
    whole_s = np.array([second_s for second_s, _ in parts])
    if np.isfinite(whole_s).mean() < 0.5:
        raise RecordingError(
            f"The column {column} of {name} contains no times that InPose understands.",
            "Write seconds, or set the frame rate (--recording-fps 90).",
        )
    return whole_s + fractions_s(whole_s, [digits for _, digits in parts])


def _clock(cell: str) -> tuple[float, str]:
    """Return the whole seconds of a cell, NaN if it is no time, and the digits that follow them."""
    cell = cell.strip().strip('"')
    date = _DATE.match(cell)
    try:
        if date:
            return _date_s(date), date["part"] or ""
        clock = _CLOCK.match(cell)
        if clock:
            return _of_day_s(clock, 24 * int(clock["days"] or 0)), clock["part"] or ""
        return float(cell), ""
    except (ValueError, OverflowError):
        return np.nan, ""


def _date_s(date: re.Match[str]) -> float:
    """Return the whole seconds since the year 2000 of a date and a time."""
    if date["year"]:
        year, month, day = int(date["year"]), int(date["month"]), int(date["day"])
    else:
        # Only differences of times count: whether the day or the month comes first matters only where a month ends.
        month, day = sorted((int(date["a"]), int(date["b"]))) if max(int(date["a"]), int(date["b"])) > 12 else (1, 1)
        year = int(date["y"])
    return (datetime(year, month, day) - datetime(2000, 1, 1)).total_seconds() + _of_day_s(date)


def _of_day_s(clock: re.Match[str], more_hours: int = 0) -> float:
    hours, minutes, seconds = (int(clock[part] or 0) for part in ("hours", "minutes", "seconds"))
    if clock["half"] is not None:
        hours = hours % 12 + (12 if clock["half"].lower() == "p" else 0)
    return float(((more_hours + hours) * 60 + minutes) * 60 + seconds)
