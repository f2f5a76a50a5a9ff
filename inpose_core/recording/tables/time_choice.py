# SPDX-License-Identifier: Apache-2.0
"""Choose the column of the times where several have the name of one: ``Date, Time``, a counter, an empty column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from ...errors import RecordingError
from .layouts import Layout
from .text_table import TextTable
from .times import parse_times

_DATE_ALONE: Final[re.Pattern[str]] = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
"""20260314, which is a number, but no time."""
_FEWEST: Final[float] = 0.5


def time_place(layout: Layout, table: TextTable) -> int | None:
    """Return the index of the time column of a layout in a table; None if the table has none."""
    places = [place for column in layout.times if (place := table.find(column)) is not None]
    return likely_time(places, table.sample)


def likely_time(places: Sequence[int], rows: Sequence[Sequence[str]]) -> int | None:
    """Return the first of some columns that holds times which change; if there is none, the first that holds times.

    Args:
        places: the indices of the columns, best first.
        rows: the first rows, as text.
    """
    cells = {place: [row[place].strip() if place < len(row) else "" for row in rows] for place in places}
    usable = [place for place in places if _holds_times(cells[place])]
    changing = [place for place in usable if len(set(cells[place])) > 1]
    return next(iter((*changing, *usable, *places)), None)


def _holds_times(cells: Sequence[str]) -> bool:
    if all(_DATE_ALONE.fullmatch(cell) for cell in cells if cell):
        return False
    try:
        times, _ = parse_times(cells, "", "")
    except RecordingError:
        return False
    return bool(np.isfinite(times).mean() >= _FEWEST)
