# SPDX-License-Identifier: Apache-2.0
"""Go through the rows of a text table: in blocks of plain numbers, and one by one where anything else stands there."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final

import numpy as np

from ...arrays import FloatArray
from .text_lines import COMMENTS
from .vector_cells import VectorColumns

_BLOCK_LINES: Final[int] = 128


class TableRows:
    """Yield the rows of a table, vectors taken apart; the whole text at once would take much memory."""

    def __init__(
        self,
        lines: Iterator[str],
        delimiter: str,
        before: Sequence[list[str]],
        vectors: VectorColumns | None,
        lines_above: int,
        *,
        plain: bool,
    ) -> None:
        self._lines, self._delimiter, self._before, self._vectors = lines, delimiter, before, vectors
        self._plain = plain and vectors is None
        self.line_num = lines_above

    def parts(self, places: Sequence[int]) -> Iterator[FloatArray | Iterator[list[str]]]:
        """Yield the rows in parts, each to be used before the next: an array of the cells in some columns where all of
        them are plain numbers, which numpy reads in a quarter of the time, else the rows one by one."""
        yield self._counted(iter(self._before))
        while self._plain and places and (block := list(islice(self._lines, _BLOCK_LINES))):
            text = "".join(block)
            if any(sign in text for sign in ('"', *COMMENTS)):
                self._lines = chain(block, self._lines)
                break
            numbers = self._numbers(block, places)
            if numbers is None:
                yield self._cut(block)
                continue
            yield numbers
            self.line_num += len(block)
        yield self._cut(self._lines)

    def _numbers(self, block: Sequence[str], places: Sequence[int]) -> FloatArray | None:
        """Return the cells of a block of lines, NaN where they are empty; None if they are not all plain numbers."""
        text, separator = "".join(block), self._delimiter
        if text.isspace():
            return np.empty((0, len(places)))
        lines = block
        if separator * 2 in text or separator + "\n" in text or separator + "\r" in text:
            lines = _filled(text, separator).splitlines()
        try:
            numbers = np.loadtxt(lines, comments=None, delimiter=separator, usecols=places, ndmin=2)
        except ValueError:
            return None
        # A line of nothing but separators is no row; the way by text knows it.
        return None if np.isnan(numbers).all(axis=1).any() else numbers

    def texts(self) -> Iterator[list[str]]:
        """Yield the rows one by one, as text."""
        yield from self._counted(iter(self._before))
        yield from self._cut(self._lines)

    def _cut(self, lines: Iterable[str]) -> Iterator[list[str]]:
        return self._counted(csv.reader(lines, delimiter=self._delimiter, skipinitialspace=True))

    def _counted(self, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        above = self.line_num
        for count, row in enumerate(rows, 1):
            self.line_num = above + getattr(rows, "line_num", count)
            yield self._vectors.row(row) if self._vectors is not None and row else row


def _filled(text: str, separator: str) -> str:
    """Return lines of numbers with ``nan`` in their empty cells."""
    twice, between = separator * 2, f"{separator}nan{separator}"
    # The second time for every other cell of a run of empty ones; the first cell of a line stays.
    filled = text.replace(twice, between).replace(twice, between)
    return filled.replace(f"{separator}\n", f"{separator}nan\n").replace(f"{separator}\r", f"{separator}nan\r")
