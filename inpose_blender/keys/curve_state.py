# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a curve while its keys are chosen: its keys so far, and what its error does to the end joints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..core import BoolArray, FloatArray, IndexArray
from .curves import Segments
from .ends import CurveToKey, Tolerance, sizes

_OWN_WAY: Final[float] = 0.02
"""How strongly a bone keeps its own way when it makes up for the errors of others."""
_LEAST_WEIGHT: Final[float] = 0.1
_MOST_WEIGHT: Final[float] = 300.0
_HEAVIEST: Final[float] = 1e4
"""How much a frame counts in the fit of a curve, compared with the others."""


class CurveState:
    """One curve with keys on some frames. Errors are in tolerances, (E, 6, F): three of a shift, three of a turn."""

    def __init__(self, curve: CurveToKey, tolerances: Sequence[Tolerance]) -> None:
        self.curve, self.ends = curve, curve.reach.ends
        self.count, self.cost = curve.values.shape
        self.fixed = np.zeros(self.count, np.bool_)
        self.fixed[[0, -1]] = True
        self.fixed[curve.fixed] = True
        self._closed, self._exact = np.arange(self.count) % curve.stride != 0, np.zeros(self.count, np.bool_)
        self._slopes = np.zeros((self.cost, self.count))
        for first, last in curve.held:
            self._closed[first + 1 : last] = True
            self._exact[[first, last]] = True
        for frame, slope in curve.joins:
            self._exact[frame] = True
            self._slopes[:, frame] = slope
        self.fixed = (self.fixed | self._exact) & ~self._closed
        self._values = np.ascontiguousarray(curve.values.T)
        self._effects = curve.reach.effects(self.count, tolerances)
        self._answers = _answers(self._effects)
        self._weights = _weights(self._effects)
        self.put_keys(self.fixed)
        self._fit(self._values)

    def put_keys(self, mask: BoolArray) -> None:
        """Have keys on the masked frames; the curve is not yet fitted to them."""
        self.mask, self.kept = mask, np.flatnonzero(mask)
        self._segments = Segments(self.kept, self._exact[self.kept], self._slopes[:, self.kept], self._weights)

    def weigh(self, frames: IndexArray, factor: float) -> None:
        """Let some frames count more in the next fits, after the next `put_keys`."""
        self._weights[frames] = np.minimum(factor * self._weights[frames], _HEAVIEST)

    def fit_alone(self) -> FloatArray:
        """Fit the curve to its own values. Return the largest error of an end joint, in tolerances, (F,)."""
        self._fit(self._values)
        return self.own_sizes()

    def make_up(self, errors: FloatArray, alone: BoolArray) -> None:
        """Fit the curve so that it makes up for the errors of the others, and update the errors of all.

        Args:
            errors: of all end joints, (E, 6, F).
            alone: frames in which the curve keeps to its own values, (F,).
        """
        others = errors[self.ends] - self.errors
        wanted = self._values.copy()
        for component, answers in enumerate(self._answers):
            wanted[component] -= np.where(alone | self._exact, 0.0, np.einsum("eif,eif->f", answers, others))
        self._fit(wanted)
        errors[self.ends] = others + self.errors

    def own_sizes(self) -> FloatArray:
        """Return the largest error of an end joint if only this curve were off, (F,)."""
        return np.asarray(sizes(self.errors).max(axis=0)) if len(self.ends) else np.zeros(self.count, np.float32)

    def shares(self, errors: FloatArray, at: IndexArray, end: IndexArray) -> FloatArray:
        """Return how much this curve adds to the errors (N, 6) of end joints in some frames, for the price of a key.

        It is minus infinity where there is no room for a key.
        """
        place = np.full(max(int(end.max()), int(self.ends.max(initial=-1))) + 1, -1)
        place[self.ends] = np.arange(len(self.ends))
        follows = (place[end] >= 0) & self._room()[at]
        share = np.full(len(at), -np.inf)
        own = self.errors[place[end[follows]], :, at[follows]]
        share[follows] = np.einsum("ni,ni->n", own, errors[follows]) / np.sqrt(self.cost)
        return share

    def splits(self, at: IndexArray) -> IndexArray:
        """Return where to put a key in the segments of some frames: where the curve itself is off, rather in the middle
        of a segment than beside a key."""
        share = self._segments.share
        inner = np.where(self.mask | self._closed, -1.0, (self.own_sizes() + 1e-3) * share * (1 - share))
        starts = self.kept[:-1]
        worst = np.maximum.reduceat(inner, starts)
        index = self._segments.index[at]
        earlier = np.maximum(index - (self.mask[at] & (at < self.count - 1)), 0)
        index = np.unique(np.where(worst[earlier] > worst[index], earlier, index))
        index = index[worst[index] >= 0]
        found = np.flatnonzero(np.isin(self._segments.index, index) & (inner == worst[self._segments.index]))
        _, first = np.unique(self._segments.index[found], return_index=True)
        return found[first]

    def open_around(self, at: IndexArray) -> IndexArray:
        """Return the frames that may have a key, at some frames and at those before and after."""
        stride = self.curve.stride
        near = np.clip(at[:, None] // stride * stride + stride * np.arange(-1, 3), 0, self.count - 1).ravel()
        return near[~self._closed[near]]

    def _room(self) -> BoolArray:
        """Return the frames beside or in a segment that can take one more key, (F,)."""
        free = np.maximum.reduceat(~(self.mask | self._closed), self.kept[:-1])
        room = free[self._segments.index]
        room[self.kept[1:-1]] |= free[:-1]
        return room

    def _fit(self, wanted: FloatArray) -> None:
        self.keys = self._segments.fit(wanted)
        self.fitted = self._segments.evaluate(self.keys)
        off = (self.fitted - self._values).astype(np.float32)
        self.errors = np.einsum("ceif,cf->eif", self._effects, off)


def _answers(effects: FloatArray) -> FloatArray:
    """Return the change of the components that best makes up for a unit of each error, (C, E, 6, F)."""
    normal = np.einsum("ceif,deif->cdf", effects, effects)
    normal = normal + (_OWN_WAY * np.trace(normal) + 1e-9) * np.eye(len(normal))[..., None]
    return np.ascontiguousarray(np.einsum("cdf,deif->ceif", _inverse(normal), effects), np.float32)


def _inverse(matrices: FloatArray) -> FloatArray:
    """Return the inverse of symmetric, positive definite matrices (C, C, F): faster than one after the other."""
    size = len(matrices)
    left, right = matrices.astype(np.float64), np.zeros(matrices.shape)
    right[np.arange(size), np.arange(size)] = 1.0
    for pivot in range(size):
        scale = 1.0 / left[pivot, pivot]
        left[pivot], right[pivot] = left[pivot] * scale, right[pivot] * scale
        for row in (row for row in range(size) if row != pivot):
            share = left[row, pivot].copy()
            left[row] -= share * left[pivot]
            right[row] -= share * right[pivot]
    return right


def _weights(effects: FloatArray) -> FloatArray:
    """Return how much each frame counts in the fit of a curve, (F,): more where its errors are seen more."""
    seen = np.einsum("ceif,ceif->f", effects, effects).astype(np.float64)
    usual = float(np.median(seen))
    return np.clip(seen / usual, _LEAST_WEIGHT, _MOST_WEIGHT) if usual > 0 else np.ones_like(seen)
