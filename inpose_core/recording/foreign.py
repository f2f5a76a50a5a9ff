# SPDX-License-Identifier: Apache-2.0
"""Recognise files that are not read, and say what they are and what to do instead."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, NoReturn

from ..errors import RecordingError

_CSV_HINT: Final[str] = "Export it as CSV with the columns time, head_px ... head_qz, left_px ..., right_px ... ."

_KNOWN_BEGINNINGS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"ScoreSaber Replay", "a ScoreSaber replay, which is not read yet", "Use the BeatLeader replay (.bsor) of it."),
    (b"HIERARCHY", "a BVH animation, which has a skeleton already", "Give the recording of the headset instead."),
    (b"Kaydara FBX", "an FBX file", "Import it in Blender and use its objects, or export the tracks as CSV."),
    (b"PK\x03\x04", "a ZIP or .npz archive", "Unpack it and give the recording inside."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and give the recording inside."),
    (b"BLENDER", "a Blender file", "Open it in Blender."),
    (b"glTF", "a glTF model", "Give the recording of the headset instead."),
    (b"\x93NUMPY", "a numpy array", _CSV_HINT),
)


def is_other_known(data: bytes) -> bool:
    """Tell whether the file begins like a known format that holds no readable recording."""
    return _known_beginning(data) is not None


def refuse_other_known(data: bytes, name: str) -> NoReturn:
    """Name the format and what to do instead.

    Raises:
        RecordingError: always.
    """
    what, hint = _known_beginning(data) or ("of an unknown format", _CSV_HINT)
    raise RecordingError(f"{name} is {what}.", hint)


def is_json(data: bytes) -> bool:
    """Tell whether the file begins like a JSON document."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def refuse_json(data: bytes, name: str) -> NoReturn:
    """Say which WebXR recorder wrote the file, by the keys near its beginning.

    Raises:
        RecordingError: always.
    """
    head = data[:65536]
    if b'"schema"' in head and b'"handedness"' in head:
        what = "a WebXR recording (JSON of the IWER recorder), which is not read yet"
    elif b'"poses"' in head and b'"rotation"' in head:
        what = "a WebXR recording (JSON of the A-Frame recorder), which is not read yet"
    else:
        what = "a JSON file, not a recording that InPose reads"
    raise RecordingError(f"{name} is {what}.", _CSV_HINT)


def is_bson(data: bytes) -> bool:
    """Tell whether the file is a BSON document: its own length, then a typed and named first element."""
    if len(data) < 16:
        return False
    (length,) = struct.unpack_from("<i", data)
    named = data[4] in _BSON_FIXED_SIZES or data[4] in (2, 3, 4, 5)
    key = data[5 : data.find(b"\0", 5, 70)] if data.find(b"\0", 5, 70) > 5 else b""
    # A cut-off document is still one; random bytes rarely announce a sane length and a printable key.
    return named and 16 <= length <= 2**31 - 1 and key.isascii() and key.decode("ascii").isprintable() and bool(key)


def refuse_bson(data: bytes, name: str) -> NoReturn:
    """Say what an XROR file holds: which devices, and whether they are a head and hands.

    Source of the layout: MetaGuard/xror (``info.hardware.devices``) and bsonspec.org.

    Raises:
        RecordingError: always.
    """
    try:
        devices = _xror_devices(data)
    except (_BsonError, struct.error, UnicodeDecodeError, IndexError) as error:
        raise RecordingError(f"{name} is a damaged XROR (BSON) file.", "Download or record it again.") from error
    if devices is None:
        raise RecordingError(f"{name} is a BSON file without XROR devices, not a recording.", _CSV_HINT)
    joints = {device.joint for device in devices}
    if {"HEAD", "HAND_LEFT", "HAND_RIGHT"} <= joints:
        raise RecordingError(f"{name} is an XROR file, which is not read yet.", "Use the BSOR replay of the same take.")
    only_brush = len(devices) == 1 and "BRUSH" in devices[0].name.upper()
    what = "one brush" if only_brush else _count(len(devices), "device")
    raise RecordingError(
        f"{name} has {what} and no head and hands, so no body can be solved from it.",
        "Give a recording of a headset and two controllers.",
    )


def _known_beginning(data: bytes) -> tuple[str, str] | None:
    beginning = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, what, hint in _KNOWN_BEGINNINGS:
        if beginning.startswith(magic):
            return what, hint
    return None


def _count(number: int, noun: str) -> str:
    words = {0: "no", 1: "one", 2: "two", 3: "three"}
    return f"{words.get(number, str(number))} {noun}{'' if number == 1 else 's'}"


class _BsonError(Exception):
    """The bytes are no BSON document."""


@dataclass(frozen=True)
class _Device:
    name: str
    joint: str


_BSON_FIXED_SIZES: Final[dict[int, int]] = {
    0x01: 8,  # double
    0x07: 12,  # object id
    0x08: 1,  # bool
    0x09: 8,  # date
    0x0A: 0,  # null
    0x10: 4,  # int32
    0x11: 8,  # timestamp
    0x12: 8,  # int64
}


def _xror_devices(data: bytes) -> list[_Device] | None:
    info = _bson_elements(data, 0).get("info")
    hardware = _bson_elements(data, info[1]).get("hardware") if info and info[0] == 0x03 else None
    listed = _bson_elements(data, hardware[1]).get("devices") if hardware and hardware[0] == 0x03 else None
    if listed is None or listed[0] != 0x04:
        return None
    devices = []
    for kind, start in _bson_elements(data, listed[1]).values():
        if kind == 0x03:
            fields = _bson_elements(data, start)
            devices.append(_Device(_bson_string(data, fields.get("name")), _bson_string(data, fields.get("joint"))))
    return devices


def _bson_elements(data: bytes, start: int) -> dict[str, tuple[int, int]]:
    """Return type and position of each element of the document at ``start``, without entering any of them."""
    (length,) = struct.unpack_from("<i", data, start)
    end = start + length
    if end > len(data):
        raise _BsonError
    position = start + 4
    elements: dict[str, tuple[int, int]] = {}
    while position < end and data[position] != 0:
        kind = data[position]
        key_end = data.find(b"\0", position + 1, position + 1025)
        if key_end < 0:
            raise _BsonError
        elements[data[position + 1 : key_end].decode("utf-8")] = (kind, key_end + 1)
        position = key_end + 1 + _bson_size(data, kind, key_end + 1)
    return elements


def _bson_size(data: bytes, kind: int, position: int) -> int:
    if kind in _BSON_FIXED_SIZES:
        return _BSON_FIXED_SIZES[kind]
    if kind not in (0x02, 0x03, 0x04, 0x05):
        raise _BsonError
    (length,) = struct.unpack_from("<i", data, position)
    if length < 0:
        raise _BsonError
    # A string's count leaves out its own 4 bytes, a binary's also its subtype; a document's includes them.
    return int(length) + {0x02: 4, 0x05: 5}.get(kind, 0)


def _bson_string(data: bytes, element: tuple[int, int] | None) -> str:
    if element is None or element[0] != 0x02:
        return ""
    (length,) = struct.unpack_from("<i", data, element[1])
    return data[element[1] + 4 : element[1] + 4 + max(0, min(length, 256) - 1)].decode("utf-8", "replace")
