# SPDX-License-Identifier: Apache-2.0
"""Find the positions of the joints relative to the devices from Gaussian evidence, as one linear least-squares problem.

There are 14 unknowns: the position of the wrist in each hand device, the position of the head joint in the headset, and
five lengths of the performer's upper body. All are small corrections of prior beliefs. Each belief and each measurement
has a standard deviation, and the solution is the most probable one. A lever arm enters linearly (``wrist = p + R o``),
and so do rest offsets, as long as the pose is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import FloatArray

UNKNOWNS: Final[int] = 14
LEFT_WRIST: Final[slice] = slice(0, 3)
RIGHT_WRIST: Final[slice] = slice(3, 6)
HEAD_JOINT: Final[slice] = slice(6, 9)
BODY: Final[slice] = slice(9, 14)
"""Half of the shoulders' width, their height and depth against the head joint, upper arm, forearm."""

BODY_DEVIATION_M: Final[tuple[float, ...]] = (0.020, 0.022, 0.017, 0.013, 0.012)
"""Standard deviations for measured adults of one stature; together they give a wrist span with a standard deviation of
0.027 of the stature (Nymeria participants)."""


@dataclass(frozen=True)
class LeverArms:
    """Hold the solution. The corrections of the body are added to the assumed body."""

    wrists_m: tuple[FloatArray, FloatArray]
    """(3,) each: left and right wrist in its device's frame."""
    head_joint_m: FloatArray
    """(3,) in the headset's frame."""
    body_m: FloatArray
    """(5,) corrections in the order of `BODY`."""
    deviation_m: FloatArray
    """(14,) standard deviations of all unknowns."""


@dataclass(frozen=True)
class Evidence:
    """Hold beliefs and measurements as the normal equations of one least-squares problem."""

    precision: FloatArray = field(default_factory=lambda: np.zeros((UNKNOWNS, UNKNOWNS)))
    """(14, 14)"""
    weighted: FloatArray = field(default_factory=lambda: np.zeros(UNKNOWNS))
    """(14,) the precision times the expected unknowns."""

    def believing(self, unknown: slice, mean: ArrayLike, deviation: ArrayLike) -> Evidence:
        """Return the evidence with a belief about one group of unknowns.

        Args:
            unknown: `LEFT_WRIST`, `RIGHT_WRIST`, `HEAD_JOINT` or `BODY`.
            mean: expected value in metres, (3,) or (5,).
            deviation: standard deviation, of the same shape or one number.
        """
        rows = np.zeros((unknown.stop - unknown.start, UNKNOWNS))
        rows[:, unknown] = np.eye(len(rows))
        return self.seeing(rows, mean, deviation)

    def seeing(self, rows: ArrayLike, values: ArrayLike, deviation: ArrayLike) -> Evidence:
        """Return the evidence with the measurement ``rows @ unknowns = values`` of independent errors.

        Args:
            rows: (K, 14).
            values: (K,) in metres.
            deviation: (K,) or one number.
        """
        matrix = np.atleast_2d(np.asarray(rows, dtype=np.float64))
        target = np.broadcast_to(np.asarray(values, dtype=np.float64), (len(matrix),))
        weights = np.broadcast_to(1.0 / np.square(np.asarray(deviation, dtype=np.float64)), (len(matrix),))
        return Evidence(self.precision + (matrix.T * weights) @ matrix, self.weighted + (matrix.T * weights) @ target)

    def solve(self) -> LeverArms:
        """Return the most probable lever arms."""
        covariance = np.linalg.inv(self.precision)
        solution = covariance @ self.weighted
        return LeverArms(
            wrists_m=(solution[LEFT_WRIST], solution[RIGHT_WRIST]),
            head_joint_m=solution[HEAD_JOINT],
            body_m=solution[BODY],
            deviation_m=np.sqrt(np.diag(covariance)),
        )
