# SPDX-License-Identifier: Apache-2.0
"""Long tables are read in blocks of plain numbers; whatever else stands in a block is read as carefully as before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from inpose_core.errors import RecordingError
from inpose_core.recording.tables.text_table import open_table

_ROWS = 1000
_ODD_ROW = 517
Lines = list[str]


def _lines() -> Lines:
    return ["time,note,x", *(f"{row / 90:.6f},{row % 7},{np.sin(row):.9g}" for row in range(_ROWS))]


def _read(lines: Lines) -> np.ndarray:
    table = open_table("\n".join(lines).encode(), "take.csv", "")
    return np.asarray(table.read((0, 2)).values)


def _expected() -> np.ndarray:
    return np.array([[float(cell) for cell in line.split(",")[::2]] for line in _lines()[1:]])


def _with_comment(lines: Lines) -> Lines:
    return [*lines[:_ODD_ROW], "# tracking restarted, 1, 2", *lines[_ODD_ROW:]]


def _with_header_again(lines: Lines) -> Lines:
    return [*lines[:_ODD_ROW], lines[0], *lines[_ODD_ROW:]]


def _with_blank_lines(lines: Lines) -> Lines:
    return [*lines[:_ODD_ROW], *[""] * 300, *lines[_ODD_ROW:], "", ""]


def _with_a_separator_in_quotes(lines: Lines) -> Lines:
    time, _, x = lines[_ODD_ROW].split(",")
    return [*lines[:_ODD_ROW], f'{time},"1,5\n2",{x}', *lines[_ODD_ROW + 1 :]]


@pytest.mark.parametrize(
    "change", [list, _with_comment, _with_header_again, _with_blank_lines, _with_a_separator_in_quotes]
)
@pytest.mark.filterwarnings("error")
def test_odd_lines_change_nothing(change: Callable[[Lines], Lines]) -> None:
    np.testing.assert_array_equal(_read(change(_lines())), _expected())


def test_empty_cells_are_not_measured_and_the_others_are_read() -> None:
    lines, expected = _lines(), _expected()
    for row in (3, 300, 301, 999):
        time, note, _ = lines[row + 1].split(",")
        lines[row + 1] = f"{time},{note},"
        expected[row, 1] = np.nan
    np.testing.assert_array_equal(_read(lines), expected)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("columns", [2, 5, 22])
def test_any_cells_may_be_empty(line_end: str, columns: int) -> None:
    rng = np.random.default_rng(columns)
    expected = rng.normal(size=(_ROWS, columns))
    expected[rng.uniform(size=expected.shape) < rng.uniform(0.0, 0.6, size=(_ROWS, 1))] = np.nan
    expected[:, 0] = np.arange(_ROWS)
    expected[600:610, 0] = np.nan
    expected[600:610, -1] = 1.0
    rows = [",".join("" if np.isnan(cell) else repr(float(cell)) for cell in row) for row in expected]
    rows[700:700] = ["," * (columns - 1)] * 5  # no rows: nothing stands in them
    text = line_end.join([",".join(f"c{place}" for place in range(columns)), *rows])
    table = open_table(text.encode(), "take.csv", "")
    np.testing.assert_array_equal(table.read(range(columns)).values, expected)


def test_a_word_is_refused_with_the_number_of_its_line() -> None:
    lines = _lines()
    lines[_ODD_ROW] = "5.7,0,here"
    with pytest.raises(RecordingError, match=f"Line {_ODD_ROW + 1} "):
        _read(lines)


@pytest.mark.parametrize("last", [_ODD_ROW, 936])
def test_a_short_line_is_refused_wherever_numbers_follow(last: int) -> None:
    lines = _lines()
    lines[last] = "5.7"
    with pytest.raises(RecordingError, match=f"Line {last + 1} .*too short"):
        _read(lines)
