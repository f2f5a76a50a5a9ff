# SPDX-License-Identifier: Apache-2.0
"""Pass from one estimate to the next without a jump in place or velocity ("inertialization", Bollo 2018).

What differs fades as a critically damped spring does: it starts with the velocity at which the shown and the new
estimate move apart, so what is shown does not jerk.
"""

from __future__ import annotations

from math import exp, log
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import (
    conjugate_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    quaternion_to_rotvec,
    rotvec_to_quaternion,
)

_STIFFNESS: Final[float] = 2 * log(2)
"""A critically damped spring of this stiffness over ``fade_s`` has a bit more than half of a difference left then."""


class FadingPlaces:
    """Hold how far N vectors still are from where they should be.

    Args:
        count: of the vectors.
        fade_s: time in which a difference that does not grow falls to 0.6; in twice this time it falls to 0.24.
    """

    def __init__(self, count: int, fade_s: float) -> None:
        self.left = np.zeros((count, 3))
        self._left_per_s = np.zeros((count, 3))
        self._rate_per_s = _STIFFNESS / fade_s

    def begin(self, which: int, difference: FloatArray, difference_per_s: FloatArray) -> None:
        """Start one vector with a difference (3,), shown minus new, and with the velocity of this difference (3,)."""
        self.left[which], self._left_per_s[which] = difference, difference_per_s

    def begin_all(self, difference: FloatArray, difference_per_s: FloatArray) -> None:
        """Start all vectors; arguments as for `begin`, (N, 3)."""
        self.left, self._left_per_s = difference.copy(), difference_per_s.copy()

    def pass_time(self, seconds: float) -> None:
        """Let all differences fade."""
        rate, left = self._rate_per_s, exp(-self._rate_per_s * seconds)
        # x(t) = (x + (v + rate x) t) exp(-rate t) solves x'' + 2 rate x' + rate^2 x = 0.
        pull = self._left_per_s + rate * self.left
        self.left = left * (self.left + seconds * pull)
        self._left_per_s = left * (self._left_per_s - seconds * rate * pull)


class FadingTurns:
    """Hold how far rotations still are from their newest estimate; arguments as for `FadingPlaces`."""

    def __init__(self, count: int, fade_s: float) -> None:
        self._rotvecs = FadingPlaces(count, fade_s)

    def begin(self, shown_wxyz: FloatArray, new_wxyz: FloatArray, seconds: float) -> None:
        """Start from what is shown towards a new estimate.

        Args:
            shown_wxyz: the last two rotations that were shown, (2, N, 4).
            new_wxyz: what the new estimate has at these moments, (2, N, 4).
            seconds: between the two moments.
        """
        self._rotvecs.begin_all(
            _rotvec(new_wxyz[1], shown_wxyz[1]), (_rotvec(*shown_wxyz) - _rotvec(*new_wxyz)) / seconds
        )

    def apply(self, wxyz: FloatArray, seconds: float) -> FloatArray:
        """Return the rotations (N, 4) of a later moment with what is left of the difference."""
        self._rotvecs.pass_time(seconds)
        return normalize_quaternion(multiply_quaternions(rotvec_to_quaternion(self._rotvecs.left), wxyz))


def _rotvec(from_wxyz: FloatArray, to_wxyz: FloatArray) -> FloatArray:
    """Return the shorter turn from one rotation to another in the world frame, (..., 3)."""
    between = multiply_quaternions(to_wxyz, conjugate_quaternion(from_wxyz))
    return quaternion_to_rotvec(normalize_quaternion(np.where(between[..., :1] < 0, -between, between)))
