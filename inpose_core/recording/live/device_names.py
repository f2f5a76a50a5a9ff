# SPDX-License-Identifier: Apache-2.0
"""Name the devices of a sender: serials can identify a person, so they are replaced by numbers.

A device may come back under another serial: another program sends, or the headset was connected anew. It then gets
the name of the device that it replaces, so that a take and its calibration go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from ...arrays import FloatArray
from ...body.quaternions import conjugate_quaternion, rotate_vector, wxyz_from_xyzw

Kind = Literal["Hmd", "Con", "Tra"]
"""As in the addresses of VMC."""
Device = tuple[Kind, str]
"""Kind and serial."""

HEAD_NAME: Final[str] = "hmd"
KINDS: Final[dict[Kind, str]] = {"Hmd": HEAD_NAME, "Con": "controller", "Tra": "tracker"}
_MOST: Final[int] = 256
_SILENT_S: Final[float] = 0.5
"""Only a device that is silent for longer is replaced by another one."""
_SETTLES_S: Final[float] = 2.0
"""A device that replaces nobody within this time is a further one."""
_REACH_M: Final[float] = 1.2
"""A controller that is farther from the head is in nobody's hand, and replaces none."""


class DeviceName(NamedTuple):
    """Name a device."""

    name: str
    """"hmd" for the headset; numbers for others."""
    is_new: bool
    """Whether the device has this name from now on only."""


class _Heard(NamedTuple):
    """Hold what was heard last under a name: when, the pose, and the pose of the head at that time."""

    arrived_s: float
    pose: FloatArray
    head: FloatArray | None


class DeviceNames:
    """Remember the devices of a sender, and where each was heard last."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        """The poses that were noted under each name, of those that are remembered."""
        self._names: dict[Device, str] = {}
        """The most recently heard device last."""
        self._began_s: dict[Device, float] = {}
        """When each device was heard first."""
        self._numbers = dict.fromkeys(KINDS, 0)
        self._heard: dict[str, _Heard] = {}

    def name(self, device: Device, pose: Sequence[float], arrived_s: float) -> DeviceName:
        """Return the name of a device that is heard now.

        If a sender invents endless devices, each new one replaces the device with the fewest poses; among several,
        the one silent longest. Real devices keep sending and stay.

        Args:
            device: who sends.
            pose: x, y, z, qx, qy, qz, qw.
            arrived_s: when it arrived.
        """
        head = self._heard.get(HEAD_NAME)
        heard = _Heard(arrived_s, np.array(pose), None if head is None else head.pose)
        known = self._names.pop(device, None)
        began_s = self._began_s.setdefault(device, arrived_s)
        replaced = self._replaced_by(device[0], heard, began_s) if arrived_s - began_s < _SETTLES_S else None
        name = replaced or known or self._new(device[0])
        if known is not None and known != name:
            del self._heard[known]
        self._names[device] = name
        self._heard[name] = heard
        self.counts.setdefault(name, 0)
        return DeviceName(name, known != name)

    def note(self, name: str) -> None:
        """Count a pose under a name."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def _new(self, kind: Kind) -> str:
        if len(self._names) >= _MOST:
            device = min(self._names, key=lambda device: self.counts[self._names[device]])
            gone = self._names.pop(device)
            del self.counts[gone], self._heard[gone], self._began_s[device]
        self._numbers[kind] += 1
        number = self._numbers[kind]
        return HEAD_NAME if kind == "Hmd" and number == 1 else f"{KINDS[kind]} {number}"

    def _replaced_by(self, kind: Kind, heard: _Heard, began_s: float) -> str | None:
        """Return the name of a device that was silent before a new one began, which replaces it; None if there is none.

        Args:
            kind: of the new one.
            heard: now.
            began_s: when the new one was heard first.
        """
        latest_s = min(began_s, heard.arrived_s - _SILENT_S)
        silent = {
            name: device
            for device, name in self._names.items()
            if device[0] == kind and self._heard[name].arrived_s < latest_s
        }
        found: str | None = None
        if kind == "Hmd" and HEAD_NAME in silent:
            found = HEAD_NAME
        elif kind == "Con" and silent and heard.head is not None and np.linalg.norm(_from_head_m(heard)) < _REACH_M:
            # No message says which controller is the left one: the hands keep their places about the head.
            found = min(silent, key=lambda name: _apart_m(self._heard[name], heard))
        if found is not None:
            del self._names[silent[found]], self._began_s[silent[found]]
        return found


def _apart_m(before: _Heard, now: _Heard) -> float:
    """Return how far a device has moved, seen from the head; if the head was not there, anything else is nearer."""
    return float(np.linalg.norm(_from_head_m(before) - _from_head_m(now))) if before.head is not None else np.inf


def _from_head_m(heard: _Heard) -> FloatArray:
    assert heard.head is not None, "only asked with a head"
    apart_m = heard.pose[:3] - heard.head[:3]
    turn = wxyz_from_xyzw(heard.head[3:])
    return rotate_vector(conjugate_quaternion(turn), apart_m) if np.isfinite(turn).all() else apart_m
