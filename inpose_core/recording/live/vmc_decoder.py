# SPDX-License-Identifier: Apache-2.0
"""Turn the datagrams of VMC and of OSC trackers into rows of a table.

Source: the protocol's page at protocol.vmc.info. ``/VMC/Ext/Hmd/Pos``, ``Con`` and ``Tra`` carry a serial and the pose
x, y, z, qx, qy, qz, qw in Unity's axes; ``.../Local`` is the same before the avatar's scale, and is preferred if it
is sent. ``/VMC/Ext/Bone/Pos`` has the bones of the avatar, of which the fingers are kept. ``/VMC/Ext/T`` is the
sender's clock: it may be the first or the last message of a bundle, and counts for all of it. No message names the left
controller: the reader decides that. OSC trackers, as VRChat reads them, are described in `osc_trackers`; both may come
to the same port.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ..fingers.unity_bones import UNITY_FINGER_BONES
from .device_names import KINDS, DeviceNames
from .osc import OscValue, osc_messages
from .osc_trackers import OscTrackers
from .sender_clock import SenderClock

_PARTS: Final[tuple[str, ...]] = ("px", "py", "pz", "qx", "qy", "qz", "qw")
CAPTURE_HEADER: Final[str] = "time,device," + ",".join(f"capture_{part}" for part in _PARTS)
_OSC_HEAD: Final[str] = "head"
_CLOCK: Final[str] = "/VMC/Ext/T"
_HEADS: Final[tuple[str, ...]] = ("/VMC/Ext/Hmd/Pos", "/tracking/trackers/head/")


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


class VmcDecoder:
    """Turn datagrams into rows ``time, device, seven numbers``; remembers the devices it has seen."""

    def __init__(self) -> None:
        self._names = DeviceNames()
        self.state = CaptureState(devices=self._names.counts)
        self._local: set[str] = set()
        """The names of devices that also send a pose before the avatar's scale."""
        self._osc = OscTrackers()
        self._clock = SenderClock()
        self._head_sender: Hashable = None

    def rows(self, datagram: bytes, arrived_s: float, sender: Hashable = None) -> Iterator[str]:
        """Yield one line of the capture for each device in a datagram; ignore anything else.

        Args:
            datagram: what has arrived.
            arrived_s: when.
            sender: from whom. If several programs send, the clock of the one with the head counts.
        """
        self.state.datagrams += 1
        messages = list(osc_messages(datagram))
        time_s = self._time_s(messages, arrived_s, sender)
        for address, values in messages:
            if address.startswith("/VMC/Ext/Bone"):
                if self.state.rows:
                    yield from self._finger_row(values, time_s)
                else:
                    self.state.only_bones = True
            elif (row := self._row(address, values, arrived_s, time_s)) is not None:
                self.state.only_bones = False
                yield row

    def _time_s(self, messages: Sequence[tuple[str, list[OscValue]]], arrived_s: float, sender: Hashable) -> float:
        """Return when the poses of a datagram were sampled."""
        if sender != self._head_sender and any(address.startswith(_HEADS) for address, _ in messages):
            self._head_sender = sender
            if not self._clock.is_exact(arrived_s):  # else it is one program with a port for each datagram
                self._clock = SenderClock(self._clock.jumps)
        told_s = None
        if sender == self._head_sender:
            told = (values[0] for address, values in messages if address == _CLOCK and values)
            told_s = next((value for value in told if isinstance(value, float)), None)
        time_s = self._clock.time_s(arrived_s, told_s)
        self.state.clock_jumps = self._clock.jumps
        self.state.has_clock = self._clock.is_exact(arrived_s)
        return time_s

    def _row(self, address: str, values: list[OscValue], arrived_s: float, time_s: float) -> str | None:
        if (found := self._osc.pose(address, values, arrived_s)) is None:
            return self._device_row(address, values, arrived_s, time_s)
        if found.name == _OSC_HEAD:
            name, _ = self._names.name(("Hmd", "osc"), found.pose, arrived_s)
        else:  # VRChat's numbers are how people know these trackers, and identify nobody
            name = f"osc tracker {found.name}"
        return self._line(name, found.pose, time_s)

    def _device_row(self, address: str, values: list[OscValue], arrived_s: float, time_s: float) -> str | None:
        parts = address.split("/")
        kind = next(
            (known for known in KINDS if parts[:3] == ["", "VMC", "Ext"] and parts[3:5] == [known, "Pos"]), None
        )
        if kind is None:
            return None
        pose = [value for value in values[1:8] if isinstance(value, float)]
        if len(pose) != 7 or not np.isfinite(pose).all():
            self.state.damaged += 1
            return None
        name, is_new = self._names.name((kind, str(values[0])), pose, arrived_s)
        if is_new:
            self._local = {each for each in self._local if each in self._names.counts and each != name}
        if parts[5:] == ["Local"]:
            self._local.add(name)
        elif name in self._local:
            return None
        return self._line(name, pose, time_s)

    def _line(self, name: str, pose: Sequence[float], time_s: float) -> str:
        self.state.rows += 1
        self._names.note(name)
        cells = ("" if np.isnan(value) else f"{value:.9g}" for value in pose)
        return f"{time_s:.6f},{name}," + ",".join(cells)

    def _finger_row(self, values: list[OscValue], time_s: float) -> Iterator[str]:
        """Yield the row of a bone of a finger; the rotation is local."""
        name = str(values[0]).lower() if values else ""
        pose = [value for value in values[1:8] if isinstance(value, float)]
        if name in UNITY_FINGER_BONES and len(pose) == 7 and np.isfinite(pose).all():
            self.state.fingers = True
            yield f"{time_s:.6f},{name}," + ",".join(f"{value:.9g}" for value in pose)
