# SPDX-License-Identifier: Apache-2.0
"""Read tables of text: any of the usual encodings and separators, comments, and cells that are no numbers."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError

if TYPE_CHECKING:
    from _csv import Reader as _Rows  # the csv module names its reader type only for type checkers

_COMMENTS: Final[tuple[str, ...]] = ("#", "*")
"""What begins a line that is passed over: comments, and the rows of stars that separate takes in some data sets."""
_LARGEST_FLOAT32: Final[float] = 3.4e38


@dataclass
class TextTable:
    """Hold a table's header, and its rows until they are read once."""

    name: str
    header: list[str]
    """As it stands in the file, without spaces and quotes around the names."""
    notes: list[str]
    _rows: _Rows
    _decimal_comma: bool

    def find(self, column: str) -> int | None:
        """Return where a column stands, capitals or not; None if nowhere.

        Raises:
            RecordingError: it stands there twice.
        """
        wanted = column.lower()
        places = [place for place, name in enumerate(self.header) if name.lower() == wanted]
        if len(places) > 1:
            raise RecordingError(f"{self.name} has the column {column} twice.", "Remove one of them.")
        return places[0] if places else None

    def read(self, numbers: Sequence[int], texts: Sequence[int] = ()) -> tuple[NDArray[np.float64], list[list[str]]]:
        """Return the chosen columns as numbers, (F, N), empty cells as NaN, and others as text, a list per column.

        Raises:
            RecordingError: a cell is not a number, a line is too short, or there are fewer than two lines.
        """
        needed = max((*numbers, *texts)) + 1
        values: list[list[float]] = []
        words: list[list[str]] = [[] for _ in texts]
        short_line = 0
        try:
            for row in self._rows:
                if not row or not any(row) or row[0].startswith(_COMMENTS):
                    continue
                if short_line:
                    raise RecordingError(
                        f"Line {short_line} of {self.name} is too short.", f"Each line needs {len(self.header)} cells."
                    )
                if len(row) < needed:
                    short_line = self._rows.line_num
                    continue
                try:
                    values.append([float(row[i]) if row[i].strip() else np.nan for i in numbers])
                except ValueError:
                    values.append([self._number(row[i], i) for i in numbers])
                for column, place in enumerate(texts):
                    words[column].append(row[place].strip())
        except csv.Error as error:
            raise RecordingError(f"{self.name} is not a CSV file ({error}).", "Save it as CSV in UTF-8.") from error
        if short_line:
            self.notes.append("The last line is cut off and was left out.")
        if len(values) < 2:
            raise RecordingError(
                f"{self.name} holds no movement: it has fewer than two frames.", "Record at least a second."
            )
        table = np.array(values)
        table[np.abs(table) > _LARGEST_FLOAT32] = np.nan  # squares of anything larger overflow
        return table, words

    def _number(self, cell: str, column: int) -> float:
        text = cell.strip()
        if self._decimal_comma:
            text = text.replace(",", ".")
        if text.lower() in {"", "null", "none", "na", "n/a", "-"}:
            return np.nan
        try:
            return float(text)
        except ValueError:
            raise RecordingError(
                # What stands there is not repeated: where cells are shifted it may be somebody's name.
                f"Line {self._rows.line_num} of {self.name} has no number in the column {self.header[column]}.",
                "Write numbers with a point, or leave the cell empty where nothing was measured.",
            ) from None


def is_text(data: bytes) -> bool:
    """Tell whether the file is text, by its first 4 KB."""
    text = decode_text(data[:4096], final=len(data) <= 4096)
    return text is not None and all(character.isprintable() or character in "\t\r\n\f" for character in text)


def decode_text(data: bytes, *, final: bool) -> str | None:
    """Return UTF-8 or, behind its mark, UTF-16 text; None if it is neither."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final)
    except UnicodeDecodeError:
        return None


def open_table(data: bytes, name: str, hint: str) -> TextTable:
    """Return the table in a text file, its header read; the first line that is no comment is the header.

    Raises:
        RecordingError: the file is no text or has no lines.
    """
    text = decode_text(data, final=True)
    if text is None:
        raise RecordingError(f"{name} is not a text file in UTF-8.", "Save it as CSV in UTF-8.")
    delimiter = _delimiter(text)
    # The csv module stops at NUL and at very long cells with errors of its own.
    rows = csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter, skipinitialspace=True)
    try:
        for row in rows:
            if any(cell.strip() for cell in row) and not row[0].lstrip().startswith(_COMMENTS):
                header = [cell.strip().strip('"').strip() for cell in row]
                return TextTable(name, header, [], rows, delimiter != ",")
    except csv.Error as error:
        raise RecordingError(f"{name} is not a CSV file ({error}).", hint) from error
    raise RecordingError(f"{name} has no lines.", hint)


def _delimiter(text: str) -> str:
    for line in text[:200_000].splitlines()[:100]:
        if line.strip() and not line.lstrip().startswith(_COMMENTS):
            return max(",;\t", key=line.count)
    return ","
