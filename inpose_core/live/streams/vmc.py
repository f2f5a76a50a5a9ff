# SPDX-License-Identifier: Apache-2.0
"""Hear the devices of a VMC sender, or of a sender of VRChat's OSC trackers, at a UDP port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...axes import Axes
from ...body.quaternions import wxyz_from_xyzw
from ...recording.conventions import convert_positions, convert_rotations
from ...recording.live.device_names import HEAD_NAME
from ...recording.live.vmc import CaptureSettings, listen, sending_hint
from ...recording.live.vmc_decoder import CAPTURE_HEADER, CaptureState, VmcDecoder
from ...recording.types import Recording
from ..sending_times import SendingTimes
from .senders import HeadSenders
from .stream import DevicePoses, Hear, StreamNews

_UNITY: Final[Axes] = Axes("RUF")
_LONGEST_DATAGRAM: Final[int] = 65536
_BUFFER_BYTES: Final[int] = 1 << 20
_LOST_S: Final[float] = 0.25
"""A device that is silent for longer is lost."""
_LATE_S: Final[float] = 1.0
"""A row that is older than the last one of its device by less has only come late. If it is older by more, a clock has
begun anew."""
_NOTHING: Final[FloatArray] = np.array((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))


class VmcStream:
    """Listen to a port.

    Args:
        settings: where to listen.

    Raises:
        RecordingError: the port is taken.
    """

    suffix = ".csv"
    writes_takes = False

    def __init__(self, settings: CaptureSettings) -> None:
        self.name = f"port {settings.port}"
        self.silence_hint = sending_hint(settings)
        self._receiver = listen(settings)
        self._receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._decoder, self._senders = VmcDecoder(), HeadSenders()
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, hear: Hear) -> None:
        """Begin to pass on lines."""
        self._thread = threading.Thread(target=self._listen, args=(hear,), name="live stream", daemon=True)
        self._thread.start()

    def new_reader(self) -> VmcReader:
        """Return what reads the lines."""
        return VmcReader(self._decoder.state)

    def head_lines(self) -> list[str]:
        """Return the head of the table."""
        return [CAPTURE_HEADER]

    def tail_lines(self) -> list[str]:
        """Return nothing: a table has no end."""
        return []

    def ask(self, _what: str) -> bool:
        """Return that nobody heard: a sender only sends."""
        return False

    def news(self) -> StreamNews:
        """Return what is to be known."""
        state = self._decoder.state
        return StreamNews(
            refused_senders=self._senders.refused,
            damaged=state.damaged,
            clock_jumps=state.clock_jumps,
            only_bones=state.only_bones,
        )

    def close(self) -> None:
        """Stop listening."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()
        self._receiver.close()

    def _listen(self, hear: Hear) -> None:
        began_s = time.monotonic()
        while not self._ends.is_set():
            try:
                datagram, sender = self._receiver.recvfrom(_LONGEST_DATAGRAM)
            except TimeoutError:
                continue
            except OSError:  # Windows reports so that an earlier answer reached nobody
                continue
            now_s = time.monotonic()
            if self._senders.accepts(datagram, sender[:2], now_s):
                rows = list(self._decoder.rows(datagram, now_s - began_s, sender[:2]))
                if rows:
                    hear(rows, now_s)


class VmcReader:
    """Read moments from rows of the capture: one for each pose of the head.

    Args:
        state: says whether the times of the rows are the sender's own. If not, they are those of arrival, and the
            moments get the times at which their poses were probably sampled.
    """

    def __init__(self, state: CaptureState) -> None:
        self._state, self._sending = state, SendingTimes()
        self._names: tuple[str, str, str] | None = None
        self._newest: dict[str, tuple[float, FloatArray]] = {}
        self._last_s = -np.inf

    @property
    def has_devices(self) -> bool:
        """Return whether a head and another device have arrived."""
        return HEAD_NAME in self._newest and len(self._newest) > 1

    @property
    def head_m(self) -> FloatArray | None:
        """Return where the head is now."""
        head = self._newest.get(HEAD_NAME)
        return None if head is None else head[1][:3]

    def read(self, lines: Sequence[str], _arrived_s: float) -> list[DevicePoses]:
        """Return the moments of some rows."""
        moments = []
        for line in lines:
            if line == CAPTURE_HEADER:
                continue
            time_s, name, numbers = _parsed(line)
            before_s, _ = self._newest.get(name, (-np.inf, _NOTHING))
            if not np.isfinite(numbers).all() or 0 < before_s - time_s < _LATE_S:
                continue
            self._newest[name] = time_s, numbers
            if self._names is not None and name == self._names[0]:
                poses = _poses(time_s, self._names, self._newest)
                moments.append(replace(poses, time_s=self._sampled_s(time_s)))
        return moments

    def _sampled_s(self, time_s: float) -> float:
        """Return when the pose of a row was sampled; not before the last one, where the sender's times begin or end."""
        sampled_s = time_s if self._state.has_clock else self._sending.sampled_s(time_s)
        if 0 < self._last_s - sampled_s < _LATE_S:
            sampled_s = self._last_s
        self._last_s = sampled_s
        return sampled_s

    def identify(self, lines: Sequence[str], recording: Recording) -> None:
        """Find the names of head, left and right device: the reader of files has told them apart, if need be by
        geometry."""
        places: dict[str, list[FloatArray]] = {}
        for line in lines:
            _, name, numbers = _parsed(line)
            if np.isfinite(numbers).all():
                places.setdefault(name, []).append(convert_positions(numbers[None, :3], _UNITY)[0])
        middles_m = {name: np.median(each, axis=0) for name, each in places.items()}
        found: list[str] = []
        for device in range(3):
            seen = recording.measured[:, device]
            free = {name: place for name, place in middles_m.items() if name not in found}
            if not seen.any() or not free:
                found.append("")
                continue
            middle_m = np.median(recording.positions_m[seen, device], axis=0)
            found.append(min(free, key=lambda name: float(np.linalg.norm(free[name] - middle_m))))
        self._names = found[0], found[1], found[2]


def _parsed(row: str) -> tuple[float, str, FloatArray]:
    time_s, name, *numbers = row.split(",")
    return float(time_s), name, np.array([float(number) if number else np.nan for number in numbers])


def _poses(time_s: float, names: tuple[str, str, str], newest: Mapping[str, tuple[float, FloatArray]]) -> DevicePoses:
    table = np.stack([newest.get(name, (0.0, _NOTHING))[1] for name in names])
    heard_s = np.array([newest.get(name, (-np.inf, _NOTHING))[0] for name in names])
    lengths = np.linalg.norm(table[:, 3:], axis=1)
    turned = np.where((lengths > 1e-6)[:, None], table[:, 3:] / np.maximum(lengths, 1e-6)[:, None], _NOTHING[3:])
    return DevicePoses(
        time_s,
        convert_positions(table[:, :3], _UNITY),
        convert_rotations(wxyz_from_xyzw(turned), _UNITY),
        (time_s - heard_s < _LOST_S) & (lengths > 1e-6),
    )
