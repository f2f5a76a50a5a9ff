# SPDX-License-Identifier: Apache-2.0
"""Read BSON documents without building them: only the requested elements are read.

Source of the layout: bsonspec.org. The reader goes no deeper than its caller requests, so nesting and huge
lists cost nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

DOUBLE, STRING, DOCUMENT, ARRAY, BINARY = 0x01, 0x02, 0x03, 0x04, 0x05
INT32, INT64 = 0x10, 0x12
_FIXED_SIZES: Final[dict[int, int]] = {
    DOUBLE: 8,
    0x07: 12,  # object id
    0x08: 1,  # bool
    0x09: 8,  # date
    0x0A: 0,  # null
    INT32: 4,
    0x11: 8,  # timestamp
    INT64: 8,
}
_LONGEST_KEY: Final[int] = 1024
_MOST_ELEMENTS: Final[int] = 100_000


class BsonError(Exception):
    """Report that the bytes are not a BSON document."""


def looks_like_bson(data: bytes) -> bool:
    """Return whether the file is a BSON document: its length, then a first element with type and name."""
    if len(data) < 16:
        return False
    (length,) = struct.unpack_from("<i", data)
    named = data[4] in _FIXED_SIZES or data[4] in (STRING, DOCUMENT, ARRAY, BINARY)
    key_end = data.find(b"\0", 5, 70)
    key = data[5:key_end] if key_end > 5 else b""
    # A truncated document still counts; random bytes rarely give a plausible length and a printable key.
    return named and 16 <= length <= 2**31 - 1 and key.isascii() and key.decode("ascii").isprintable() and bool(key)


class BsonDocument:
    """Look up the elements of one document by name.

    Raises:
        BsonError: the document is cut off or damaged.
    """

    def __init__(self, data: bytes, start: int = 0) -> None:
        self._data = data
        self._elements = dict(_elements(data, start))

    def document(self, *path: str) -> BsonDocument | None:
        """Return the document or array under a path of names; None if there is none."""
        here: BsonDocument | None = self
        for name in path:
            kind, start = here._elements.get(name, (0, 0)) if here else (0, 0)
            here = BsonDocument(self._data, start) if kind in (DOCUMENT, ARRAY) else None
        return here

    def documents(self) -> Iterator[BsonDocument]:
        """Yield the documents among the elements, in order."""
        for kind, start in self._elements.values():
            if kind in (DOCUMENT, ARRAY):
                yield BsonDocument(self._data, start)

    def string(self, name: str) -> str:
        """Return a string, shortened to 256 bytes; empty if there is none."""
        return self._string(self._elements.get(name))

    def strings(self) -> list[str]:
        """Return the strings among the elements, in order."""
        return [self._string(element) for element in self._elements.values() if element[0] == STRING]

    def number(self, name: str) -> float | None:
        """Return a number of any width; None if there is none."""
        kind, start = self._elements.get(name, (0, 0))
        code = {DOUBLE: "<d", INT32: "<i", INT64: "<q"}.get(kind)
        if code is None:
            return None
        return float(_unpack(code, self._data, start))

    def binary(self, name: str) -> bytes | None:
        """Return a binary element; None if there is none."""
        kind, start = self._elements.get(name, (0, 0))
        if kind != BINARY:
            return None
        return self._data[start + 5 : start + 5 + int(_unpack("<i", self._data, start))]

    def _string(self, element: tuple[int, int] | None) -> str:
        if element is None or element[0] != STRING:
            return ""
        length = int(_unpack("<i", self._data, element[1]))
        start = element[1] + 4
        return self._data[start : start + max(0, min(length, 256) - 1)].decode("utf-8", "replace")


def _elements(data: bytes, start: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield name, type and position of each element of the document at ``start``."""
    end = start + int(_unpack("<i", data, start))
    if end > len(data) or end < start + 5:
        raise BsonError
    position = start + 4
    for _ in range(_MOST_ELEMENTS):
        if position >= end or data[position] == 0:
            return
        kind = data[position]
        key_end = data.find(b"\0", position + 1, position + 1 + _LONGEST_KEY)
        if key_end < 0:
            raise BsonError
        yield data[position + 1 : key_end].decode("utf-8", "replace"), (kind, key_end + 1)
        position = key_end + 1 + _size(data, kind, key_end + 1)
        if position > end:
            raise BsonError
    raise BsonError


def _size(data: bytes, kind: int, position: int) -> int:
    if kind in _FIXED_SIZES:
        return _FIXED_SIZES[kind]
    if kind not in (STRING, DOCUMENT, ARRAY, BINARY):
        raise BsonError
    length = int(_unpack("<i", data, position))
    if length < 0:
        raise BsonError
    # A string's length excludes its own 4 bytes, a binary's also its subtype; a document's length includes them.
    return length + {STRING: 4, BINARY: 5}.get(kind, 0)


def _unpack(code: str, data: bytes, position: int) -> float:
    try:
        return struct.unpack_from(code, data, position)[0]
    except struct.error as error:
        raise BsonError from error
