# SPDX-License-Identifier: Apache-2.0
"""Serve the recorder page to one headset, and receive what it sends. Nothing else is served, and nobody else is heard.

Every address begins with a token that is made anew for each server. Browsers start VR only on pages that are secure:
at ``localhost`` (for a headset on a cable, ``adb reverse tcp:PORT tcp:PORT``), or over HTTPS.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from ...errors import OutputError, RecordingError
from .web_page import page_files
from .web_socket import WebSocketError, accept_key, close_frame, messages, text_frame

_ENDED, _BUSY = 4000, 4001
"""The page does not connect again after the first of these codes."""
_LAST_LINES_S: Final[float] = 2.0
_SILENT_S: Final[float] = 5.0
"""The page says something every two seconds; a headset that is silent this long gives way to another connection, which
is often the same headset again."""
_REQUEST_TIMEOUT_S: Final[float] = 20.0
_LARGEST_TAKE_BYTES: Final[int] = 2**28
_WRONG_TOKEN: Final[bytes] = b"This address is wrong, or has ended. Open the address that InPose shows now."
_POLICY: Final[str] = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' ws: wss:"
)


@dataclass(frozen=True)
class Heard:
    """Hold what is done with what a headset sends; called in the server's threads, one at a time."""

    lines: Callable[[str], str]
    """A message: lines of takes; return what the headset is told, or nothing."""
    whole_take: Callable[[str], bool]
    """A whole take; return whether it is one."""
    connected: Callable[[bool], None]


class HeadsetServer:
    """Serve the page from `start` to `stop`.

    Args:
        address: this computer's address to listen on.
        port: 0 chooses a free one.
        heard: what is done with what arrives.
        tls: certificate and key for HTTPS; None: plain HTTP, which headsets accept only from localhost.
        streams: ask the headset to send between takes, too.

    Raises:
        RecordingError: the port is taken.
    """

    def __init__(
        self, address: str, port: int, heard: Heard, tls: ssl.SSLContext | None = None, *, streams: bool = False
    ) -> None:
        self.token = secrets.token_urlsafe(9)
        self._heard, self._tls, self._streams = heard, tls, streams
        self._files = page_files()
        self._lock = threading.Lock()
        self._headset: _Headset | None = None
        self._has_ended = False
        self.refused = 0
        """How often another headset wanted to connect while there was one."""
        try:
            self._server = _Server((address, port), self)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            raise RecordingError(
                f"InPose cannot listen to {address} port {port} ({reason}).",
                "Close the other program that uses this port, or choose another port.",
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="headset server", daemon=True)

    @property
    def port(self) -> int:
        """Return the port that is listened to."""
        return int(self._server.server_address[1])

    def url(self, host: str) -> str:
        """Return the address of the page for a headset that reaches this computer under a name or number."""
        host = f"[{host}]" if ":" in host else host
        return f"http{'s' if self._tls else ''}://{host}:{self.port}/{self.token}/"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def command(self, name: str) -> bool:
        """Ask the headset to ``start`` or ``stop`` a take; return whether one is connected."""
        headset = self._headset
        return headset is not None and headset.send(text_frame(json.dumps({"command": name})))

    def stop(self) -> None:
        """End the connection, and stop serving. Afterwards, nothing is passed on any more."""
        headset = self._headset
        if headset is not None:
            headset.send(close_frame("The computer has ended the recording.", _ENDED))
            headset.close()
            headset.has_ended.wait(_LAST_LINES_S)  # what has arrived is still to be written
        with self._lock:
            self._has_ended = True
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def answer(self, handler: _Handler, method: str) -> None:
        """Answer one request; called by its handler."""
        token, _, name = handler.path.partition("?")[0].removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode()):
            handler.reply(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", _WRONG_TOKEN)
        elif method == "POST" and name == "take":
            self._take_posted(handler)
        elif method != "GET":
            handler.reply(HTTPStatus.METHOD_NOT_ALLOWED)
        elif name == "session.json":
            about = {"service": "InPose", "computer": socket.gethostname()[:64]}
            handler.reply(HTTPStatus.OK, "application/json", json.dumps(about).encode())
        elif name == "socket":
            self._converse(handler)
        elif name in self._files:
            handler.reply(HTTPStatus.OK, *self._files[name])
        else:
            handler.reply(HTTPStatus.NOT_FOUND)

    def _take_posted(self, handler: _Handler) -> None:
        length = handler.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST_TAKE_BYTES:
            handler.reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = handler.rfile.read(int(length))
        if len(body) < int(length):  # the connection broke off, and this is no whole take
            handler.reply(HTTPStatus.BAD_REQUEST)
            return
        text = body.decode("utf-8", "replace")
        try:
            with self._lock:
                found = not self._has_ended and self._heard.whole_take(text)
        except OutputError:
            handler.reply(HTTPStatus.INSUFFICIENT_STORAGE)
            return
        handler.reply(HTTPStatus.NO_CONTENT if found else HTTPStatus.BAD_REQUEST)

    def _converse(self, handler: _Handler) -> None:
        key = accept_key(dict(handler.headers.items()))
        if key is None or not _same_site(handler):
            handler.reply(HTTPStatus.BAD_REQUEST)
            return
        handler.upgrade(key)
        headset = _Headset(handler.connection)
        with self._lock:
            before = self._headset
            if before is not None and before.silent_s < _SILENT_S:
                self.refused += 1
                headset.send(close_frame("Another headset is connected.", _BUSY))
                return
            self._headset = headset
            self._heard.connected(True)
        if before is not None:
            before.close()
        if self._streams:
            headset.send(text_frame(json.dumps({"stream": True})))
        try:
            for text in messages(handler.rfile.read, headset.send):
                headset.heard_s = time.monotonic()
                with self._lock:
                    if self._has_ended:
                        break
                    answer = self._heard.lines(text)
                if answer:
                    headset.send(text_frame(answer))
        except (WebSocketError, OSError):
            pass  # the headset connects again; what arrived is kept
        except OutputError as error:
            headset.send(close_frame(error.message, _ENDED))
        finally:
            with self._lock:
                if self._headset is headset:
                    self._headset = None
                    self._heard.connected(False)
            headset.has_ended.set()


class _Headset:
    """Send to one connection from several threads."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._lock = connection, threading.Lock()
        self.heard_s = time.monotonic()
        self.has_ended = threading.Event()
        """Set when all that has arrived is passed on."""

    @property
    def silent_s(self) -> float:
        """Return for how long nothing has arrived."""
        return time.monotonic() - self.heard_s

    def send(self, data: bytes) -> bool:
        """Send, and return whether this worked."""
        try:
            with self._lock:
                self._connection.sendall(data)
        except OSError:
            return False
        return True

    def close(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name == "posix"
    """There, a port is free again at once. On Windows, this option lets two servers have one port."""

    def __init__(self, address: tuple[str, int], owner: HeadsetServer) -> None:
        self.owner = owner
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the connection's own thread: a peer that says nothing must not block the others."""
        request.settimeout(_REQUEST_TIMEOUT_S)
        tls = self.owner._tls
        if tls is not None:
            request = tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        if tls is not None:
            with suppress(OSError):
                request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Forget a peer that does not speak HTTP, or has gone."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "InPose"
    sys_version = ""
    timeout = _REQUEST_TIMEOUT_S

    def do_GET(self) -> None:
        """Serve the page, or begin the conversation."""
        self.server.owner.answer(self, "GET")

    def do_POST(self) -> None:
        """Receive a whole take."""
        self.server.owner.answer(self, "POST")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the address holds the token."""

    def reply(self, status: HTTPStatus, kind: str = "", content: bytes = b"") -> None:
        """Send a whole answer."""
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)

    def upgrade(self, key: str) -> None:
        """Agree to speak WebSocket on this connection."""
        self.send_response(HTTPStatus.SWITCHING_PROTOCOLS)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", key)
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True


def _same_site(handler: _Handler) -> bool:
    """Return whether the page that asks came from this server: another site's script knows no token, but be sure."""
    origin = handler.headers.get("Origin", "")
    return origin.partition("://")[2] == handler.headers.get("Host", "")
