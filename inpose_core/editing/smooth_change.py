# SPDX-License-Identifier: Apache-2.0
"""Find a change of a motion that grants the wishes of single frames and is smooth over time: linear least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..numerics.banded import solve_banded_spd

_FIXED: Final[float] = 1e12


@dataclass(frozen=True, eq=False)
class Wishes:
    """Hold what P points would like to gain in each of K frames, where C numbers can change."""

    ways: FloatArray
    """(K, P, C) gain per change."""
    gains: FloatArray
    """(K, P) what is still missing after the present change."""
    weights: FloatArray
    """(K, P) cost of a gain of 1 that is missed, squared."""


def smooth_change(
    wishes: Wishes, change: FloatArray, stiffness: FloatArray, smooth_frames: float, fixed: BoolArray
) -> FloatArray:
    """Return the next change, (K, C): its cost is that of missed wishes, of its size, and of its acceleration.

    Args:
        wishes: of the frames.
        change: (K, C) the present change.
        stiffness: (C,) cost of a change of 1, squared.
        smooth_frames: a change that lasts shorter costs more by its acceleration than by its size.
        fixed: (K,) frames that stay without a change.
    """
    count, channels = change.shape
    weighted = wishes.ways * wishes.weights[..., None]
    square = weighted.swapaxes(1, 2) @ wishes.ways
    right = np.einsum("kpi,kp->ki", weighted, wishes.gains) + np.einsum("kij,kj->ki", square, change)
    right[fixed] = 0.0
    diagonal, next_one, second_next = _second_differences(count)
    bends = stiffness * smooth_frames**4
    # Frames follow each other with all their channels, so the next frame is as many entries away as there are channels.
    bands = np.zeros((2 * channels + 1, count, channels))
    bands[-1] = np.einsum("kii->ki", square) + stiffness + diagonal[:, None] * bends + _FIXED * fixed[:, None]
    entries = np.arange(channels)
    for away in range(1, channels):
        bands[-1 - away, :, away:] = square[:, entries[:-away], entries[away:]]
    bands[channels, 1:] = next_one[:, None] * bends
    bands[0, 2:] = second_next[:, None] * bends
    return solve_banded_spd(bands.reshape(2 * channels + 1, -1), right.reshape(-1)).reshape(count, channels)


def _second_differences(count: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the bands of the summed squares of second differences: (K,), (K - 1,) and (K - 2,)."""
    diagonal, next_one, second_next = (np.zeros(max(count - away, 0)) for away in range(3))
    if count > 2:
        for first, weight in enumerate((1.0, 4.0, 1.0)):
            diagonal[first : count - 2 + first] += weight
        next_one[:-1] -= 2.0
        next_one[1:] -= 2.0
        second_next += 1.0
    return diagonal, next_one, second_next
