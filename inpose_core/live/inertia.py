# SPDX-License-Identifier: Apache-2.0
"""Pass from one estimate to the next without a jump: what differs fades ("inertialization", Bollo 2018)."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import (
    conjugate_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    quaternion_to_rotvec,
    rotvec_to_quaternion,
)


class FadingTurns:
    """Hold how far rotations still are from their newest estimate.

    Args:
        count: of the rotations.
        fade_s: time in which a difference falls to a third.
    """

    def __init__(self, count: int, fade_s: float) -> None:
        self._left = np.zeros((count, 3))
        self._fade_s = fade_s

    def begin(self, shown_wxyz: FloatArray, new_wxyz: FloatArray) -> None:
        """Start from what is shown, (N, 4), towards a new estimate of the same moment."""
        between = multiply_quaternions(shown_wxyz, conjugate_quaternion(new_wxyz))
        between = np.where(between[..., :1] < 0, -between, between)
        self._left = quaternion_to_rotvec(normalize_quaternion(between))

    def apply(self, wxyz: FloatArray, seconds: float) -> FloatArray:
        """Return the rotations (N, 4) of a later moment with what is left of the difference."""
        self._left *= np.exp(-seconds / self._fade_s)
        return normalize_quaternion(multiply_quaternions(rotvec_to_quaternion(self._left), wxyz))


class FadingPlaces:
    """Hold how far places still are from where they should be; arguments as for `FadingTurns`."""

    def __init__(self, count: int, fade_s: float) -> None:
        self.left_m = np.zeros((count, 3))
        self._fade_s = fade_s

    def begin(self, which: int, shown_m: FloatArray, new_m: FloatArray) -> None:
        """Start one place from where it is shown towards where it should be."""
        self.left_m[which] = shown_m - new_m

    def pass_time(self, seconds: float) -> None:
        """Let all differences fade."""
        self.left_m *= np.exp(-seconds / self._fade_s)
