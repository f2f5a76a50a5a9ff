# SPDX-License-Identifier: Apache-2.0
"""Say what a session needs of a source: lines that are written as they come, and moments that are read from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ...arrays import BoolArray, FloatArray
from ...recording.types import Recording

Pause = Literal["", "hidden", "ended"]
"""The page is hidden, as in a headset that is asleep, or VR has ended in the headset."""
Hear = Callable[[Sequence[str], float], None]
"""Gets lines and when they arrived, in seconds of `time.monotonic`; called in a thread of the stream."""


@dataclass(frozen=True)
class DevicePoses:
    """Hold head, left and right device at one moment, in OpenXR's axes."""

    time_s: float
    positions_m: FloatArray
    """(3, 3)"""
    rotations_wxyz: FloatArray
    """(3, 4)"""
    measured: BoolArray
    """(3,)"""


@dataclass(frozen=True)
class StreamNews:
    """Say what is to be known of a stream beside its lines."""

    url: str = ""
    """The address that a headset opens; empty if there is none."""
    other_urls: tuple[str, ...] = ()
    """Addresses in further networks of this computer."""
    connected: bool = False
    """Whether a headset is connected to that address."""
    pause: Pause = ""
    """Why a headset that is connected sends no moments."""
    recording: bool = False
    """Whether a take goes on that the stream writes by itself."""
    write_error: str = ""
    """Why a take that the stream writes by itself cannot be written."""
    refused_senders: int = 0
    """Datagrams of other programs than the one that is listened to, or headsets that wanted to be a second one."""
    damaged: int = 0
    """Poses that are no numbers."""
    clock_jumps: int = 0
    only_bones: bool = False
    """The sender sends an avatar's bones, and no devices."""
    takes: tuple[tuple[Path, bool, int], ...] = ()
    """Takes that the stream writes by itself: file, whether it has ended, frames."""


class MomentReader(Protocol):
    """Read moments from the lines of one stream; used in one thread."""

    @property
    def has_devices(self) -> bool:
        """Return whether a head and a hand have arrived: enough to calibrate."""

    @property
    def head_m(self) -> FloatArray | None:
        """Return the newest position of the head as it was sent, (3,)."""

    def read(self, lines: Sequence[str], arrived_s: float, /) -> list[DevicePoses]:
        """Return the moments of some lines; none before `identify`, if the stream does not say which hand is which."""

    def identify(self, lines: Sequence[str], recording: Recording, /) -> None:
        """Find out which device is which, by the recording that was read from the lines."""


class LiveStream(Protocol):
    """Stand for a source of poses, open from construction to `close`."""

    suffix: str
    """Of the files that hold its lines."""
    name: str
    """What it is, within a sentence: "port 39539"."""
    silence_hint: str
    """What to do if nothing arrives."""
    writes_takes: bool
    """Whether the stream writes its takes by itself, when the performer or `ask` begins them."""

    def start(self, hear: Hear) -> None:
        """Begin to pass on lines."""

    def new_reader(self) -> MomentReader:
        """Return what reads its lines from now on."""

    def head_lines(self) -> list[str]:
        """Return the lines with which a file begins that is written from now on."""

    def tail_lines(self) -> list[str]:
        """Return the lines with which a file ends."""

    def ask(self, what: str, /) -> bool:
        """Ask for ``start`` or ``stop`` of a take, where the stream writes its takes; return whether somebody heard."""

    def news(self) -> StreamNews:
        """Return what is to be known."""

    def close(self) -> None:
        """Stop, and free everything."""
