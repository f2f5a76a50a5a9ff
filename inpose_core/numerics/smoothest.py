# SPDX-License-Identifier: Apache-2.0
"""Find the smoothest track near a given one, with frames that must not move: penalised least squares.

This is the smoother of Whittaker (1923) with second differences. Unlike a mean over neighbours, its result never has
more acceleration than the track, however its frames are weighted: the track itself is one of the candidates.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from .banded import solve_banded_spd

_HALF_POWER: Final[float] = 0.25
"""The smoother halves a wave whose frequency is this over the deviation, as a Gaussian of this deviation does that is
applied once more to what it took away."""
_HIGHEST: Final[float] = 0.5
"""Cycles per frame: no track has more."""
_LEAST_FREEDOM: Final[float] = 1e-4


def smoothest(values: FloatArray, freedom: FloatArray, deviation_frames: float) -> FloatArray:
    """Return a track of the shape of ``values`` (F, ...) without its jitter.

    Args:
        values: the track.
        freedom: (F,) 1 where it is smoothed fully. Less lets higher frequencies pass: at 0.1, ten times less jitter is
            taken away at each frequency. At 0 the frame stays where it is, and the track passes through it smoothly.
        deviation_frames: standard deviation of the Gaussian that smooths about as much.
    """
    count = len(values)
    if count < 3 or deviation_frames <= 0:
        return np.array(values, dtype=np.float64)
    tracks = np.asarray(values, dtype=np.float64).reshape(count, -1)
    slowest = min(_HALF_POWER / deviation_frames, _HIGHEST)
    stiffness = (2 * np.sin(np.pi * slowest)) ** -4.0
    # The second differences D, as the bands of their square D'D.
    bands = np.zeros((3, count))
    for offset, weight in ((0, 1.0), (1, 4.0), (2, 1.0)):
        bands[2, offset : count - 2 + offset] += weight
    bands[1, 1:-1] -= 2.0
    bands[1, 2:] -= 2.0
    bands[0, 2:] = 1.0
    second = np.diff(tracks, 2, axis=0)
    pull = np.zeros_like(tracks)
    for offset, weight in ((0, -1.0), (1, 2.0), (2, -1.0)):
        pull[offset : count - 2 + offset] += weight * second
    bands *= stiffness
    bands[2] += 1.0 / np.maximum(freedom, _LEAST_FREEDOM) ** 2
    moves = solve_banded_spd(bands, stiffness * pull)
    moves[freedom <= 0] = 0.0
    return np.asarray((tracks + moves).reshape(values.shape))
