# SPDX-License-Identifier: Apache-2.0
"""Stay in one room when the performer recentres the headset: all poses turn and move at once, and nobody has moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ...arrays import FloatArray
from ...body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
    wxyz_from_xyzw,
)

_LONGEST_GAP_S: Final[float] = 0.5
"""Within a longer pause, somebody may have moved."""
_LATE_S: Final[float] = 0.5
"""The poses leap at most this long after the browser has told of the new centre."""
_LEAP_M: Final[float] = 0.1
_LEAP_RAD: Final[float] = 0.2
"""A head does not move or turn by so much from one frame to the next."""
_FARTHEST: Final[float] = 1e4
_SAME: Final[FloatArray] = np.array((1.0, 0.0, 0.0, 0.0))


class FirstRoom:
    """Bring poses into the room in which a session began.

    A browser may say how the room has moved. Most do not: then the head stays where it was one frame before.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin a new room: another session of the headset."""
        self._turn, self._shift_m = _SAME, np.zeros(3)
        self._is_unknown = False
        self._leaps_until_s = -np.inf
        self._head: tuple[float, FloatArray, FloatArray] | None = None
        """When the head was seen last, and its pose in the first room."""

    def recentred(self, event: Mapping[str, Any]) -> None:
        """Take what a page says of a new centre: ``moved``, its x, y, z, qx, qy, qz, qw in the old room, if known."""
        numbers = event.get("moved")
        self._is_unknown = not _is_pose(numbers)
        if not self._is_unknown:
            moved = np.array(numbers, dtype=np.float64)
            self._shift_m = rotate_vector(self._turn, moved[:3]) + self._shift_m
            turn = normalize_quaternion(wxyz_from_xyzw(moved[3:]))
            self._turn = multiply_quaternions(self._turn, turn)

    def poses(
        self, time_s: float, positions_m: FloatArray, rotations_wxyz: FloatArray, *, has_head: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Return poses in the first room.

        Args:
            time_s: of the moment.
            positions_m: (3, 3) of head and hands.
            rotations_wxyz: (3, 4)
            has_head: whether the head is seen.
        """
        if self._is_unknown and has_head:
            self._is_unknown = False
            self._leaps_until_s = time_s + _LATE_S
            self._stay(time_s, positions_m[0], rotations_wxyz[0])
        elif has_head and time_s <= self._leaps_until_s and self._leaps(positions_m[0], rotations_wxyz[0]):
            self._leaps_until_s = -np.inf
            self._stay(time_s, positions_m[0], rotations_wxyz[0])
        positions_m = rotate_vector(self._turn, positions_m) + self._shift_m
        rotations_wxyz = multiply_quaternions(self._turn, rotations_wxyz)
        if has_head:
            self._head = time_s, positions_m[0], rotations_wxyz[0]
        return positions_m, rotations_wxyz

    def _stay(self, time_s: float, place_m: FloatArray, rotation_wxyz: FloatArray) -> None:
        """Put the room where the head has not moved since it was seen last."""
        if self._head is None or not 0 <= time_s - self._head[0] <= _LONGEST_GAP_S:
            return
        _, before_m, before = self._head
        self._turn = _about_y(multiply_quaternions(before, conjugate_quaternion(rotation_wxyz)))
        self._shift_m = before_m - rotate_vector(self._turn, place_m)

    def _leaps(self, place_m: FloatArray, rotation_wxyz: FloatArray) -> bool:
        if self._head is None:
            return False
        _, before_m, before = self._head
        moved_m = np.linalg.norm(rotate_vector(self._turn, place_m) + self._shift_m - before_m)
        turned_rad = geodesic_angle(multiply_quaternions(self._turn, rotation_wxyz), before)
        return bool(moved_m > _LEAP_M or turned_rad > _LEAP_RAD)


def _about_y(rotation_wxyz: FloatArray) -> FloatArray:
    """Return the part of a rotation about the vertical: the headset knows where down is."""
    return normalize_quaternion(rotation_wxyz * (1.0, 0.0, 1.0, 0.0))


def _is_pose(numbers: object) -> bool:
    return (
        isinstance(numbers, list)
        and len(numbers) == 7
        and all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in numbers)
        and all(abs(number) < _FARTHEST for number in numbers)
        and any(numbers[3:])
    )
