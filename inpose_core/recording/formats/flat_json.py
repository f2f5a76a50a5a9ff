# SPDX-License-Identifier: Apache-2.0
"""Write JSON objects of any shape as a table: each key, and each number of a list, is a column of its own.

``{"t": 1, "frame": {"head": {"pos": [0, 1.6, 0]}}}`` has the columns ``t``, ``frame.head.pos.x`` and so on. The table
is then read like any other, by the words of its columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_LETTERS: Final[dict[int, str]] = {2: "xy", 3: "xyz", 4: "xyzw"}
_MOST_COLUMNS: Final[int] = 600
_DEEPEST: Final[int] = 6
_LISTS: Final[tuple[str, ...]] = (
    "frames",
    "samples",
    "data",
    "records",
    "poses",
    "recording",
    "rows",
    "entries",
    "log",
)


def objects_in(document: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or of the list that a document holds under a usual name; empty if there is none."""
    if isinstance(document, Mapping):
        document = next((document[key] for key in _LISTS if isinstance(document.get(key), list)), None)
    if not isinstance(document, list) or len(document) < 2:
        return []
    return document if all(isinstance(entry, Mapping) for entry in document) else []


def table_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a CSV of objects; a key that an object lacks leaves its cell empty."""
    flat = [dict(_flat("", row, 0)) for row in rows]
    columns = list(dict.fromkeys(name for row in flat[:2000] for name in row))[:_MOST_COLUMNS]
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in flat:
        writer.writerow([row.get(name, "") for name in columns])
    return file.getvalue().encode()


def _flat(name: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{str(key)[:40]}" if name else str(key)[:40], inner, depth + 1)
    elif isinstance(value, list):
        letters = _LETTERS.get(len(value), "")
        if letters and all(isinstance(item, (int, float)) for item in value):
            for letter, item in zip(letters, value, strict=True):
                yield f"{name}.{letter}", item
        elif len(value) == 7 and all(isinstance(item, (int, float)) for item in value):
            for part, item in zip(("p.x", "p.y", "p.z", "q.x", "q.y", "q.z", "q.w"), value, strict=True):
                yield f"{name}.{part}", item
    elif value is None or isinstance(value, bool):
        yield name, ""
    elif isinstance(value, (int, float, str)):
        yield name, value
