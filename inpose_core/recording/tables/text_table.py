# SPDX-License-Identifier: Apache-2.0
"""Read text tables with any of the usual encodings and separators, comments, and non-numeric cells."""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...errors import ColumnsError, RecordingError
from ..findings import Finding
from ..tracks import check_frame_count
from .header_rows import header_in_comments, is_row_of_units
from .table_rows import TableRows
from .text_lines import COMMENTS, find_dialect, hide_inner, is_comment, show_inner, split_line, text_encoding
from .vector_cells import find_vectors

_NOT_MEASURED: Final[frozenset[str]] = frozenset(
    {"", "-", "--", "?", "null", "nil", "none", "na", "n/a", "#n/a", "nan", "-nan", "nan(ind)", "-nan(ind)"}
    | {"1.#qnan", "-1.#ind", "#value!", "#div/0!", "#ref!", "undefined", "unknown", "missing", "no data", "nodata"}
    | {"lost", "tracking lost", "trackinglost", "not tracked", "not_tracked", "nottracked", "untracked", "invalid"}
    | {"not valid", "notvalid", "unavailable", "not available", "disconnected", "not connected", "limited", "off"}
    | {"false", "no", "inactive", "occluded", "out of range", "verloren", "perdu", "perdido", "perso"}
)
"""Words in the cells of a device that was not tracked."""
_VECTOR_ROWS: Final[int] = 40
_PREVIEW_ROWS: Final[int] = 3
_MOST_COMMENTS: Final[int] = 100
_MOST_COLUMNS: Final[int] = 10_000
_LONGEST_LINE: Final[int] = 1 << 20
_LONGEST_NUMBER: Final[int] = 6
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
    rows: TableRows
    has_header: bool = True
    """Without a header the columns are called 1, 2, 3, ..."""
    comments: tuple[str, ...] = ()
    """The comments before the header."""
    preview: tuple[tuple[str, ...], ...] = ()
    """The first rows as they are in the file, for users who assign columns."""
    sample: tuple[tuple[str, ...], ...] = ()
    """The first rows, with the cells of the header's columns."""

    def find(self, column: str) -> int | None:
        """Return a column's index, ignoring case; None if the table lacks it. ``#3`` is the third column from the left.

        Raises:
            ColumnsError: the column appears twice.
        """
        wanted = column.lower()
        places = [place for place, name in enumerate(self.header) if name.lower() == wanted]
        if len(places) > 1:
            raise ColumnsError(
                f"{self.name} has the column {column} twice.",
                f"Write their numbers from the left: #{places[0] + 1} or #{places[1] + 1}.",
            )
        return places[0] if places else self._numbered(column)

    def has(self, column: str) -> bool:
        """Return whether there is a column of this name or number."""
        return column.lower() in self._names or self._numbered(column) is not None

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(name.lower() for name in self.header)

    def _numbered(self, column: str) -> int | None:
        number = column[1:]
        if not (column.startswith("#") and number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
            return None
        return int(number) - 1 if 1 <= int(number) <= len(self.header) else None

    def read(self, numbers: Iterable[int], texts: Iterable[int] = ()) -> Cells:
        """Return the chosen columns, some as numbers and some as text; a column may be requested several times.

        Raises:
            ColumnsError: a cell is not a number.
            RecordingError: a line is too short, or there are fewer than two lines.
        """
        places, words = tuple(dict.fromkeys(numbers)), {place: list[str]() for place in texts}
        needed = max((*places, *words)) + 1
        values = array("d")
        count = 0
        short_line = 0
        try:
            for part in self.rows.parts(() if words else places):
                if isinstance(part, np.ndarray):
                    if short_line:
                        raise self._too_short(short_line)
                    values.frombytes(part.tobytes())
                    count += len(part)
                    check_frame_count(count, self.name)
                    continue
                for row in part:
                    if not row or not any(row) or row[0].startswith(COMMENTS) or self._is_header(row):
                        continue
                    if short_line:
                        raise self._too_short(short_line)
                    if len(row) < needed:
                        short_line = self.rows.line_num
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
        cut_off = Finding("damaged", "The last line is cut off. InPose ignored it.", "repaired")
        return Cells(places, table, words, (), (cut_off,) if short_line else ())

    def _too_short(self, line: int) -> RecordingError:
        return RecordingError(f"Line {line} of {self.name} is too short.", f"Each line needs {len(self.header)} cells.")

    def _is_header(self, row: Sequence[str]) -> bool:
        """Return whether a logger that appends to its file wrote the header again."""
        return row[0].strip().strip('"') == self.header[0] and tuple(c.strip().strip('"') for c in row) == self.header

    def _number(self, cell: str, column: int) -> float:
        # A comma here must be a decimal comma; brackets are left from vectors that the commas cut.
        text = cell.strip().replace(",", ".").strip("()[]{} ")
        if text.lower() in _NOT_MEASURED:
            return np.nan
        try:
            return float(text)
        except ValueError:
            raise ColumnsError(
                # The message does not repeat the cell: if cells are shifted, it may hold a person's name.
                f"Line {self.rows.line_num} of {self.name} has no number in the column {self.header[column]}.",
                "Write numbers with a decimal point, or leave the cell empty if nothing was measured.",
            ) from None


def is_text(data: bytes) -> bool:
    """Return whether the file is text, judged by its first 4 KB."""
    head = data[:4096]
    try:
        text = codecs.getincrementaldecoder(text_encoding(data))().decode(head, len(data) <= 4096)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(character.isprintable() or character in "\t\r\n\f\ufeff" for character in text)


def open_table(data: bytes, name: str, hint: str) -> TextTable:
    """Return the table in a text file with its header read.

    Raises:
        RecordingError: the file is not text or has no lines.
    """
    dialect = find_dialect(data)
    lines = _lines(data, dialect.delimiter, name)
    comments: list[str] = []
    header: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    number = 0
    first: list[str] = []
    above = 0
    for line in lines:
        above += 1
        if not line.strip() or line.lower().startswith("sep="):
            continue
        if is_comment(line):
            comments += [line.strip()] * (len(comments) < _MOST_COMMENTS)
            continue
        if dialect.header_line < 0:
            named = header_in_comments(comments, dialect.delimiter, dialect.columns)
            header, first = named or tuple(str(place) for place in range(1, dialect.columns + 1)), [line]
            break
        if number == dialect.header_line:
            cells = split_line(line, dialect.header_delimiter, bracketed=dialect.bracketed)
            header = tuple(cell.strip().strip('"').strip() for cell in cells)
            break
        number += 1
    if header is None:
        raise RecordingError(f"{name} has no lines.", hint)
    rest: Iterator[str] = chain(first, lines)
    if dialect.bracketed:
        rest = hide_inner(rest, dialect.delimiter)
    rows = csv.reader(rest, delimiter=dialect.delimiter, skipinitialspace=True)
    try:
        before = list(islice(rows, _VECTOR_ROWS))
        if before and is_row_of_units(before[0]):
            before, above = before[1:], above + 1
    except csv.Error as error:
        raise RecordingError(f"{name} is not a CSV file ({error}).", hint) from error
    sample = [row for row in before if row and not row[0].startswith(COMMENTS)]
    vectors = find_vectors(header, sample)
    return TextTable(
        name=name,
        header=vectors.header if vectors is not None else header,
        # Spaces in a row are one separator, or none.
        rows=TableRows(
            rest,
            dialect.delimiter,
            before,
            vectors,
            above - len(first),
            plain=not dialect.bracketed and dialect.delimiter != " ",
        ),
        has_header=dialect.header_line >= 0 or named is not None,
        comments=tuple(comments),
        sample=tuple(tuple(vectors.row(row) if vectors is not None else row) for row in sample),
        preview=tuple(tuple(show_inner(cell).strip() for cell in row) for row in sample[:_PREVIEW_ROWS]),
    )


def _lines(data: bytes, delimiter: str, name: str) -> Iterator[str]:
    """Yield the lines of a file; the whole text at once would take up to eight times the file's size."""
    file = io.TextIOWrapper(io.BytesIO(data), text_encoding(data), errors="strict", newline="")
    try:
        while line := file.readline(_LONGEST_LINE + 1):
            if len(line) > _LONGEST_LINE or line.count(delimiter) >= _MOST_COLUMNS:
                raise RecordingError(
                    f"{name} has a line of more than {_MOST_COLUMNS} columns.", "Keep the columns of head and hands."
                )
            # The csv module raises its own error at NUL.
            yield line.replace("\0", "").lstrip("\ufeff")
    except UnicodeError as error:
        raise RecordingError(f"{name} is not a text file in UTF-8.", "Save it as CSV in UTF-8.") from error
