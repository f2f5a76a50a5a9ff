# SPDX-License-Identifier: Apache-2.0
"""Record live device poses that an application sends by the VMC protocol, or as OSC trackers (OSC over UDP).

Source: the protocol's page at protocol.vmc.info. ``/VMC/Ext/Hmd/Pos``, ``Con`` and ``Tra`` carry a serial and the pose
x, y, z, qx, qy, qz, qw in Unity's axes; ``.../Local`` is the same before the avatar's scale, and is preferred if it
is sent. ``/VMC/Ext/Bone/Pos`` has the bones of the avatar, of which the fingers are kept. ``/VMC/Ext/T`` is the
sender's clock. No message names the left controller: the reader decides that. OSC trackers, as VRChat reads them, are
described in `osc_trackers`; both may come to the same port.

Each pose is written at once into a file beside the output, one row per device. Serials can identify a person, so they
are replaced by numbers. At the end the file is read like any recording and written as the project's CSV. If the program
is killed, the file remains and can be read. A recording cannot be made again, so no file is ever replaced.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import numpy as np

from ...errors import InPoseError, OutputError, RecordingError
from ...options.ports import VMC_PORT
from ..conventions import ReadOptions
from ..fingers.unity_bones import UNITY_FINGER_BONES
from ..registry import load_recording, load_session
from ..tables.csv_format import write_csv
from ..types import Recording
from .osc import OscValue, osc_messages
from .osc_trackers import OscTrackers

_PARTS: Final[tuple[str, ...]] = ("px", "py", "pz", "qx", "qy", "qz", "qw")
CAPTURE_HEADER: Final[str] = "time,device," + ",".join(f"capture_{part}" for part in _PARTS)
_KINDS: Final[dict[str, str]] = {"Hmd": "hmd", "Con": "controller", "Tra": "tracker"}
_OSC_HEAD: Final[str] = "head"
_LONGEST_DATAGRAM: Final[int] = 65536
_LOOK_UP_S: Final[float] = 0.2
_FLUSH_S: Final[float] = 1.0
_MOST_DEVICES: Final[int] = 256
_LARGEST_CLOCK_ERROR_S: Final[float] = 1.0
"""The sender's clock is more exact than the arrival time, but corrects it by at most this much."""
_LARGEST_CLOCK_S: Final[float] = 2.0**17
"""A day and a half; for later times, the protocol's 32-bit floats are less exact than the arrival time."""


@dataclass
class CaptureState:
    """Hold the progress of a running capture."""

    seconds: float = 0.0
    rows: int = 0
    datagrams: int = 0
    devices: dict[str, int] = field(default_factory=dict)
    """Rows per device: "hmd", "controller 1", ..."""
    only_bones: bool = False
    """True if the sender sends an avatar's bones and no devices."""
    fingers: bool = False
    """True if the sender sends the bones of fingers, which are recorded, too."""
    damaged: int = 0
    """Poses of devices that are no numbers; they are left out."""
    clock_jumps: int = 0
    """How often the sender's clock was corrected by the time of arrival."""
    has_clock: bool = False
    """Whether the sender says when its poses were sampled; the times are those of arrival if not."""


_OWN_ADDRESSES: Final[tuple[str, ...]] = ("127.", "localhost", "::1")
"""Beginnings of addresses that no other computer reaches."""


@dataclass(frozen=True)
class CaptureSettings:
    """Choose where to listen and for how long."""

    port: int = VMC_PORT
    address: str = "127.0.0.1"
    """This machine's address; "0.0.0.0" listens to other machines, too."""
    seconds: float | None = None
    """None: listen until stopped."""


class VmcDecoder:
    """Turn datagrams into rows ``time, device, seven numbers``; remembers the devices it has seen."""

    def __init__(self) -> None:
        self.state = CaptureState()
        self._names: dict[tuple[str, str], str] = {}
        """The known devices, the most recently heard one last."""
        self._numbers = dict.fromkeys(_KINDS, 0)
        self._local: set[str] = set()
        self._osc = OscTrackers()
        self._clock: float | None = None
        self._clock_offset = 0.0

    def rows(self, datagram: bytes, arrived_s: float) -> Iterator[str]:
        """Yield one line of the capture for each device in a datagram; ignore anything else."""
        self.state.datagrams += 1
        for address, values in osc_messages(datagram):
            if address == "/VMC/Ext/T" and values and isinstance(values[0], float):
                self._set_clock(values[0], arrived_s)
            elif address.startswith("/VMC/Ext/Bone"):
                if self.state.rows:
                    yield from self._finger_row(values, arrived_s)
                else:
                    self.state.only_bones = True
            elif (row := self._row(address, values, arrived_s)) is not None:
                self.state.only_bones = False
                yield row

    def _set_clock(self, sender_s: float, arrived_s: float) -> None:
        self.state.has_clock = 0 <= sender_s < _LARGEST_CLOCK_S  # which NaN is not
        if not self.state.has_clock:
            self._clock = None
            return
        # A restarted sender begins at zero; a sender whose clock was changed continues at any time.
        jumped = abs(sender_s + self._clock_offset - arrived_s) > _LARGEST_CLOCK_ERROR_S
        if self._clock is None or sender_s < self._clock or jumped:
            self.state.clock_jumps += self._clock is not None
            self._clock_offset = arrived_s - sender_s
        self._clock = sender_s

    def _row(self, address: str, values: list[OscValue], arrived_s: float) -> str | None:
        if (found := self._osc.pose(address, values, arrived_s)) is not None:
            # VRChat's numbers are how people know these trackers, and identify nobody.
            name = self._name("Hmd", "osc") if found.name == _OSC_HEAD else f"osc tracker {found.name}"
            return self._line(name, found.pose, arrived_s)
        return self._device_row(address, values, arrived_s)

    def _device_row(self, address: str, values: list[OscValue], arrived_s: float) -> str | None:
        parts = address.split("/")
        if parts[:3] != ["", "VMC", "Ext"] or len(parts) < 5 or parts[3] not in _KINDS or parts[4] != "Pos":
            return None
        pose = [value for value in values[1:8] if isinstance(value, float)]
        if len(pose) != 7 or not np.isfinite(pose).all():
            self.state.damaged += 1
            return None
        name = self._name(parts[3], str(values[0]))
        if parts[5:] == ["Local"]:
            self._local.add(name)
        elif name in self._local:
            return None
        return self._line(name, pose, arrived_s)

    def _line(self, name: str, pose: Sequence[float], arrived_s: float) -> str:
        self.state.rows += 1
        self.state.devices[name] = self.state.devices.get(name, 0) + 1
        cells = ("" if np.isnan(value) else f"{value:.9g}" for value in pose)
        return f"{self._time_s(arrived_s):.6f},{name}," + ",".join(cells)

    def _finger_row(self, values: list[OscValue], arrived_s: float) -> Iterator[str]:
        """Yield the row of a bone of a finger; the rotation is local."""
        name = str(values[0]).lower() if values else ""
        pose = [value for value in values[1:8] if isinstance(value, float)]
        if name in UNITY_FINGER_BONES and len(pose) == 7 and np.isfinite(pose).all():
            self.state.fingers = True
            yield f"{self._time_s(arrived_s):.6f},{name}," + ",".join(f"{value:.9g}" for value in pose)

    def _time_s(self, arrived_s: float) -> float:
        return arrived_s if self._clock is None else self._clock + self._clock_offset

    def _name(self, kind: str, serial: str) -> str:
        """Return a device's name in the file: "hmd" for the headset, numbers for others.

        If a sender invents endless devices, each new one replaces the device with the fewest poses; among several,
        the one silent longest. Real devices keep sending and stay.
        """
        name = self._names.pop((kind, serial), None)
        if name is None:
            if len(self._names) >= _MOST_DEVICES:
                forgotten = min(self._names, key=lambda device: self.state.devices.get(self._names[device], 0))
                gone = self._names.pop(forgotten)
                self.state.devices.pop(gone, None)
                self._local.discard(gone)
            self._numbers[kind] += 1
            number = self._numbers[kind]
            name = "hmd" if kind == "Hmd" and number == 1 else f"{_KINDS[kind]} {number}"
        self._names[kind, serial] = name
        return name


def capture_vmc(
    output: Path,
    settings: CaptureSettings | None = None,
    options: ReadOptions | None = None,
    on_progress: Callable[[CaptureState], bool] | None = None,
) -> Recording:
    """Record until the time is over, the callback returns False, or Ctrl-C; then write ``output``.

    The file holds all poses that were sent. The result is the same as from `load_recording`: the longest take if there
    are several.

    Args:
        output: the CSV to write. No file is ever replaced, nor is what an interrupted recording has left beside it.
        settings: where to listen, and how long.
        options: as for reading any file; set ``swap_hands`` if geometry is wrong.
        on_progress: called about five times a second.

    Raises:
        OutputError: the output exists or cannot be written, or the disk is full; poses that arrived before are kept.
        RecordingError: the port is taken, or no head and hand arrived.
    """
    settings = settings or CaptureSettings()
    output = Path(output)
    live = output.with_name(f"{output.stem}.live.csv")
    _require_free(output)
    try:
        state = _capture(live, settings, on_progress)
    except OSError as error:
        raise OutputError(
            f"InPose cannot continue to write {live} ({error.strerror}).",
            "Free some space. The file contains everything received before.",
        ) from error
    if not state.rows:
        live.unlink(missing_ok=True)
        raise _nothing_arrived(settings, state)
    try:
        session = load_session(live, options)
        _require_free(output)  # another recording may have ended meanwhile
        write_csv(session, output)
        recording = load_recording(live, options)
    except InPoseError as error:
        raise RecordingError(f"{error.message} Everything received is in {live.name}.", error.hint) from error
    live.unlink(missing_ok=True)
    return recording


def _capture(live: Path, settings: CaptureSettings, on_progress: Callable[[CaptureState], bool] | None) -> CaptureState:
    decoder = VmcDecoder()
    with listen(settings) as receiver, _open(live) as file:
        file.write(CAPTURE_HEADER + "\n")
        began_s = flushed_s = told_s = time.monotonic()
        try:
            while settings.seconds is None or time.monotonic() - began_s < settings.seconds:
                try:
                    datagram = receiver.recv(_LONGEST_DATAGRAM)
                except TimeoutError:
                    datagram = b""
                now_s = time.monotonic()
                decoder.state.seconds = now_s - began_s
                if datagram:
                    file.writelines(row + "\n" for row in decoder.rows(datagram, decoder.state.seconds))
                if now_s - flushed_s > _FLUSH_S:
                    file.flush()
                    flushed_s = now_s
                if on_progress is not None and now_s - told_s > _LOOK_UP_S:
                    told_s = now_s
                    if not on_progress(decoder.state):
                        break
        except KeyboardInterrupt:
            pass  # Ctrl-C is the normal way to end a recording
    return decoder.state


def listen(settings: CaptureSettings) -> socket.socket:
    """Return a socket that receives datagrams, and stops waiting for one after a moment.

    Raises:
        RecordingError: the port is taken.
    """
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        receiver.bind((settings.address, settings.port))
    except (OSError, OverflowError) as error:
        receiver.close()
        reason = getattr(error, "strerror", None) or "no such port"
        raise RecordingError(
            f"InPose cannot listen to {settings.address} port {settings.port} ({reason}).",
            "Close the other receiver, or choose another port here and in the sending application.",
        ) from error
    receiver.settimeout(_LOOK_UP_S)
    return receiver


def _require_free(output: Path) -> None:
    if output.exists():
        raise OutputError(f"{output} exists already.", "Choose another name. InPose never replaces a recording.")


def _open(live: Path) -> IO[str]:
    try:
        return live.open("x", encoding="utf-8")
    except FileExistsError as error:
        raise OutputError(
            f"{live} exists already: another recording writes it, or was interrupted and left it.",
            "It can be solved like any recording. Rename it, or choose another name for the new recording.",
        ) from error
    except OSError as error:
        raise OutputError(f"{live} cannot be written ({error.strerror}).", "Choose another folder.") from error


def sending_hint(settings: CaptureSettings) -> str:
    """Return what to do if nothing arrives."""
    hears_others = not settings.address.startswith(_OWN_ADDRESSES)
    others = (
        "Let the firewall of this computer pass it."
        if hears_others
        else "If the application runs on another computer or in the headset, switch on From other computers "
        "(--listen 0.0.0.0)."
    )
    return (
        "Switch on VMC or OSC sending of devices in the application, with the address of this computer and port "
        f"{settings.port}. {others}"
    )


def _nothing_arrived(settings: CaptureSettings, state: CaptureState) -> RecordingError:
    if state.only_bones:
        return RecordingError(
            "The application sends an avatar's bones and no devices.",
            "Switch on the sending of devices (HMD, controllers, trackers) in its VMC or OSC settings.",
        )
    what = "no poses of devices" if state.datagrams else "nothing"
    return RecordingError(f"On port {settings.port} {what} arrived.", sending_hint(settings))
