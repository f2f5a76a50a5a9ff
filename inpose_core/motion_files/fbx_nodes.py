# SPDX-License-Identifier: Apache-2.0
"""Read the tree of records of a binary FBX file. Geometry and images are skipped: only motion is looked at."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import InPoseError
from ..system.safe_files import open_file

_MAGIC: Final[bytes] = b"Kaydara FBX Binary  \x00\x1a\x00"
_WIDE_SINCE: Final[int] = 7500
"""From this version on, records state their lengths in 64 bits."""
_LARGEST_BYTES: Final[int] = 1 << 31
_DEEPEST: Final[int] = 32
_SKIPPED: Final[frozenset[bytes]] = frozenset({b"Geometry", b"Video", b"Deformer", b"Pose", b"Texture", b"Material"})
_NUMBERS: Final[Mapping[int, str]] = {ord(code): kind for code, kind in zip("YCIFDL", "h?ifdq", strict=True)}
_ARRAYS: Final[Mapping[int, str]] = {
    ord(code): kind for code, kind in zip("fdlib", ("f4", "f8", "i8", "i4", "u1"), strict=True)
}
_TEXTS: Final[bytes] = b"SR"


@dataclass(frozen=True)
class FbxNode:
    """Hold one record: its name, its values, and the records below it."""

    name: str
    values: tuple[Any, ...]
    children: tuple[FbxNode, ...]

    def child(self, name: str) -> FbxNode:
        """Return the first record of a name below this one.

        Raises:
            KeyError: there is none.
        """
        for node in self.children:
            if node.name == name:
                return node
        raise KeyError(f"no {name}")


def read_fbx(path: Path) -> FbxNode:
    """Return the root of a file, which has no name.

    Raises:
        InPoseError: the file is missing, damaged, or no binary FBX.
    """
    path = Path(path)
    try:
        with open_file(path) as file:
            data = file.read(_LARGEST_BYTES)
    except OSError as error:
        raise InPoseError(f"{path} cannot be read ({error.strerror}).", "Check the path.") from error
    if not data.startswith(_MAGIC):
        raise InPoseError(f"{path.name} is not a binary FBX file.", "Export it again.")
    try:
        (version,) = struct.unpack_from("<I", data, len(_MAGIC))
        reader = _Reader(data, "<QQQB" if version >= _WIDE_SINCE else "<IIIB")
        return FbxNode("", (), reader.records(len(_MAGIC) + 4, len(data), _DEEPEST))
    except (ValueError, IndexError, UnicodeDecodeError, struct.error, zlib.error) as error:
        raise InPoseError(f"{path.name} is a damaged FBX file ({error}).", "Export it again.") from error


class _Reader:
    """Read records from the bytes of a file."""

    def __init__(self, data: bytes, head: str) -> None:
        self._data = data
        self._head = struct.Struct(head)

    def records(self, place: int, end: int, deepest: int) -> tuple[FbxNode, ...]:
        """Return the records from a place on, until the one that is all zeros."""
        if not deepest:
            raise ValueError("the records are nested too deeply")
        found = []
        while place < end:
            stop, count, values_bytes, name_bytes = self._head.unpack_from(self._data, place)
            if not stop:
                break
            if not place < stop <= end:
                raise ValueError("a record ends outside the file")
            begin = place + self._head.size
            name = self._data[begin : begin + name_bytes]
            values_at = begin + name_bytes
            if name in _SKIPPED:
                found.append(FbxNode(name.decode(), (), ()))
            else:
                values = self._values(values_at, count)
                below = self.records(values_at + values_bytes, stop, deepest - 1)
                found.append(FbxNode(name.decode(), values, below))
            place = stop
        return tuple(found)

    def _values(self, place: int, count: int) -> tuple[Any, ...]:
        values: list[Any] = []
        for _ in range(count):
            code = self._data[place]
            place += 1
            if code in _NUMBERS:
                kind = f"<{_NUMBERS[code]}"
                values.append(struct.unpack_from(kind, self._data, place)[0])
                place += struct.calcsize(kind)
            elif code in _TEXTS:
                (length,) = struct.unpack_from("<I", self._data, place)
                text = self._data[place + 4 : place + 4 + length]
                values.append(text.decode() if code == ord("S") else text)
                place += 4 + length
            elif code in _ARRAYS:
                length, packed, stored_bytes = struct.unpack_from("<III", self._data, place)
                place += 12
                stored = self._data[place : place + stored_bytes]
                dtype = np.dtype(_ARRAYS[code]).newbyteorder("<")
                values.append(np.frombuffer(_unpacked(stored, length * dtype.itemsize) if packed else stored, dtype))
                place += stored_bytes
            else:
                raise ValueError(f"a value of an unknown kind {code}")
        return tuple(values)


def _unpacked(stored: bytes, length: int) -> bytes:
    """Return the bytes of a packed array: no more than its record says."""
    data = zlib.decompressobj().decompress(stored, length)
    if len(data) != length:
        raise ValueError("an array ends early")
    return data
