# SPDX-License-Identifier: Apache-2.0
"""Speak WebSocket with a hand-written browser: whole messages, parts, pings, and what no browser sends."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.recording.live.web_socket import (
    LARGEST_MESSAGE,
    WebSocketError,
    accept_key,
    close_frame,
    messages,
    text_frame,
)

MASK = b"\x12\x34\x56\x78"


def frame(payload: bytes, kind: int = 1, *, last: bool = True, masked: bool = True, length: int | None = None) -> bytes:
    """Return a frame as a browser sends it."""
    length = len(payload) if length is None else length
    size = (
        struct.pack(">B", length | 0x80 * masked)
        if length < 126
        else struct.pack(">BH", 126 | 0x80 * masked, length)
        if length < 2**16
        else struct.pack(">BQ", 127 | 0x80 * masked, length)
    )
    hidden = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload)) if masked else payload
    return bytes([kind | 0x80 * last]) + size + (MASK if masked else b"") + hidden


def heard(data: bytes) -> tuple[list[str], bytes]:
    """Return the messages of a connection, and what was answered."""
    source, sent = io.BytesIO(data), bytearray()
    return list(messages(source.read, sent.extend)), bytes(sent)


def test_the_answer_of_the_standard() -> None:
    """RFC 6455, section 1.3, has this example."""
    asked = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert accept_key(asked) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert accept_key({**asked, "Upgrade": "h2c"}) is None
    assert accept_key({**asked, "Sec-WebSocket-Version": "8"}) is None
    assert accept_key({**asked, "Sec-WebSocket-Key": "x" * 1000}) is None


@given(st.lists(st.text(max_size=400), max_size=5), st.integers(1, 70))
def test_messages_arrive_as_they_were_sent_whole_or_in_parts(texts: list[str], size: int) -> None:
    sent = b""
    for text in texts:
        data = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
        parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
        for index, part in enumerate(parts):
            sent += frame(part, 1 if index == 0 else 0, last=index == len(parts) - 1)
    assert heard(sent)[0] == [text.encode("utf-8", "replace").decode() for text in texts]


def test_long_messages_arrive() -> None:
    for length in (125, 126, 65535, 65536, 10**6):
        assert heard(frame(b"x" * length))[0] == ["x" * length]


def test_a_ping_is_answered_and_a_close_ends_the_connection() -> None:
    texts, answered = heard(frame(b"hello", 9) + frame(b"a") + frame(b"\x03\xe8", 8) + frame(b"late"))
    assert texts == ["a"]
    assert answered == bytes([0x8A, 5]) + b"hello" + bytes([0x88, 2]) + b"\x03\xe8"


@pytest.mark.parametrize(
    "data",
    [
        frame(b"a", masked=False),
        frame(b"a", 2),
        frame(b"a", 0),
        frame(b"a", 3),
        frame(b"a", last=False) + frame(b"b"),
        bytes([0xC1]) + frame(b"a")[1:],
        frame(b"x" * 200, 9),
        frame(b"a", 9, last=False),
        frame(b"", length=LARGEST_MESSAGE + 1),
        frame(b"", length=2**62),
        frame(b"abc")[:-1],
        frame(b"x" * 300)[:3],
        b"".join(frame(b"x" * 2**20, 1 if part == 0 else 0, last=False) for part in range(4)),
    ],
)
def test_what_no_browser_sends_is_refused(data: bytes) -> None:
    with pytest.raises(WebSocketError):
        heard(data)


@given(st.binary(max_size=200))
def test_any_bytes_end(data: bytes) -> None:
    with contextlib.suppress(WebSocketError):
        heard(data)


def test_what_the_server_sends() -> None:
    assert text_frame("hi") == b"\x81\x02hi"
    assert text_frame("x" * 200)[:4] == b"\x81\x7e\x00\xc8"
    assert close_frame("why", 4000) == b"\x88\x05" + struct.pack(">H", 4000) + b"why"
    assert len(close_frame("x" * 500)) == 127
