# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit smooth curves through few keys: Bezier segments whose handles are a third of the way to the next key.

With such handles, time goes evenly along a segment, and Blender's Bezier curve is the cubic Hermite curve of its keys'
values and slopes. Both handles of a key share one slope, so the curve has no corner (Blender's *Aligned* handles).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core import BoolArray, FloatArray, IndexArray
from .tridiagonal import BlockTridiagonal

_PULL: Final[float] = 1e-4
"""How strongly a key's slope is drawn to the slope of the motion there. It decides where too few frames do."""
_EXACT: Final[float] = 1e8


class Segments:
    """The frames between keys, ready to fit any curve that has its keys there.

    Args:
        kept: (K,) frames of at least two keys in rising order, from frame 0 to the last frame.
        exact: (K,) keys that get the wanted value itself, and the slope below.
        slopes: (C, K) slopes of these keys.
        weights: (F,) how much each frame counts.
    """

    def __init__(self, kept: IndexArray, exact: BoolArray, slopes: FloatArray, weights: FloatArray) -> None:
        self.kept = kept
        frames = np.arange(kept[-1] + 1)
        self.index = np.minimum(np.searchsorted(kept, frames, side="right") - 1, len(kept) - 2)
        length = np.diff(kept)[self.index].astype(np.float64)
        self.share = u = (frames - kept[self.index]) / length
        v = 1 - u
        self._before = np.stack((v * v * (1 + 2 * u), u * v * v * length))
        self._after = np.stack((u * u * (3 - 2 * u), -u * u * v * length))
        diagonal = np.zeros((2, 2, len(kept)))
        self._weighed_before, self._weighed_after = weights * self._before, weights * self._after
        diagonal[..., :-1] += self._sums(self._weighed_before[:, None] * self._before)
        diagonal[..., 1:] += self._sums(self._weighed_after[:, None] * self._after)
        reach = np.diff(kept, append=kept[-1]) + np.diff(kept, prepend=kept[0])
        self._pull = _PULL * (1.0 + reach) ** 2
        self._pin = np.where(exact, _EXACT * max(1.0, float(weights.max())), 0.0)
        self._pinned_slopes = self._pin * slopes
        diagonal[0, 0] += self._pin
        diagonal[1, 1] += self._pull + self._pin
        self._system = BlockTridiagonal.of(diagonal, self._sums(self._weighed_before[:, None] * self._after))

    def fit(self, wanted: FloatArray) -> FloatArray:
        """Return the values and slopes (2, C, K) whose curve is closest to the wanted values (C, F): least squares."""
        kept = self.kept
        known = np.zeros((2, len(wanted), len(kept)))
        known[..., :-1] += self._sums(self._weighed_before[:, None] * wanted)
        known[..., 1:] += self._sums(self._weighed_after[:, None] * wanted)
        slopes = 0.5 * (wanted[:, np.minimum(kept + 1, kept[-1])] - wanted[:, np.maximum(kept - 1, 0)])
        slopes[:, [0, -1]] *= 2  # at the ends, only one side has a neighbour
        known[0] += self._pin * wanted[:, kept]
        known[1] += self._pull * slopes + self._pinned_slopes
        return self._system.solve(known)

    def evaluate(self, keys: FloatArray) -> FloatArray:
        """Return the curve at all frames, (C, F), from values and slopes of the keys, (2, C, K)."""
        rows = keys.reshape(-1, keys.shape[-1])
        first = rows.take(self.index, axis=1).reshape(*keys.shape[:2], -1)
        last = rows.take(self.index + 1, axis=1).reshape(*keys.shape[:2], -1)
        curve = self._before[0] * first[0]
        for weight, values in ((self._before[1], first[1]), (self._after[0], last[0]), (self._after[1], last[1])):
            curve += weight * values
        return np.asarray(curve)

    def _sums(self, per_frame: FloatArray) -> FloatArray:
        """Return the sums over the frames of each segment, (..., K - 1) from (..., F)."""
        return np.asarray(np.add.reduceat(per_frame, self.kept[:-1], axis=-1))
