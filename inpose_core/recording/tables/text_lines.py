# SPDX-License-Identifier: Apache-2.0
"""Find out how a text table is written: its encoding, its separators, where its header is, and what whole cells hold.

Loggers write commas, semicolons, tabs, pipes or spaces; a header in one and rows in another; a few lines of notes
before the header; no header; and whole vectors in a cell, ``(0.1, 1.6, 0.2)``, with the separator inside the brackets.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

COMMENTS: Final[tuple[str, ...]] = ("#", "*", "//", "%")
"""A line that begins with one of these is ignored: a comment, or a row of stars between takes in some data sets."""

_DELIMITERS: Final[str] = ",;\t|"
_SAMPLE_LINES: Final[int] = 60
_SAMPLE_BYTES: Final[int] = 400_000
_LONGEST_SAMPLE: Final[int] = 100_000
_FEWEST_COLUMNS: Final[int] = 3
_BRACKET: Final[re.Pattern[str]] = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_NUMBER: Final[re.Pattern[str]] = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_INNER: Final[str] = "\x1f"
"""Stands for a separator within brackets while a line is split."""


@dataclass(frozen=True)
class Dialect:
    """Hold how the lines of a table are written."""

    delimiter: str
    header_delimiter: str
    bracketed: bool
    """Whether brackets hold vectors with the same separator as the columns."""
    header_line: int
    """Number of the header among the lines that are neither empty nor comments; -1 if there is none."""
    columns: int
    """Number of cells in a usual row."""


def text_encoding(data: bytes) -> str:
    """Return the encoding of a text: UTF-16 or UTF-8, else the code page of Windows in Western Europe."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:4096]
    if len(head) >= 4 and head[1::2].count(0) > 0.8 * len(head[1::2]):
        return "utf-16-le"
    if len(head) >= 4 and head[::2].count(0) > 0.8 * len(head[::2]):
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[:_SAMPLE_BYTES])
    except UnicodeDecodeError:
        return "cp932" if _is_japanese(data[:_SAMPLE_BYTES]) else "cp1252"
    return "utf-8-sig"


def _is_japanese(data: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("cp932")().decode(data)
    except UnicodeDecodeError:
        return False
    # Single accented letters of Western text look like single signs; Japanese words are longer.
    words = re.findall(r"[^\x00-\x7f]+", text)
    signs = sum(len(word) for word in words)
    return bool(words) and sum(len(word) for word in words if len(word) > 1) > 0.6 * signs


def find_dialect(data: bytes) -> Dialect:
    """Return how a table is written, from its first lines."""
    text = data[:_SAMPLE_BYTES].decode(text_encoding(data), "replace").lstrip("\ufeff")
    lines = [line for line in text.splitlines()[: 4 * _SAMPLE_LINES] if line.strip() and not is_comment(line)]
    if len(data) > _SAMPLE_BYTES and len(lines) > 2:
        lines = lines[:-1]
    lines = [line[:_LONGEST_SAMPLE] for line in lines[:_SAMPLE_LINES]]
    if lines and lines[0].lower().startswith("sep="):
        lines = lines[1:]
    if not lines:
        return Dialect(",", ",", bracketed=False, header_line=0, columns=0)
    body = lines[len(lines) // 3 :]
    delimiter, bracketed, columns = _row_style(body, lines[0])
    header_line = _header_line(lines, delimiter, bracketed, columns)
    header = lines[max(header_line, 0)]
    if bracketed and header_line >= 0:
        # A header that names each component goes with rows whose brackets are cut by their separators.
        cut = len(split_line(body[0], delimiter, bracketed=False))
        bracketed = len(split_line(header, delimiter, bracketed=False)) != cut or cut == columns
        columns = columns if bracketed else cut
    own = max(_DELIMITERS, key=header.count)
    same = len(split_line(header, delimiter, bracketed=False)) == columns or header.count(own) <= header.count(
        delimiter
    )
    return Dialect(delimiter, delimiter if same else own, bracketed, header_line, columns)


def is_comment(line: str) -> bool:
    """Return whether a line is a comment."""
    return line.lstrip().startswith(COMMENTS)


def split_line(line: str, delimiter: str, *, bracketed: bool) -> list[str]:
    """Return the cells of one line; with ``bracketed``, separators within brackets do not count."""
    if bracketed:
        line = _BRACKET.sub(lambda found: found[0].replace(delimiter, _INNER), line)
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [line]  # a cell beyond the limit: no table
    return [cell.replace(_INNER, delimiter) for cell in cells] if bracketed else cells


def hide_inner(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """Yield lines whose separators within brackets are hidden from the csv module."""
    for line in lines:
        yield _BRACKET.sub(lambda found: found[0].replace(delimiter, _INNER), line)


def show_inner(cell: str) -> str:
    """Return a cell with its hidden separators as spaces."""
    return cell.replace(_INNER, " ")


def _row_style(body: Sequence[str], first: str) -> tuple[str, bool, int]:
    """Return the separator of the rows, whether brackets hide separators, and the number of cells."""
    has_brackets = sum("(" in line or "[" in line for line in body) > len(body) // 2
    best = (0.0, ",", False, 1)
    for delimiter in _DELIMITERS + " ":
        for bracketed in (False, True) if has_brackets else (False,):
            counts = Counter(len(split_line(line, delimiter, bracketed=bracketed)) for line in body)
            columns, share = counts.most_common(1)[0]
            if columns < 2:
                continue
            agree = share / len(body)
            # Spaces separate only where nothing else does; brackets keep vectors whole.
            score = agree + 0.5 * (delimiter != " ") + 0.3 * bracketed + 0.1 * min(columns, 20) / 20
            score += 0.4 * (delimiter != " " and len(split_line(first, delimiter, bracketed=bracketed)) == columns)
            best = max(best, (score, delimiter, bracketed, columns))
    return best[1], best[2], best[3]


def _header_line(lines: Sequence[str], delimiter: str, bracketed: bool, columns: int) -> int:
    """Return which line is the header: the first that has the rows' cells, none of them a number; -1 for none."""
    for number, line in enumerate(lines[:30]):
        for own in (delimiter, *_DELIMITERS):
            cells = split_line(line, own, bracketed=bracketed and own == delimiter)
            numeric = sum(bool(_NUMBER.fullmatch(cell.strip().replace(",", "."))) for cell in cells)
            if len(cells) >= _FEWEST_COLUMNS and numeric <= len(cells) // 4 and not _holds_vectors(cells):
                if len(cells) >= columns // 2 or own == delimiter:
                    return number
            elif own == delimiter and len(cells) == columns and (numeric > len(cells) // 2 or _holds_vectors(cells)):
                return -1 if number == 0 else number - 1
    return 0


def _holds_vectors(cells: Sequence[str]) -> bool:
    return any(len(_NUMBER.findall(cell)) >= 3 and not re.search(r"[A-Za-z]{3}", cell) for cell in cells)
