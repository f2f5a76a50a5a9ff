# SPDX-License-Identifier: Apache-2.0
"""Speak WebSocket (RFC 6455) as a server, with bounds: messages of a browser come in, short texts go out.

Nothing here opens a connection. Damaged or oversized frames raise `WebSocketError`; the caller closes the connection.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final

LARGEST_MESSAGE: Final[int] = 2**21
_GUID: Final[bytes] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_CONTROLS: Final[frozenset[int]] = frozenset({_CLOSE, _PING, _PONG})
_LONGEST_CONTROL: Final[int] = 125
_NORMAL_END: Final[int] = 1000


class WebSocketError(Exception):
    """Say that a peer does not speak WebSocket."""


def accept_key(headers: Mapping[str, str]) -> str | None:
    """Return the answer to a browser's request to speak WebSocket; None if it is no such request."""
    wants = headers.get("Upgrade", "").lower() == "websocket" and headers.get("Sec-WebSocket-Version") == "13"
    key = headers.get("Sec-WebSocket-Key", "")
    if not wants or len(key) > 64:
        return None
    return base64.b64encode(hashlib.sha1(key.encode("ascii", "replace") + _GUID).digest()).decode()


def text_frame(text: str) -> bytes:
    """Return a message to the browser."""
    return _frame(_TEXT, text.encode())


def close_frame(reason: str = "", code: int = _NORMAL_END) -> bytes:
    """Return the end of a connection, and why it ends: at most 123 bytes of text."""
    return _frame(_CLOSE, struct.pack(">H", code) + reason.encode()[: _LONGEST_CONTROL - 2])


def messages(receive: Callable[[int], bytes], send: Callable[[bytes], object]) -> Iterator[str]:
    """Yield the texts of a browser until it ends the connection; answer its pings.

    Args:
        receive: returns exactly so many bytes, or fewer at the end.
        send: sends bytes.

    Raises:
        WebSocketError: a frame is damaged, not masked, binary, or too large.
    """
    parts: list[bytes] = []
    while True:
        head = receive(2)
        if len(head) < 2:
            return
        last, kind = head[0] & 0x80, head[0] & 0x0F
        if head[0] & 0x70 or not head[1] & 0x80:
            raise WebSocketError("a browser masks its frames and uses no extension that was not agreed on")
        payload = _payload(receive, head[1] & 0x7F, kind, LARGEST_MESSAGE - sum(map(len, parts)))
        if kind in _CONTROLS:
            if not last:
                raise WebSocketError("a control frame is whole")
            if kind == _CLOSE:
                send(_frame(_CLOSE, payload[:2]))
                return
            if kind == _PING:
                send(_frame(_PONG, payload))
            continue
        if (kind == _TEXT) == bool(parts) or kind not in (_TEXT, _CONTINUED):
            raise WebSocketError("a message is text")
        parts.append(payload)
        if last:
            yield b"".join(parts).decode("utf-8", "replace")
            parts = []


def _payload(receive: Callable[[int], bytes], length: int, kind: int, room: int) -> bytes:
    if length > _LONGEST_CONTROL:
        if kind in _CONTROLS:
            raise WebSocketError("a control frame is short")
        size, code = (2, ">H") if length == 126 else (8, ">Q")
        (length,) = struct.unpack(code, _exactly(receive, size))
    if length > room:
        raise WebSocketError("the message is too large")
    mask = _exactly(receive, 4)
    return _unmasked(_exactly(receive, length), mask)


def _exactly(receive: Callable[[int], bytes], count: int) -> bytes:
    data = receive(count) if count else b""
    if len(data) < count:
        raise WebSocketError("the connection ended within a frame")
    return data


def _unmasked(data: bytes, mask: bytes) -> bytes:
    key = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(len(data), "big")


def _frame(kind: int, payload: bytes) -> bytes:
    length = len(payload)
    if length <= _LONGEST_CONTROL:
        size = struct.pack(">B", length)
    else:
        size = struct.pack(">BH", 126, length) if length < 2**16 else struct.pack(">BQ", 127, length)
    return bytes([0x80 | kind]) + size + payload
