# SPDX-License-Identifier: Apache-2.0
"""Take whole vectors in one cell apart, so that each number has a column of its own.

``(0.1, 1.6, 0.2)``, ``0.1;1.6;0.2``, ``X=10.0 Y=2.0 Z=160.0``, ``{"x": 0.1, "y": 1.6, "z": 0.2}``, and several vectors
in one cell: rotation, angles and position of a device. Matrices stay in their cells: presets read them there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .column_meaning import meaning_of
from .column_vocabulary import AXES, split_words
from .text_lines import show_inner

_NUMBER: Final[str] = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LABEL: Final[str] = r"[\"']?([A-Za-z]{1,5})[\"']?\s*[:=]\s*"
_ITEM: Final[re.Pattern[str]] = re.compile(rf"(?:{_LABEL})?({_NUMBER}|nan|NaN)")
_ONLY_VECTORS: Final[re.Pattern[str]] = re.compile(
    rf"\s*[({{\[<\"']*\s*(?:(?:{_LABEL})?(?:{_NUMBER}|nan|NaN)(?:[\s,;|)\]}}>({{\[<\"']+|$))+"
)
_ALONE: Final[re.Pattern[str]] = re.compile(_NUMBER)
_GROUP: Final[re.Pattern[str]] = re.compile(r"[(\[{<]([^()\[\]{}<>]*)[)\]}>]")
_DECIMAL_COMMA: Final[re.Pattern[str]] = re.compile(r"(?<=\d),(?=\d)")
_SIZES: Final[frozenset[int]] = frozenset({3, 4, 6, 7})
_ROTATOR: Final[dict[str, str]] = {"p": "pitch", "y": "yaw", "r": "roll"}
_FEWEST_ROWS: Final[int] = 2
_LARGEST_POSITION: Final[float] = 8.0
"""In metres. Angles in degrees are larger at some time."""


@dataclass(frozen=True)
class VectorColumns:
    """Hold which columns hold vectors, and the names of all columns after they are taken apart."""

    header: tuple[str, ...]
    counts: tuple[int, ...]
    """Numbers in each cell of the file; 0: the cell stays as it is."""
    decimal_commas: bool

    def row(self, cells: Sequence[str]) -> list[str]:
        """Return a row with its vectors taken apart; a cell with other numbers becomes empty cells."""
        row: list[str] = []
        for cell, count in zip(cells, self.counts, strict=False):
            if not count:
                row.append(show_inner(cell))
                continue
            found = [item[1] for item in _items(cell, self.decimal_commas)]
            row += found if len(found) == count else [""] * count
        return row


def find_vectors(header: Sequence[str], rows: Sequence[Sequence[str]]) -> VectorColumns | None:
    """Return the columns that hold vectors; None if there are none.

    Args:
        header: the columns' names.
        rows: some rows of cells.
    """
    names: list[str] = []
    counts: list[int] = []
    texts = [cell for row in rows for cell in row]
    commas = sum(bool(re.search(r"\d,\d+\s*;", cell)) for cell in texts) > len(rows) // 2
    for place, name in enumerate(header):
        cells = [row[place] for row in rows if place < len(row) and row[place].strip()]
        # Most columns hold single numbers, and one look at each cell shows it.
        alone = all(_ALONE.fullmatch(cell) for cell in cells)
        vectors = [] if alone else [cell for cell in cells if _ONLY_VECTORS.fullmatch(show_inner(cell))]
        groups = [_groups(cell, commas) for cell in vectors]
        sizes = {tuple(len(group) for group in one) for one in groups}
        if len(vectors) < max(_FEWEST_ROWS, len(cells) // 2) or len(sizes) != 1 or not set(*sizes) <= _SIZES:
            names.append(name)
            counts.append(0)
            continue
        new = _names(name, groups)
        names += new
        counts.append(len(new))
    return VectorColumns(tuple(names), tuple(counts), commas) if any(counts) else None


def _items(cell: str, decimal_commas: bool) -> list[tuple[str, str]]:
    """Return labels and numbers of a cell."""
    text = show_inner(cell)
    if decimal_commas:
        text = _DECIMAL_COMMA.sub(".", text)
    return [(found[1] or "", found[2]) for found in _ITEM.finditer(text)]


def _groups(cell: str, decimal_commas: bool) -> list[list[tuple[str, str]]]:
    parts = _GROUP.findall(show_inner(cell))
    return [_items(part, decimal_commas) for part in parts] if parts else [_items(cell, decimal_commas)]


def _names(column: str, rows: Sequence[Sequence[Sequence[tuple[str, str]]]]) -> list[str]:
    """Return a name for each number of a column's cells."""
    words = split_words(column)
    plain = [
        word for word in words if word not in AXES and len(word) > 1 and not re.fullmatch(r"(rot|pos)[xyzw]", word)
    ]
    base = " ".join(plain) or column
    meaning = meaning_of(base)
    kind = meaning.kind if meaning else ""
    largest = [max(abs(float(item[1])) for row in rows for item in row[place]) for place in range(len(rows[0]))]
    threes = [place for place, group in enumerate(rows[0]) if len(group) == 3]
    # Of two vectors of three numbers, the one with the larger numbers holds angles.
    angles = max(threes, key=lambda place: largest[place]) if len(threes) > 1 else -1
    names: list[str] = []
    for place, group in enumerate(rows[0]):
        labels = [label.lower() for label, _ in group]
        if labels == ["p", "y", "r"]:
            names += [f"{base} rotation {_ROTATOR[label]}" for label in labels]
        elif len(group) == 4:
            letters = labels if sorted(labels) == ["w", "x", "y", "z"] else list("xyzw")
            names += [f"{base}{'' if kind == 'q' else ' rotation'} {letter}" for letter in letters]
        elif len(group) == 3:
            word = (
                "" if kind else " euler" if place == angles or largest[place] > _LARGEST_POSITION * 4 else " position"
            )
            names += [f"{base}{word} {letter}" for letter in "xyz"]
        else:
            names += [f"{base} position {letter}" for letter in "xyz"]
            names += [f"{base} rotation {letter}" for letter in ("xyzw" if len(group) == 7 else "xyz")]
    return names
