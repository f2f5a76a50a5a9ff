# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a curve while its keys are chosen: its keys so far, and what its error does to the end joints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import BoolArray, FloatArray, IndexArray
from .curves import Segments
from .ends import CurveToKey, Tolerance, sizes

_OWN_WAY: Final[float] = 0.02
"""How strongly a bone keeps its own way when it makes up for the errors of others."""


_OWN_CURVATURE: Final[float] = 0.005
"""The same where all curves are fitted together; also, a quaternion's length has no effect of its own."""


@dataclass(frozen=True)
class StateOfKeys:
    """Hold the keys of a curve, and the curve through them."""

    mask: BoolArray
    kept: IndexArray
    segments: Segments
    keys: FloatArray
    fitted: FloatArray
    errors: FloatArray


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
        self.put_keys(self.fixed)
        self._fit(self._values)

    keys: FloatArray
    """(2, C, K) values and slopes of the keys."""
    fitted: FloatArray
    """(C, F) the curve through them."""
    errors: FloatArray
    """(E, 6, F) what it does to the end joints."""

    def put_keys(self, mask: BoolArray) -> None:
        """Have keys on the masked frames; the curve is not yet fitted to them."""
        self.mask, self.kept = mask, np.flatnonzero(mask)
        self._segments = Segments(self.kept, self._exact[self.kept], self._slopes[:, self.kept])

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
            wanted[component] -= np.where(alone, 0.0, np.einsum("eif,eif->f", answers, others))
        self._fit(wanted)
        errors[self.ends] = others + self.errors

    def improve(self, errors: FloatArray, weights: FloatArray) -> None:
        """Change the curve so that the weighted squares of all errors become least, and update the errors of all.

        Args:
            errors: of all end joints, (E, 6, F).
            weights: of the squares of their shift and of their turn, (E, 2, F).
        """
        if not len(self.ends):
            return
        weighted = self._effects * np.repeat(weights[self.ends], 3, axis=1)
        slopes = np.einsum("ceif,eif->cf", weighted, errors[self.ends])
        curvature = np.stack([np.einsum("eif,deif->df", each, self._effects) for each in weighted])
        own = _OWN_CURVATURE * np.einsum("ccf->f", curvature) + 1e-9
        slopes = slopes + own * (self.fitted - self._values)  # far from its own way, the errors are other ones
        curvature = curvature + own * np.eye(self.cost)[:, :, None]
        self.keys = self.keys + self._segments.improve(slopes, curvature)
        errors[self.ends] -= self.errors
        self._update()
        errors[self.ends] += self.errors

    def fit_again(self) -> None:
        """Fit the curve to itself, after its keys have changed."""
        self._fit(self.fitted)

    def share_at(self, errors: FloatArray, end: int, frame: int) -> float:
        """Return how much this curve adds to the error of an end joint in a frame."""
        place = np.flatnonzero(self.ends == end)
        return float(self.errors[place[0], :, frame] @ errors[end, :, frame]) if len(place) else -np.inf

    def kept_state(self) -> StateOfKeys:
        """Return what changes, for `restore`."""
        return StateOfKeys(self.mask, self.kept, self._segments, self.keys, self.fitted, self.errors)

    def restore(self, state: StateOfKeys) -> None:
        """Go back to an earlier state."""
        self.mask, self.kept, self._segments = state.mask, state.kept, state.segments
        self.keys, self.fitted, self.errors = state.keys, state.fitted, state.errors

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

    def _room(self) -> BoolArray:
        """Return the frames beside or in a segment that can take one more key, (F,)."""
        free = np.maximum.reduceat(~(self.mask | self._closed), self.kept[:-1])
        room = free[self._segments.index]
        room[self.kept[1:-1]] |= free[:-1]
        return room

    def _fit(self, wanted: FloatArray) -> None:
        self.keys = self._segments.fit(wanted)
        self._update()

    def _update(self) -> None:
        self.fitted = self._segments.evaluate(self.keys)
        off = (self.fitted - self._values).astype(np.float32)
        self.errors = np.einsum("ceif,cf->eif", self._effects, off)


def _answers(effects: FloatArray) -> FloatArray:
    """Return the change of the components that best makes up for a unit of each error, (C, E, 6, F)."""
    normal = np.einsum("ceif,deif->fcd", effects, effects)
    trace = np.trace(normal, axis1=1, axis2=2)
    normal = normal + (_OWN_WAY * trace + 1e-9)[:, None, None] * np.eye(normal.shape[-1])
    return np.ascontiguousarray(np.einsum("fcd,deif->ceif", np.linalg.inv(normal), effects), np.float32)
