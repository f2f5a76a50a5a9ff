# SPDX-License-Identifier: Apache-2.0
"""Read the OSC trackers that applications send for VRChat: a headset and up to eight trackers.

Source: docs.vrchat.com, "OSC Trackers". ``/tracking/trackers/1/position`` to ``8``, and ``.../rotation``, carry three
floats each; the sender's headset is ``/tracking/trackers/head/...``. Axes are Unity's, in metres; rotations are Euler
angles in degrees, about Z, then X, then Y. Position and rotation come in messages of their own, one after the other.
No message says which part of the body a tracker is on.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..tables.rotation_columns import euler_to_xyzw
from .osc import OscValue

_FAMILY: Final[list[str]] = ["", "tracking", "trackers"]
_LONGEST_WAIT_S: Final[float] = 0.05
"""A rotation belongs to a position that came at most this long before or after it."""
_MOST: Final[int] = 8


class TrackerPose(NamedTuple):
    """Hold one pose of a tracker, in Unity's axes."""

    name: str
    """"head", or the sender's number."""
    pose: tuple[float, ...]
    """x, y, z, qx, qy, qz, qw; the rotation is NaN for a tracker without one."""


class OscTrackers:
    """Join the messages of each tracker's position and rotation to poses."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[float, tuple[float, ...]]] = {}
        """Each tracker's last rotation that has no position yet, and when it came."""
        self._places: dict[str, tuple[float, tuple[float, ...]]] = {}
        """Each tracker's last position that has no rotation yet, and when it came."""
        self._turning: set[str] = set()
        """Trackers that have sent a rotation."""

    def pose(self, address: str, values: list[OscValue], arrived_s: float) -> TrackerPose | None:
        """Return a pose if this message completes one.

        Args:
            address: of the message; others than these trackers' are ignored.
            values: of the message.
            arrived_s: when it arrived.
        """
        parts = address.split("/")
        if parts[:3] != _FAMILY or len(parts) != 5 or not _is_name(parts[3]):
            return None
        numbers = tuple(float(value) for value in values[:3] if isinstance(value, (int, float)))
        if len(numbers) != 3 or not np.isfinite(numbers).all():
            return None
        name = parts[3]
        if parts[4] == "rotation":
            self._turning.add(name)
            came_s, place = self._places.pop(name, (-np.inf, ()))
            if arrived_s - came_s <= _LONGEST_WAIT_S:
                return _pose(name, place, numbers)
            self._turns[name] = (arrived_s, numbers)
        elif parts[4] == "position":
            if name not in self._turning:
                # Not yet, or never; a second position without a rotation shows that it is a marker.
                waiting = self._places.get(name)
                self._places[name] = (arrived_s, numbers)
                return _pose(name, waiting[1], None) if waiting is not None else None
            came_s, turn = self._turns.pop(name, (-np.inf, ()))
            if arrived_s - came_s <= _LONGEST_WAIT_S:
                return _pose(name, numbers, turn)
            self._places[name] = (arrived_s, numbers)
        return None


def _is_name(word: str) -> bool:
    return word == "head" or (word.isdigit() and 1 <= int(word) <= _MOST)


def _pose(name: str, place: tuple[float, ...], angles_deg: tuple[float, ...] | None) -> TrackerPose:
    if angles_deg is None:
        return TrackerPose(name, (*place, *(float("nan"),) * 4))
    x, y, z = angles_deg
    return TrackerPose(name, (*place, *euler_to_xyzw(np.array((y, x, z))).tolist()))
