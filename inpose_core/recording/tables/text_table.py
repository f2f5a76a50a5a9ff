# SPDX-License-Identifier: Apache-2.0
"""Read text tables with any of the usual encodings and separators, comments, and non-numeric cells."""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ...arrays import FloatArray
from ...errors import RecordingError
from ..findings import Finding
from ..tracks import check_frame_count

if TYPE_CHECKING:
    from _csv import Reader as _Rows  # the csv module names its reader type only for type checkers

_COMMENTS: Final[tuple[str, ...]] = ("#", "*")
"""Beginnings of ignored lines: comments, and the rows of stars that separate takes in some data sets."""
_NOT_MEASURED: Final[frozenset[str]] = frozenset(
    {"", "-", "--", "?", "null", "nil", "none", "na", "n/a", "#n/a", "nan", "-nan", "nan(ind)", "-nan(ind)"}
    | {"1.#qnan", "-1.#ind", "#value!", "#div/0!", "#ref!", "undefined", "unknown", "missing", "no data", "nodata"}
    | {"lost", "tracking lost", "trackinglost", "not tracked", "not_tracked", "nottracked", "untracked", "invalid"}
    | {"not valid", "notvalid", "unavailable", "not available", "disconnected", "not connected", "limited", "off"}
    | {"false", "no", "inactive", "occluded", "out of range", "verloren", "perdu", "perdido", "perso"}
)
"""Words in the cells of a device that was not tracked."""
_MOST_COMMENTS: Final[int] = 100
_MOST_COLUMNS: Final[int] = 10_000
_LONGEST_LINE: Final[int] = 1 << 20
_LARGEST_FLOAT32: Final[float] = 3.4e38


@dataclass(frozen=True)
class Cells:
    """Hold the cells of the columns that were read, F rows; a column is identified by its index in the table."""

    places: tuple[int, ...]
    """Names of the numeric columns."""
    values: FloatArray
    """(F, N) numbers; empty cells are NaN."""
    texts: Mapping[int, Sequence[str]]
    """The text columns, F cells each."""
    notes: tuple[str, ...]
    """Notes for the user."""
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def numbers(self, places: Sequence[int]) -> FloatArray:
        """Return some of the columns of numbers, (F, columns)."""
        return self.values[:, [self.places.index(place) for place in places]]


@dataclass(frozen=True)
class TextTable:
    """Hold a table's header and its rows; the rows can be read once."""

    name: str
    header: tuple[str, ...]
    """As in the file, without spaces and quotes around the names."""
    _rows: _Rows
    _decimal_comma: bool
    comments: tuple[str, ...] = ()
    """The comments before the header."""

    def find(self, column: str) -> int | None:
        """Return a column's index, ignoring case; None if the table lacks it.

        Raises:
            RecordingError: the column appears twice.
        """
        wanted = column.lower()
        places = [place for place, name in enumerate(self.header) if name.lower() == wanted]
        if len(places) > 1:
            raise RecordingError(f"{self.name} has the column {column} twice.", "Remove one of them.")
        return places[0] if places else None

    def read(self, numbers: Iterable[int], texts: Iterable[int] = ()) -> Cells:
        """Return the chosen columns, some as numbers and some as text; a column may be requested several times.

        Raises:
            RecordingError: a cell is not a number, a line is too short, or there are fewer than two lines.
        """
        places, words = tuple(dict.fromkeys(numbers)), {place: list[str]() for place in texts}
        needed = max((*places, *words)) + 1
        values = array("d")
        count = 0
        short_line = 0
        try:
            for row in self._rows:
                if not row or not any(row) or row[0].startswith(_COMMENTS) or self._is_header(row):
                    continue
                if short_line:
                    raise RecordingError(
                        f"Line {short_line} of {self.name} is too short.", f"Each line needs {len(self.header)} cells."
                    )
                if len(row) < needed:
                    short_line = self._rows.line_num
                    continue
                try:
                    cells = [float(row[i]) for i in places]
                except ValueError:
                    cells = [self._number(row[i], i) for i in places]
                values.extend(cells)
                count += 1
                check_frame_count(count, self.name)
                for place, column in words.items():
                    column.append(row[place].strip())
        except csv.Error as error:
            raise RecordingError(f"{self.name} is not a CSV file ({error}).", "Save it as CSV in UTF-8.") from error
        if count < 2:
            raise RecordingError(
                f"{self.name} contains no movement: it has fewer than two frames.", "Record at least a second."
            )
        table = np.frombuffer(values).reshape(count, len(places)) if places else np.empty((count, 0))
        table[np.abs(table) > _LARGEST_FLOAT32] = np.nan  # squares of anything larger overflow
        return Cells(places, table, words, ("The last line is cut off. InPose ignored it.",) if short_line else ())

    def _is_header(self, row: Sequence[str]) -> bool:
        """Return whether a logger that appends to its file wrote the header again."""
        return row[0].strip().strip('"') == self.header[0] and tuple(c.strip().strip('"') for c in row) == self.header

    def _number(self, cell: str, column: int) -> float:
        text = cell.strip()
        if self._decimal_comma:
            text = text.replace(",", ".")
        if text.lower() in _NOT_MEASURED:
            return np.nan
        try:
            return float(text)
        except ValueError:
            raise RecordingError(
                # The message does not repeat the cell: if cells are shifted, it may hold a person's name.
                f"Line {self._rows.line_num} of {self.name} has no number in the column {self.header[column]}.",
                "Write numbers with a decimal point, or leave the cell empty if nothing was measured.",
            ) from None


def is_text(data: bytes) -> bool:
    """Return whether the file is text, judged by its first 4 KB."""
    try:
        text = codecs.getincrementaldecoder(_encoding(data))().decode(data[:4096], len(data) <= 4096)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n\f" for character in text)


def open_table(data: bytes, name: str, hint: str) -> TextTable:
    """Return the table in a text file with its header read; the header is the first line that is not a comment.

    Raises:
        RecordingError: the file is not text or has no lines.
    """
    delimiter = _delimiter(data)
    rows = csv.reader(_lines(data, delimiter, name), delimiter=delimiter, skipinitialspace=True)
    comments: list[str] = []
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if row[0].lstrip().startswith(_COMMENTS):
                comments += [delimiter.join(row).strip()] * (len(comments) < _MOST_COMMENTS)
                continue
            header = tuple(cell.strip().strip('"').strip() for cell in row)
            return TextTable(name, header, rows, delimiter != ",", tuple(comments))
    except csv.Error as error:
        raise RecordingError(f"{name} is not a CSV file ({error}).", hint) from error
    raise RecordingError(f"{name} has no lines.", hint)


def _lines(data: bytes, delimiter: str, name: str) -> Iterator[str]:
    """Yield the lines of a file; the whole text at once would take up to eight times the file's size."""
    file = io.TextIOWrapper(io.BytesIO(data), _encoding(data), newline="")
    try:
        for line in iter(lambda: file.readline(_LONGEST_LINE + 1), ""):
            if len(line) > _LONGEST_LINE or line.count(delimiter) >= _MOST_COLUMNS:
                raise RecordingError(
                    f"{name} has a line of more than {_MOST_COLUMNS} columns.", "Keep the columns of head and hands."
                )
            # The csv module raises its own error at NUL.
            yield line.replace("\0", "")
    except UnicodeError as error:
        raise RecordingError(f"{name} is not a text file in UTF-8.", "Save it as CSV in UTF-8.") from error


def _encoding(data: bytes) -> str:
    """Return UTF-16 if the file starts with its byte order mark, else UTF-8."""
    return "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _delimiter(data: bytes) -> str:
    text = data[:200_000].decode(_encoding(data), "ignore")
    for line in text.splitlines()[:100]:
        if line.strip() and not line.lstrip().startswith(_COMMENTS):
            return max(",;\t", key=line.count)
    return ","
