# SPDX-License-Identifier: Apache-2.0
"""Hear the devices of a VMC sender: first into a file, to calibrate by, then one moment after the other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..axes import Axes
from ..body.quaternions import wxyz_from_xyzw
from ..errors import RecordingError
from ..recording.conventions import ReadOptions, convert_positions, convert_rotations
from ..recording.live.vmc import CAPTURE_HEADER, CaptureSettings, VmcDecoder, listen
from ..recording.registry import load_session
from ..recording.types import Recording

_UNITY: Final[Axes] = Axes("RUF")
_LONGEST_DATAGRAM: Final[int] = 65536
_LOST_S: Final[float] = 0.25
"""A device that is silent for longer is lost."""
_SILENCE_S: Final[float] = 10.0
_MOST_WAITING: Final[int] = 1000


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


class VmcInput:
    """Listen to a port, from construction to `close`.

    Args:
        settings: where to listen.

    Raises:
        RecordingError: the port is taken.
    """

    def __init__(self, settings: CaptureSettings) -> None:
        self._receiver = listen(settings)
        self._decoder = VmcDecoder()
        self._port = settings.port
        self._began_s = time.monotonic()

    def close(self) -> None:
        """Stop listening."""
        self._receiver.close()

    def first_seconds(
        self, seconds: float, options: ReadOptions, on_wait: Callable[[float], object] | None = None
    ) -> tuple[Recording, tuple[str, str, str]]:
        """Return what is sent in the next seconds as a recording, and the names of its head, left and right device.

        Raises:
            RecordingError: nothing arrives for ten seconds, or no head and hand.
        """
        rows: list[str] = []
        began_s: float | None = None
        waited_s = time.monotonic()
        while began_s is None or time.monotonic() - began_s < seconds:
            heard = self._rows()
            rows += heard
            if heard and began_s is None:
                began_s = time.monotonic()
            if began_s is None and time.monotonic() - waited_s > _SILENCE_S:
                raise RecordingError(
                    f"On port {self._port} nothing arrived.",
                    "Switch on VMC sending of devices in the application, to this computer and port.",
                )
            if on_wait is not None:
                on_wait(seconds if began_s is None else seconds - (time.monotonic() - began_s))
        with tempfile.TemporaryDirectory(prefix="inpose-live-") as folder:
            file = Path(folder, "live.csv")
            file.write_text("\n".join((CAPTURE_HEADER, *rows)) + "\n", encoding="utf-8")
            recording = load_session(file, options)
        return recording, _names(rows, recording)

    def moments(self, names: tuple[str, str, str]) -> Iterator[list[DevicePoses]]:
        """Yield all moments of the headset that have arrived since the last time; end after ten seconds of silence."""
        newest: dict[str, tuple[float, FloatArray]] = {}
        heard_s = time.monotonic()
        while time.monotonic() - heard_s < _SILENCE_S:
            arrived = []
            for row in self._all_rows():
                heard_s = time.monotonic()
                time_s, name, numbers = _parsed(row)
                newest[name] = time_s, numbers
                if name == names[0]:
                    arrived.append(_poses(time_s, names, newest))
            if arrived:
                yield arrived

    def _all_rows(self) -> list[str]:
        """Return what waits, after waiting for the first of it."""
        rows = self._rows()
        timeout_s = self._receiver.gettimeout()
        self._receiver.settimeout(0.0)
        try:
            for _ in range(_MOST_WAITING):
                rows += self._decoded(self._receiver.recv(_LONGEST_DATAGRAM))
        except BlockingIOError:
            pass
        finally:
            self._receiver.settimeout(timeout_s)
        return rows

    def _rows(self) -> list[str]:
        try:
            datagram = self._receiver.recv(_LONGEST_DATAGRAM)
        except TimeoutError:
            return []
        return self._decoded(datagram)

    def _decoded(self, datagram: bytes) -> list[str]:
        return list(self._decoder.rows(datagram, time.monotonic() - self._began_s))


def _parsed(row: str) -> tuple[float, str, FloatArray]:
    time_s, name, *numbers = row.split(",")
    return float(time_s), name, np.array(numbers, dtype=np.float64)


def _poses(time_s: float, names: tuple[str, str, str], newest: Mapping[str, tuple[float, FloatArray]]) -> DevicePoses:
    nothing = np.array((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    table = np.stack([newest.get(name, (0.0, nothing))[1] for name in names])
    heard_s = np.array([newest.get(name, (-np.inf, nothing))[0] for name in names])
    lengths = np.linalg.norm(table[:, 3:], axis=1)
    turned = np.where((lengths > 1e-6)[:, None], table[:, 3:] / np.maximum(lengths, 1e-6)[:, None], nothing[3:])
    return DevicePoses(
        time_s,
        convert_positions(table[:, :3], _UNITY),
        convert_rotations(wxyz_from_xyzw(turned), _UNITY),
        (time_s - heard_s < _LOST_S) & (lengths > 1e-6),
    )


def _names(rows: list[str], recording: Recording) -> tuple[str, str, str]:
    """Return which device is which: the reader has found it out, by geometry if nothing else tells."""
    places: dict[str, list[FloatArray]] = {}
    for row in rows:
        _, name, numbers = _parsed(row)
        places.setdefault(name, []).append(convert_positions(numbers[None, :3], _UNITY)[0])
    middles = {name: np.median(each, axis=0) for name, each in places.items()}
    found: list[str] = []
    for device in range(3):
        seen = recording.measured[:, device]
        free = {name: place for name, place in middles.items() if name not in found}
        if not seen.any() or not free:
            found.append("")
            continue
        middle_m = np.median(recording.positions_m[seen, device], axis=0)
        found.append(min(free, key=lambda name: float(np.linalg.norm(free[name] - middle_m))))
    return found[0], found[1], found[2]
