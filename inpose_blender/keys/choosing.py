# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the fewest keys with which the end joints stay where they are.

1. Each curve gets keys until its own error moves no end joint by more than about the tolerance.
2. The errors of all curves add up. Each curve is fitted anew so that it makes up for the errors of the others. Where
   the sum is still too large, the curve that adds most to it gets one more key.
3. Keys that turn out to be unnecessary are removed again: every second key of a curve at a time.

All steps work on whole arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core import BoolArray, FloatArray, IndexArray, runs
from .curve_state import CurveState
from .ends import CurveToKey, Tolerance, sizes

_OWN_LIMIT: Final[float] = 2.0
"""Tolerances that a curve may be off by itself at first: other curves make up for it."""
_BLOCK: Final[int] = 1500
"""Frames that are looked at together: more of them need more rounds, and more memory."""
_PASSES: Final[int] = 12
_ROUNDS: Final[int] = 30
_MANY_FROM: Final[int] = 8
"""From this round on, each frame that is off asks for a key, and not only the worst one of a stretch."""
_ALL_FROM: Final[int] = 14
"""From this round on, all curves of an end joint get the key, and not only the one that is off most."""
_WEIGH_FROM: Final[int] = 10
"""From this round on, frames that are off count more in the fits, by this factor each time."""
_HEAVIER: Final[float] = 3.0
_ALONE_FROM: Final[int] = 22
"""From this round on, the curves no longer make up for each other in the frames that are off."""
_ALONE: Final[int] = 1
"""Frames before and after, for which this is so, too."""
_REMOVALS: Final[int] = 3


@dataclass(frozen=True)
class KeyChoice:
    """Hold the chosen keys of one channel."""

    kept: IndexArray
    """(K,) the frames with keys."""
    values: FloatArray
    """(F, C) the curve through the keys, at all frames."""
    slopes: FloatArray
    """(K, C) change per frame at the keys."""


def choose_keys(curves: Sequence[CurveToKey], tolerances: Sequence[Tolerance]) -> list[KeyChoice]:
    """Return the keys of all curves.

    Args:
        curves: the channels, all with the same frames and the same stride; the last frame may have a key.
        tolerances: how far each end joint may be off in each frame.
    """
    count = len(curves[0].values)
    pieces = max(1, round(count / _BLOCK))
    stride = curves[0].stride
    borders = (stride * np.linspace(0, (count - 1) // stride, pieces + 1).round().astype(int)).tolist()
    parts = [
        _choose_in([curve.part(first, last + 1) for curve in curves], tolerances) for first, last in pairwise(borders)
    ]
    return [_joined(choices, borders) for choices in zip(*parts, strict=True)]


def _choose_in(curves: Sequence[CurveToKey], tolerances: Sequence[Tolerance]) -> list[KeyChoice]:
    states = [CurveState(curve, [tolerances[end] for end in curve.reach.ends]) for curve in curves]
    errors: NDArray[Any] = np.zeros((len(tolerances), 6, len(curves[0].values)), np.float32)  # fast enough so
    alone = np.zeros(errors.shape[-1], np.bool_)
    for state in states:
        for _ in range(_PASSES):
            too_large = np.flatnonzero(state.fit_alone() > _OWN_LIMIT)
            if not len(too_large):
                break
            state.put_keys(with_frames(state.mask, state.splits(too_large)))
        errors[state.ends] += state.errors
    _repair(states, errors, alone)
    for _ in range(_REMOVALS):
        if not _remove(states, errors, alone):
            break
        _repair(states, errors, alone)
    return [KeyChoice(state.kept, state.fitted.T, state.keys[1].T) for state in states]


def _joined(choices: Sequence[KeyChoice], borders: Sequence[int]) -> KeyChoice:
    """Return one choice for blocks that follow each other: the last frame of each is the first one of the next."""
    before, last = choices[:-1], choices[-1]
    return KeyChoice(
        np.concatenate(
            [choice.kept[:-1] + first for choice, first in zip(before, borders, strict=False)]
            + [last.kept + borders[-2]]
        ),
        np.concatenate([choice.values[:-1] for choice in before] + [last.values]),
        np.concatenate([choice.slopes[:-1] for choice in before] + [last.slopes]),
    )


def with_frames(mask: BoolArray, frames: IndexArray) -> BoolArray:
    """Return a mask with further frames."""
    mask = mask.copy()
    mask[frames] = True
    return mask


def _repair(states: Sequence[CurveState], errors: FloatArray, alone: BoolArray) -> None:
    """Fit the curves to each other, and add keys where the sum of their errors is still too large."""
    for number in range(_ROUNDS):
        for state in states:
            state.make_up(errors, alone)
        size = sizes(errors)
        largest = size.max(axis=0)
        at = np.flatnonzero(largest > 1.0)
        if not len(at):
            return
        if number >= _ALONE_FROM:
            alone[np.clip(at[:, None] + np.arange(-_ALONE, _ALONE + 1), 0, len(alone) - 1)] = True
        if number < _MANY_FROM:
            at = np.array([first + int(np.argmax(largest[first:end])) for first, end in runs(largest > 1.0)])
        end = np.argmax(size[:, at], axis=0)
        total = errors[end, :, at]
        by_turn = (total[:, 3:] ** 2).sum(axis=1) > (total[:, :3] ** 2).sum(axis=1)
        total[:, :3][by_turn] = 0.0
        total[:, 3:][~by_turn] = 0.0
        shares = np.array([state.shares(total, at, end) for state in states])
        best = shares >= (shares.max(axis=0) if number < _ALL_FROM else -1e30)
        best &= shares > -np.inf
        for state, own in zip(states, best, strict=True):
            if number >= _WEIGH_FROM:
                state.weigh(at, _HEAVIER)
            if own.any() or number >= _WEIGH_FROM:
                new = state.splits(at[own]) if number < _ALONE_FROM else state.open_around(at[own])
                state.put_keys(with_frames(state.mask, new))
    for state in states:
        state.make_up(errors, alone)


def _remove(states: Sequence[CurveState], errors: FloatArray, alone: BoolArray) -> int:
    """Remove keys without which the sum of the errors stays small enough, and return how many."""
    removed = 0
    for state in sorted(states, key=lambda state: -state.cost * len(state.kept)):
        for parity in (0, 1):
            kept, before = state.kept, state.mask
            candidates = np.flatnonzero(~state.fixed[kept])[parity::2]
            # A removed key's neighbours stay, so that each candidate has a stretch of its own.
            candidates = candidates[np.diff(candidates, prepend=-2) > 1]
            if not len(candidates):
                continue
            state.put_keys(before & ~with_frames(np.zeros_like(before), kept[candidates]))
            state.make_up(errors, alone)
            bad = np.concatenate(([0], np.cumsum(sizes(errors).max(axis=0) > 1.0)))
            fine = bad[kept[candidates + 1]] == bad[kept[candidates - 1]]
            state.put_keys(before & ~with_frames(np.zeros_like(before), kept[candidates[fine]]))
            state.make_up(errors, alone)
            removed += int(fine.sum())
    return removed
