# SPDX-License-Identifier: Apache-2.0
"""Find the columns of a table that say how far the buttons of the controllers are pressed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.hands.joints import SIDES
from ...body.hands.tracks import BUTTONS, FingerTracks

ButtonColumns = Mapping[tuple[int, int], int]
"""The place of the column of each hand and each of `BUTTONS`."""

_SIDES: Final[tuple[re.Pattern[str], ...]] = (
    re.compile(r"(^|[^a-z])(left|l)([^a-z]|$)|^left|lefthand|leftcontroller"),
    re.compile(r"(^|[^a-z])(right|r)([^a-z]|$)|^right|righthand|rightcontroller"),
)
_WORDS: Final[tuple[re.Pattern[str], ...]] = (
    re.compile(r"trigger"),
    re.compile(r"grip|squeeze|grab"),
    re.compile(r"(^|[_. ])thumb(_?touch)?$|thumbrest"),
)
_OTHER_WORDS: Final[re.Pattern[str]] = re.compile(
    r"(pos|rot|quat|euler|vel|acc|ang|dir|pose)|[_. ](p|q|r)?[xyzw]$|time|haptic|near"
)
"""A grip pose is no button."""
_TRUE: Final[Mapping[str, float]] = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "pressed": 1.0, "released": 0.0}


def button_columns(header: Sequence[str]) -> ButtonColumns:
    """Return where the buttons are in a header; empty if it has none."""
    found: dict[tuple[int, int], int] = {}
    for place, column in enumerate(header):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower()
        if _OTHER_WORDS.search(name):
            continue
        for hand, side in enumerate(_SIDES):
            for button, word in enumerate(_WORDS):
                if side.search(name) and word.search(name):
                    found.setdefault((hand, button), place)
    return found


def buttons_from(columns: ButtonColumns, cells: Mapping[int, Sequence[str] | FloatArray], count: int) -> FingerTracks:
    """Return how far the buttons are pressed; a cell that says nothing of it is unknown.

    Args:
        columns: which button is in which column.
        cells: the cells of these columns.
        count: number of rows.
    """
    pressed = np.full((count, len(SIDES), len(BUTTONS)), np.nan)
    for (hand, button), place in columns.items():
        values = np.array([_value(cell) for cell in cells[place]], dtype=np.float64)
        highest = np.nanmax(values, initial=0.0, where=np.isfinite(values))
        if highest > 1.0:  # per cent, or a byte
            values = values / (100.0 if highest <= 100.0 else 255.0)
        pressed[:, hand, button] = values
    return FingerTracks.of_buttons(pressed)


def _value(cell: str | float) -> float:
    if not isinstance(cell, str):
        return float(cell)
    text = cell.strip().lower()
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return _TRUE.get(text, np.nan)
