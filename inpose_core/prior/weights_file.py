# SPDX-License-Identifier: Apache-2.0
"""Read and write tensors by name in one safetensors file, with numpy alone.

The format (https://huggingface.co/docs/safetensors): eight bytes that tell the length of a JSON header, little-endian;
the header, which gives each tensor's number format, shape, and first and last byte in the rest; the rest.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..system.safe_files import parse_json, read_bytes

_LONGEST_HEADER: Final[int] = 1 << 20
_LARGEST_FILE: Final[int] = 1 << 30
_FORMATS: Final[Mapping[str, np.dtype[Any]]] = {
    name: np.dtype(code) for name, code in (("F16", "<f2"), ("F32", "<f4"), ("F64", "<f8"), ("I64", "<i8"))
}
_NAMES: Final[Mapping[np.dtype[Any], str]] = {dtype: name for name, dtype in _FORMATS.items()}


@dataclass(frozen=True)
class WeightsFile:
    """Hold the content of a safetensors file."""

    tensors: Mapping[str, np.ndarray[Any, Any]]
    metadata: Mapping[str, str]


def read_weights_file(path: Path) -> WeightsFile:
    """Return the tensors and the metadata of a safetensors file.

    Raises:
        ValueError: it is not a safetensors file, or it is damaged.
        OSError: it cannot be read.
    """
    content = read_bytes(path, _LARGEST_FILE)
    if len(content) < 8:
        raise ValueError("the file is too short")
    (length,) = struct.unpack_from("<Q", content)
    if length > min(_LONGEST_HEADER, len(content) - 8):
        raise ValueError("the header is longer than the file, or than InPose allows")
    text = content[8 : 8 + length]
    if not text.startswith(b"{"):
        raise ValueError("the header is not an object")
    header = parse_json(text)
    if not isinstance(header, dict):
        raise ValueError("the header is not an object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("the metadata is not text")
    rest = memoryview(content)[8 + length :]
    tensors = {name: _tensor(entry, rest) for name, entry in header.items()}
    _require_no_holes([tuple(entry["data_offsets"]) for entry in header.values()], len(rest))
    return WeightsFile(tensors, metadata)


def weights_file(tensors: Mapping[str, np.ndarray[Any, Any]], metadata: Mapping[str, str]) -> bytes:
    """Return a safetensors file.

    Raises:
        KeyError: a number format that the file does not know here.
    """
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    parts, first = [], 0
    # As the reference writer has it: wide formats first, so that each tensor begins at a multiple of its numbers' size.
    for name in sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name)):
        tensor = tensors[name]
        parts.append(tensor.tobytes())
        end = first + len(parts[-1])
        header[name] = {
            "dtype": _NAMES[tensor.dtype.newbyteorder("<")],
            "shape": list(tensor.shape),
            "data_offsets": [first, end],
        }
        first = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join((struct.pack("<Q", len(text)), text, *parts))


def _tensor(entry: Any, rest: memoryview) -> np.ndarray[Any, Any]:
    if not isinstance(entry, dict):
        raise ValueError("the entry of a tensor is not an object")
    dtype = _FORMATS.get(str(entry.get("dtype")))
    if dtype is None:
        raise ValueError(f"numbers of the format {entry.get('dtype')!s:.20}")
    shape, offsets = _whole_numbers(entry.get("shape")), _whole_numbers(entry.get("data_offsets"))
    if len(offsets) != 2:
        raise ValueError("a tensor without a position")
    first, end = offsets
    if first > end or end > len(rest) or end - first != math.prod(shape) * dtype.itemsize:
        raise ValueError("a tensor that does not fit its place")
    return np.frombuffer(rest[first:end], dtype).reshape(shape)


def _require_no_holes(places: Sequence[tuple[int, int]], size: int) -> None:
    """Refuse tensors that overlap, or that leave bytes which belong to none, as the reference reader does."""
    reached = 0
    for first, end in sorted(places):
        if first != reached:
            raise ValueError("tensors that overlap, or do not follow one another")
        reached = end
    if reached != size:
        raise ValueError("bytes that belong to no tensor")


def _whole_numbers(values: Any) -> list[int]:
    if not isinstance(values, list) or not all(type(value) is int and value >= 0 for value in values):
        raise ValueError("an impossible shape or place of a tensor")
    return values
