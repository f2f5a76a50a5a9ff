# SPDX-License-Identifier: Apache-2.0
"""Smooth tracks over time, which is the first axis: a weighted mean of each frame's neighbours.

The results of the two filters are those of ``scipy.ndimage``; the boundaries have the same names.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import FloatArray

Boundary = Literal["nearest", "reflect"]
"""How a track continues beyond its ends: its last value, or its mirror image (c b a | a b c | c b a)."""

_GAUSSIAN_REACH_DEVIATIONS: Final[float] = 4.0
"""A Gaussian is cut off where it has fallen to a three-thousandth."""
_PAD_MODES: Final[dict[Boundary, Literal["edge", "symmetric"]]] = {"nearest": "edge", "reflect": "symmetric"}


def gaussian_filter(values: ArrayLike, deviation_frames: float, boundary: Boundary = "reflect") -> FloatArray:
    """Return the values (F, ...) averaged by a Gaussian of the given standard deviation."""
    reach = int(_GAUSSIAN_REACH_DEVIATIONS * deviation_frames + 0.5)
    if reach == 0:
        return np.array(values, dtype=np.float64)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation_frames) ** 2)
    return _weighted_mean(values, weights / weights.sum(), reach, boundary)


def box_filter(values: ArrayLike, frames: int, boundary: Boundary = "reflect") -> FloatArray:
    """Return the mean of the ``frames`` values (F, ...) around each; if their number is even, one more lies before it.

    Raises:
        ValueError: ``frames`` is less than 1.
    """
    if frames < 1:
        raise ValueError(f"a box of {frames} frames")
    return _weighted_mean(values, np.full(frames, 1.0 / frames), frames // 2, boundary)


def smooth_step(x: ArrayLike) -> FloatArray:
    """Rise from 0 at x = 0 to 1 at x = 1 with continuous velocity and acceleration, and stay there."""
    x = np.clip(np.asarray(x, dtype=np.float64), 0.0, 1.0)
    return np.asarray(x * x * x * (x * (6.0 * x - 15.0) + 10.0))


def upper_envelope(values: FloatArray, reach_frames: int) -> FloatArray:
    """Return a smooth curve (F,) that is nowhere below the values (F,), and close to them where they are smooth.

    It is the largest value within a reach, averaged by two boxes that together are no wider than this reach.
    """
    if reach_frames < 2 or not len(values):
        return np.array(values, dtype=np.float64)
    half = reach_frames // 2
    padded = np.pad(values, 2 * half, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, 4 * half + 1).max(axis=1)
    wide = 2 * half + 1
    return box_filter(box_filter(highest, wide, "nearest"), wide, "nearest")


def _weighted_mean(values: ArrayLike, weights: FloatArray, before: int, boundary: Boundary) -> FloatArray:
    """Return sums of neighbours, the first of them ``before`` frames earlier, weighted by ``weights`` (K,)."""
    tracks = np.asarray(values, dtype=np.float64)
    if tracks.size == 0:
        return tracks.copy()
    # Numpy pads a transposed view by columns, and then the sums take four times as long.
    columns = np.ascontiguousarray(tracks.reshape(len(tracks), -1).T)
    padded = np.pad(columns, ((0, 0), (before, len(weights) - 1 - before)), mode=_PAD_MODES[boundary])
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis=1)
    # einsum is as fast on a numpy that was built without a BLAS.
    means = np.einsum("cfk,k->cf", neighbours, weights)
    return np.ascontiguousarray(means.T).reshape(tracks.shape)
