# SPDX-License-Identifier: Apache-2.0
"""Read OSC datagrams from untrusted senders: reading always terminates, and malformed data is ignored.

Source of the layout: the OSC 1.0 specification (opensoundcontrol.stanford.edu). A datagram is a message, or a bundle of
elements, each after its length. Everything is padded to four bytes; numbers are big-endian. If a datagram is
damaged, the part before the damage still counts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

OscValue = float | int | str | bool | bytes | None

_BUNDLE: Final[bytes] = b"#bundle\0"
_TIME_TAG_BYTES: Final[int] = 8
_DEEPEST_BUNDLE: Final[int] = 8
"""Limit for bundles nested in bundles: applications nest once, if at all."""
_NUMBERS: Final[dict[str, str]] = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "t": ">Q"}
_WITHOUT_BYTES: Final[dict[str, OscValue]] = {"T": True, "F": False, "N": None, "I": float("inf")}
_BRACKETS: Final[str] = "[]"
"""They enclose a list; its values count like any others."""


class _NotOscError(Exception):
    """The bytes are not valid OSC."""


def osc_messages(datagram: bytes) -> Iterator[tuple[str, list[OscValue]]]:
    """Yield address and values of each message in a datagram, in order, up to the first damage."""
    try:
        yield from _packet(datagram, 0)
    except _NotOscError:
        return


def _packet(data: bytes, depth: int) -> Iterator[tuple[str, list[OscValue]]]:
    if not data.startswith(_BUNDLE):
        yield _message(data)
        return
    if depth >= _DEEPEST_BUNDLE:
        raise _NotOscError
    place = len(_BUNDLE) + _TIME_TAG_BYTES
    while place < len(data):
        length = _number(data, place, ">i")
        place += 4
        if not 0 <= length <= len(data) - place:
            raise _NotOscError
        with suppress(_NotOscError):  # the length of a damaged element still shows where the next one begins
            yield from _packet(data[place : place + int(length)], depth + 1)
        place += int(length)


def _message(data: bytes) -> tuple[str, list[OscValue]]:
    address, place = _string(data, 0)
    if not address.startswith("/"):
        raise _NotOscError
    if place >= len(data):
        return address, []  # very old senders leave out the types if there are no values
    types, place = _string(data, place)
    if not types.startswith(","):
        raise _NotOscError
    values: list[OscValue] = []
    for kind in types[1:]:
        if kind in _NUMBERS:
            values.append(_number(data, place, _NUMBERS[kind]))
            place += struct.calcsize(_NUMBERS[kind])
        elif kind in "sS":
            text, place = _string(data, place)
            values.append(text)
        elif kind == "b":
            length = int(_number(data, place, ">i"))
            place += 4
            if not 0 <= length <= len(data) - place:
                raise _NotOscError
            values.append(data[place : place + length])
            place += _padded(length)
        elif kind in "crm":  # a character, a colour, a MIDI message: four unused bytes
            values.append(data[place : place + 4])
            place += 4
        elif kind in _WITHOUT_BYTES:
            values.append(_WITHOUT_BYTES[kind])
        elif kind not in _BRACKETS:
            raise _NotOscError
    return address, values


def _string(data: bytes, start: int) -> tuple[str, int]:
    """Return a string and the offset after it."""
    end = data.find(b"\0", start)
    if end < 0:
        raise _NotOscError
    return data[start:end].decode("utf-8", "replace"), start + _padded(end - start + 1)


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4


def _number(data: bytes, place: int, code: str) -> float:
    try:
        return struct.unpack_from(code, data, place)[0]
    except struct.error as error:
        raise _NotOscError from error
