# SPDX-License-Identifier: Apache-2.0
"""Take a sample of a long recording, so that guessing its conventions costs little."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.quaternions import wxyz_from_xyzw
from ..conventions import QuaternionOrder

SAMPLE_S: Final[float] = 1 / 30.0
"""Time between two samples, about: movement is compared over a few of them."""

_PIECES: Final[int] = 20
_PIECE_SAMPLES: Final[int] = 150
_SEAM_SAMPLES: Final[int] = 16
"""Empty samples between two pieces, so that nothing is compared across them."""


def sampling_stride(times_s: FloatArray) -> int:
    """Return how many frames of a recording are one sample apart; 1 if the times say nothing."""
    steps = np.diff(times_s[np.isfinite(times_s)])
    steps = steps[steps > 0]
    step_s = float(np.median(steps)) if len(steps) else SAMPLE_S
    return int(np.clip(round(SAMPLE_S / max(step_s, 1e-9)), 1, 60))


def excerpt(tracks: FloatArray, stride: int) -> FloatArray:
    """Return every ``stride``-th frame of (F, ...); of a long recording, twenty pieces of five seconds each.

    Rows of NaN separate the pieces.
    """
    samples = tracks[::stride]
    if len(samples) <= _PIECES * _PIECE_SAMPLES:
        return samples
    starts = np.linspace(0, len(samples) - _PIECE_SAMPLES, _PIECES).astype(int)
    seam = np.full((_SEAM_SAMPLES, *samples.shape[1:]), np.nan)
    parts = [part for start in starts for part in (samples[start : start + _PIECE_SAMPLES], seam)]
    return np.concatenate(parts[:-1])


def in_order(quaternions: FloatArray, order: QuaternionOrder) -> FloatArray:
    """Return quaternions (..., 4) as wxyz."""
    return wxyz_from_xyzw(quaternions) if order == "xyzw" else quaternions
