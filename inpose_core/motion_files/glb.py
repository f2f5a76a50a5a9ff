# SPDX-License-Identifier: Apache-2.0
"""Read and write the container of glTF 2.0 (``.glb``, ``.vrm``, ``.vrma``): a JSON document and a block of numbers.

Only what motion needs is here: accessors of floats and integers, without sparse values and without compression.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..arrays import FloatArray
from ..errors import InPoseError
from ..system.safe_files import open_file, parse_json

_MAGIC: Final[bytes] = b"glTF"
_VERSION: Final[int] = 2
_JSON_CHUNK: Final[int] = 0x4E4F534A
_BINARY_CHUNK: Final[int] = 0x004E4942
_LARGEST_BYTES: Final[int] = 1 << 31
_FLOAT: Final[int] = 5126
_DTYPES: Final[Mapping[int, str]] = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", _FLOAT: "<f4"}
_COMPONENTS: Final[Mapping[str, int]] = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_TYPES: Final[Mapping[int, str]] = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


@dataclass(frozen=True)
class Glb:
    """Hold the contents of a glTF binary."""

    document: Mapping[str, Any]
    binary: bytes

    def accessor(self, index: int) -> FloatArray:
        """Return the values of an accessor, (N, components); normalized integers become numbers from -1 to 1.

        Raises:
            ValueError, KeyError, IndexError: the accessor does not fit the file.
        """
        accessor = self.document["accessors"][index]
        view = self.document["bufferViews"][accessor["bufferView"]]
        dtype = np.dtype(_DTYPES[accessor["componentType"]])
        width, count = _COMPONENTS[accessor["type"]], int(accessor["count"])
        begin = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
        stride = int(view.get("byteStride", 0)) or width * dtype.itemsize
        if begin < 0 or count < 1 or begin + (count - 1) * stride + width * dtype.itemsize > len(self.binary):
            raise ValueError(f"accessor {index} reads beyond the file")
        values = np.ndarray((count, width), dtype, self.binary, begin, (stride, dtype.itemsize)).astype(np.float64)
        if accessor.get("normalized") and dtype.kind in "iu":
            values = np.maximum(values / np.iinfo(dtype).max, -1.0)
        return values


@dataclass
class GlbNumbers:
    """Collect the numbers of a new glTF binary, and describe them as its document must."""

    buffer_views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)
    _parts: list[bytes] = field(default_factory=list)

    def add(self, values: FloatArray, *, bounds: bool = False) -> int:
        """Add floats, (N,) or (N, components), and return the index of their accessor.

        Args:
            values: the numbers.
            bounds: state the smallest and the largest value, as glTF requires for the times of keys.
        """
        packed = np.ascontiguousarray(values.reshape(len(values), -1), dtype="<f4")
        accessor: dict[str, Any] = {
            "bufferView": len(self.buffer_views),
            "componentType": _FLOAT,
            "count": len(packed),
            "type": _TYPES[packed.shape[1]],
        }
        if bounds:
            accessor |= {"min": packed.min(axis=0).tolist(), "max": packed.max(axis=0).tolist()}
        begin = sum(len(part) for part in self._parts)
        self.buffer_views.append({"buffer": 0, "byteOffset": begin, "byteLength": packed.nbytes})
        self._parts.append(packed.tobytes())
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    @property
    def binary(self) -> bytes:
        """Return all numbers, one after another."""
        return b"".join(self._parts)


def glb_parts(document: Mapping[str, Any], numbers: GlbNumbers) -> Iterator[bytes]:
    """Yield the bytes of a glTF binary; buffers, views and accessors are added to the document."""
    binary = numbers.binary
    whole = {
        **document,
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": numbers.buffer_views,
        "accessors": numbers.accessors,
    }
    text = json.dumps(whole, separators=(",", ":")).encode()
    chunks = ((_JSON_CHUNK, _padded(text, b" ")), (_BINARY_CHUNK, _padded(binary, b"\0")))
    yield struct.pack("<4sII", _MAGIC, _VERSION, 12 + sum(8 + len(data) for _, data in chunks))
    for kind, data in chunks:
        yield struct.pack("<II", len(data), kind)
        yield data


def read_glb(path: Path) -> Glb:
    """Read a glTF binary whole.

    Raises:
        InPoseError: the file is missing, damaged, or no glTF binary.
    """
    path = Path(path)
    try:
        with open_file(path) as file:
            data = file.read(_LARGEST_BYTES)
    except OSError as error:
        raise InPoseError(f"{path} cannot be read ({error.strerror}).", "Check the path.") from error
    try:
        chunks = dict(_chunks(data))
        document = parse_json(chunks[_JSON_CHUNK])
        if not isinstance(document, dict):
            raise TypeError("no document")
        return Glb(document, bytes(chunks.get(_BINARY_CHUNK, b"")))
    except (ValueError, TypeError, KeyError, struct.error) as error:
        raise InPoseError(f"{path.name} is a damaged glTF file ({error}).", "Export it again.") from error


def node_parents(nodes: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the parent of each node, -1 for none.

    Raises:
        ValueError: a node has two parents, or its children do not exist.
    """
    parents = [-1] * len(nodes)
    for index, node in enumerate(nodes):
        for child in node.get("children", ()):
            if not 0 <= child < len(nodes) or parents[child] != -1:
                raise ValueError(f"node {index} has an impossible child")
            parents[child] = index
    return parents


def _chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    magic, version, length = struct.unpack_from("<4sII", data)
    if magic != _MAGIC or version != _VERSION or length != len(data):
        raise ValueError("it is no complete glTF binary")
    place = 12
    while place < length:
        size, kind = struct.unpack_from("<II", data, place)
        place += 8
        if place + size > length:
            raise ValueError("a chunk ends early")
        yield kind, data[place : place + size]
        place += size


def _padded(data: bytes, by: bytes) -> bytes:
    return data + by * (-len(data) % 4)
