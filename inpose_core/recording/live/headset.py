# SPDX-License-Identifier: Apache-2.0
"""Record takes from the browser of a headset (`HeadsetServer`) into files."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import OutputError, RecordingError
from ...options.ports import RECORDER_PAGE_PORT
from .https import given_certificate, local_addresses, made_certificate
from .take_files import TakeFiles, TakeState
from .web_server import HeadsetServer, Heard

_LOOK_UP_S: Final[float] = 0.2


@dataclass(frozen=True)
class PageSettings:
    """Choose where the page is served and for how long."""

    port: int = RECORDER_PAGE_PORT
    address: str = "127.0.0.1"
    """This computer's number or name; another one than that of this machine itself needs HTTPS."""
    seconds: float | None = None
    """None: until stopped."""
    certificate: Path | None = None
    """PEM files for HTTPS; None: a certificate is made for the session."""
    key: Path | None = None

    @property
    def in_network(self) -> bool:
        """Return whether other machines are served, too."""
        number = _number(self.address)
        return not number.is_loopback if number is not None else self.address != "localhost"


@dataclass(frozen=True)
class HeadsetProgress:
    """Say what has happened so far."""

    url: str
    """The address to open in the headset."""
    other_urls: tuple[str, ...]
    """Addresses in further networks of this computer."""
    seconds: float
    connected: bool
    takes: int
    frames: int
    """Of the newest take."""


def record_headset(
    output: Path,
    settings: PageSettings | None = None,
    on_progress: Callable[[HeadsetProgress], bool] | None = None,
) -> tuple[TakeState, ...]:
    """Record until the time is over, the callback returns False, or Ctrl-C; return the takes.

    Args:
        output: a folder, or the file of the first take (``.jsonl``). No file is ever replaced.
        settings: where to serve, and how long.
        on_progress: called about five times a second, and once before anything arrives.

    Raises:
        OutputError: the folder does not exist, or the disk is full; what arrived before is kept.
        RecordingError: the port is taken, this computer is in no network, or the certificate cannot be used.
    """
    settings = settings or PageSettings()
    recorder = HeadsetRecorder(output, settings)
    recorder.start()
    began_s = time.monotonic()
    try:
        while settings.seconds is None or time.monotonic() - began_s < settings.seconds:
            if on_progress is not None and not on_progress(recorder.progress(time.monotonic() - began_s)):
                break
            if recorder.broken.wait(_LOOK_UP_S):
                break
    except KeyboardInterrupt:
        pass  # Ctrl-C is the normal way to end a recording
    finally:
        recorder.stop()
    if recorder.error is not None:
        raise recorder.error
    return tuple(recorder.takes)


class HeadsetRecorder:
    """Serve the page and write the takes, from `start` to `stop`.

    Args:
        output: as for `record_headset`.
        settings: where to serve.
        on_lines: gets each message as it arrives, in a thread of the server: for live use.
        streams: ask the headset to send between takes, too. What it sends there is in no file.

    Raises:
        OutputError: the folder does not exist.
        RecordingError: as for `record_headset`.
    """

    def __init__(
        self,
        output: Path,
        settings: PageSettings,
        on_lines: Callable[[str], None] | None = None,
        *,
        streams: bool = False,
    ) -> None:
        output = Path(output)
        if not (output if output.is_dir() else output.parent).is_dir():
            raise OutputError(f"The folder {output.parent} does not exist.", "Create it first.")
        self._files = TakeFiles(output)
        self._on_lines = on_lines
        self._connected = False
        self._streams = streams
        self.error: OutputError | None = None
        """Why the newest take cannot be written."""
        self.broken = threading.Event()
        """Set when nothing could be written. With ``streams``, the connection goes on nevertheless."""
        self._hosts = _hosts(settings)
        heard = Heard(self._write, self._write_whole, self._note_connection)
        self._server = HeadsetServer(
            settings.address, settings.port, heard, _tls(settings, self._hosts), streams=streams
        )

    @property
    def takes(self) -> list[TakeState]:
        """Return the takes so far."""
        return self._files.takes

    @property
    def writes(self) -> bool:
        """Return whether a take arrives now."""
        return self._files.current is not None

    @property
    def refused(self) -> int:
        """Return how often another headset wanted to connect meanwhile."""
        return self._server.refused

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the addresses of the page, the likeliest first."""
        return tuple(self._server.url(host) for host in self._hosts)

    def start(self) -> None:
        """Begin to serve."""
        self._server.start()

    def command(self, name: str) -> bool:
        """Ask the headset to ``start`` or ``stop`` a take; return whether one is connected."""
        return self._server.command(name)

    def progress(self, seconds: float) -> HeadsetProgress:
        """Return what has happened so far."""
        frames = self.takes[-1].frames if self.takes else 0
        return HeadsetProgress(self.urls[0], self.urls[1:], seconds, self._connected, len(self.takes), frames)

    def stop(self) -> None:
        """End the connection, and close the files."""
        self._server.stop()
        self._files.end()

    def _write(self, text: str) -> str:
        try:
            arrived = self._files.add(text)
            if self._files.current is not None:
                self.error = None
        except OutputError as error:
            self.error, arrived = error, []
            self.broken.set()
            if not self._streams:
                raise
            with suppress(OSError):  # what has arrived is kept; the headset sends the whole take when it has ended
                self._files.end()
        if self._on_lines is not None:
            self._on_lines(text)
        take = arrived[-1] if arrived else None
        return json.dumps({"arrived": {"take": take.number, "frames": take.frames}}) if take else ""

    def _write_whole(self, text: str) -> bool:
        found = self._files.replace(text) is not None
        self.error = None if found else self.error
        return found

    def _note_connection(self, connected: bool) -> None:
        self._connected = connected


def _number(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address as a number; None if it is a name."""
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _hosts(settings: PageSettings) -> tuple[str, ...]:
    """Return under which names or numbers a headset reaches this computer, the likeliest first.

    Raises:
        RecordingError: this computer is in no network.
    """
    if not settings.in_network:
        return ("localhost",)
    number = _number(settings.address)
    if number is None or not number.is_unspecified:
        return (settings.address,)
    hosts = local_addresses()
    if not hosts:
        raise RecordingError(
            "This computer is not connected to a network.",
            "Connect it to the network of the headset, or connect the headset by cable.",
        )
    return hosts


def _tls(settings: PageSettings, hosts: tuple[str, ...]) -> ssl.SSLContext | None:
    if (settings.certificate is None) != (settings.key is None):
        raise RecordingError("A certificate and its key belong together.", "Choose both of them, or none.")
    if settings.certificate is not None and settings.key is not None:
        return given_certificate(settings.certificate, settings.key)
    return made_certificate(hosts) if settings.in_network else None
