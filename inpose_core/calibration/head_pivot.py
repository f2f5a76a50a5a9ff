# SPDX-License-Identifier: Apache-2.0
"""Find the point of the headset about which the head turns. It shows whether the recorder used the view of one eye.

A head turns about the neck, and the top of the neck moves less than the headset. So the pivot is the point of the
headset that moves least (linear least squares on motion that is faster than the sway of the body). Real heads have the
pivot 1 to 19 cm below and 6 to 13 cm behind the headset. This range is too wide to locate the head joint. But the pivot
is never on one side, unless the recorder used the view of one eye.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import quaternion_to_matrix
from ..numerics.filters import gaussian_filter
from .presets import LEFT_EYE_M

_FAST_S, _SLOW_S = 0.05, 0.5
"""Standard deviations of the two Gaussians between which motion counts: noise is faster, the body's sway slower."""
_PRIOR_DEVIATION_M: Final[float] = 0.15
_LEAST_NOISE_M: Final[float] = 0.002
_ROUNDS: Final[int] = 8
_FEWEST_FRAMES: Final[int] = 120
_SIDEWAYS_DEVIATION_M: Final[float] = 0.008
_EYE_LIMITS: Final[tuple[float, float]] = (0.02, 0.05)


@dataclass(frozen=True)
class HeadPivot:
    """Hold the point of the headset's frame that moves least."""

    position_m: FloatArray
    deviation_m: FloatArray
    """(3,) by how much the head turned about each axis; the body's own sway is not in it."""

    @property
    def eye_shift_m(self) -> float:
        """Return how far the middle of the head is to the right of the recorded eye; 0 if no single eye was
        recorded."""
        side_m = float(self.position_m[0])
        sure = self.deviation_m[0] < _SIDEWAYS_DEVIATION_M
        if not sure or not _EYE_LIMITS[0] < abs(side_m) < _EYE_LIMITS[1]:
            return 0.0
        return float(np.copysign(LEFT_EYE_M, side_m))


def fit_head_pivot(positions_m: FloatArray, rotations_wxyz: FloatArray, fps: float) -> HeadPivot | None:
    """Return the pivot of a headset's track at a constant rate; None if the track is too short.

    Args:
        positions_m: (F, 3).
        rotations_wxyz: (F, 4).
        fps: frames per second.
    """
    if len(positions_m) < _FEWEST_FRAMES:
        return None
    R = quaternion_to_matrix(rotations_wxyz).reshape(-1, 9)
    moved_m = _between(positions_m, fps)
    turned = _between(R, fps).reshape(-1, 3, 3)
    weights = np.ones(len(moved_m))
    pivot_m, precision = np.zeros(3), np.eye(3)
    noise_m = max(_LEAST_NOISE_M, float(np.median(np.linalg.norm(moved_m, axis=1))))
    # Neighbouring frames say the same again: their evidence counts by the time that is independent.
    repeats = 2.0 * _SLOW_S * fps
    for _ in range(_ROUNDS):
        # Equations of all frames and axes below each other, (3 F, 3).
        weighted = ((weights / (noise_m**2 * repeats))[:, None, None] * turned).reshape(-1, 3)
        precision = weighted.T @ turned.reshape(-1, 3) + np.eye(3) / _PRIOR_DEVIATION_M**2
        pivot_m = np.linalg.solve(precision, -weighted.T @ moved_m.reshape(-1))
        left_m = np.linalg.norm(moved_m + turned @ pivot_m, axis=1)
        noise_m = max(_LEAST_NOISE_M, float(np.median(left_m)))
        # Steps and leaps of the whole body weigh little.
        weights = 1.0 / (1.0 + (left_m / (1.5 * np.median(left_m) + 1e-9)) ** 2)
    return HeadPivot(pivot_m, np.sqrt(np.diag(np.linalg.inv(precision))))


def _between(values: FloatArray, fps: float) -> FloatArray:
    """Return the part of a track between the fast and the slow."""
    return gaussian_filter(values, _FAST_S * fps) - gaussian_filter(values, _SLOW_S * fps)
