# SPDX-License-Identifier: Apache-2.0
"""Know two ways in which tools write headers: with a row of units below them, and as a comment (``np.savetxt``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .text_lines import COMMENTS, split_line

_UNITS: Final[frozenset[str]] = frozenset(
    {"s", "sec", "seconds", "ms", "us", "µs", "ns", "m", "cm", "mm", "meter", "meters", "metre", "metres"}
    | {"deg", "degrees", "°", "rad", "radians", "hz", "fps", "m/s", "deg/s", "rad/s"}
)
_NO_UNIT: Final[frozenset[str]] = frozenset({"", "-", "--", "/", "1", "n/a", "none", "quat", "unitless", "text"})
_NUMBER: Final[re.Pattern[str]] = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def is_row_of_units(row: Sequence[str]) -> bool:
    """Return whether the cells of a row are units, ``s, m, m, m, -, -``."""
    cells = [cell.strip().strip("()[]{}<>").strip().lower() for cell in row]
    return any(cell in _UNITS for cell in cells) and all(cell in _UNITS | _NO_UNIT for cell in cells)


def header_in_comments(comments: Sequence[str], delimiter: str, columns: int) -> tuple[str, ...] | None:
    """Return the names in the last comment before rows without a header; None if it does not name their columns.

    Args:
        comments: the comments.
        delimiter: what separates the cells of the rows.
        columns: the number of cells in a row.
    """
    if not comments:
        return None
    line = comments[-1].lstrip("".join(COMMENTS)).strip()
    names = tuple(cell.strip().strip('"') for cell in split_line(line, delimiter, bracketed=False))
    if len(names) != columns or any(not name or _NUMBER.fullmatch(name) for name in names):
        return None
    return names
