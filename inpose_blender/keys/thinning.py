# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove keys that are needed only because each curve was fitted by itself.

All curves are fitted together so that the *largest* error becomes small, not the mean one: a frame that is nearly off
counts more in the next fit (iteratively reweighted least squares). This leaves room, and some of the keys of all curves
can go at a time. Where it was too much, they come back. It takes far longer than the first choice of keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import BoolArray, FloatArray, IndexArray, runs
from .curve_state import CurveState
from .ends import squared_sizes

_ROUNDS: Final[int] = 8
_SHARE: Final[int] = 5
"""Every so many-th key is tried at a time, until it no longer works."""
_FIRST_FITS: Final[int] = 12
_FITS: Final[int] = 5
_TRIES: Final[int] = 7
_ALL_FROM: Final[int] = 3
"""From this try on, all keys come back that were removed around a frame that is off, and not only the worst one."""
_POWER: Final[float] = 1.5
"""Of the squared error: weights go with its cube."""
_LEAST: Final[float] = 0.05
_MOST: Final[float] = 3.0
_KEPT: Final[float] = 0.5
"""Share of a weight that stays from one fit to the next."""


@dataclass(frozen=True)
class _Removed:
    """Hold the keys that are tried without, for one curve."""

    mask: BoolArray
    """(F,) its keys before."""
    frames: IndexArray
    before: IndexArray
    """The keys before and after each of them."""
    after: IndexArray
    gone: BoolArray
    """Which of them are still removed; changes in place."""


def thin_out(states: Sequence[CurveState], errors: FloatArray) -> None:
    """Remove keys as long as no error is larger than the tolerance; curves that are in order stay in order.

    Args:
        states: the curves; they change.
        errors: (E, 6, F) the sum of their errors, in tolerances; changes, too.
    """
    if not states or squared_sizes(errors).max() > 1.0:
        return
    weights = _fit(states, errors, _weights(errors), _FIRST_FITS, stop=0.0)
    for number in range(_ROUNDS):
        before, kept_errors = [state.kept_state() for state in states], errors.copy()
        removed = [_some_keys(state, 3 * number + index) for index, state in enumerate(states)]
        weights, fine = _try_without(states, errors, weights, removed)
        if not fine:
            for state, each in zip(states, before, strict=True):
                state.restore(each)
            errors[:] = kept_errors
            return


def _some_keys(state: CurveState, number: int) -> _Removed:
    """Return every fifth key, others for each number: neighbouring curves do not lose the same ones."""
    places = np.flatnonzero(~state.fixed[state.kept])
    places = places[number % _SHARE :: _SHARE]
    places = places[np.diff(places, prepend=-2) > 1]
    kept = state.kept
    return _Removed(state.mask, kept[places], kept[places - 1], kept[places + 1], np.ones(len(places), np.bool_))


def _try_without(
    states: Sequence[CurveState], errors: FloatArray, weights: FloatArray, removed: Sequence[_Removed]
) -> tuple[FloatArray, bool]:
    """Fit the curves without keys, and bring keys back where it does not work; say whether it worked in the end."""
    for number in range(_TRIES):
        for state, each in zip(states, removed, strict=True):
            mask = each.mask.copy()
            mask[each.frames[each.gone]] = False
            if not np.array_equal(mask, state.mask):
                errors[state.ends] -= state.errors
                state.put_keys(mask)
                state.fit_again()
                errors[state.ends] += state.errors
        weights = _fit(states, errors, weights, _FITS, stop=1.0)
        size = squared_sizes(errors)
        off = size.max(axis=(0, 1)) > 1.0
        if not off.any():
            return weights, True
        for first, end in runs(off):
            frame = first + int(np.argmax(size[:, :, first:end].max(axis=(0, 1))))
            _bring_back(states, errors, removed, frame, everything=number >= _ALL_FROM)
    return weights, False


def _bring_back(
    states: Sequence[CurveState], errors: FloatArray, removed: Sequence[_Removed], frame: int, *, everything: bool
) -> None:
    """Bring back the keys around a frame of the curve that adds most to the error there, or of all curves."""
    end = int(np.argmax((errors[:, :, frame] ** 2).sum(axis=1)))
    best, best_share, best_keys = None, -np.inf, np.zeros(0, np.int64)
    for state, each in zip(states, removed, strict=True):
        keys = np.flatnonzero(each.gone & (each.before <= frame) & (frame <= each.after))
        if not len(keys):
            continue
        if everything:
            each.gone[keys] = False
        share = state.share_at(errors, end, frame)
        if best is None or share > best_share:
            best, best_share, best_keys = each, share, keys
    if best is not None:
        best.gone[best_keys] = False


def _fit(
    states: Sequence[CurveState], errors: FloatArray, weights: FloatArray, most: int, *, stop: float
) -> FloatArray:
    """Fit all curves a few times; return the weights for the next time."""
    for _ in range(most):
        for state in states:
            state.improve(errors, weights)
        weights = _KEPT * weights + (1 - _KEPT) * _weights(errors)
        if squared_sizes(errors).max() <= stop:
            break
    return weights


def _weights(errors: FloatArray) -> FloatArray:
    """Return how much shift and turn of each end joint count in each frame, (E, 2, F)."""
    size = np.clip(squared_sizes(errors), _LEAST**2, _MOST**2)
    return np.asarray(size**_POWER, np.float32)
