# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve thousands of small equations, each tied to its two neighbours, with a few operations on whole arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import FloatArray

_NEGLIGIBLE: Final[float] = 1e-9


@dataclass(frozen=True)
class BlockTridiagonal:
    """Hold a factored system of 2 x 2 blocks: ``O[k-1]' x[k-1] + D[k] x[k] + O[k] x[k+1] = b[k]``.

    Parallel cyclic reduction (Hockney, 1965): each step eliminates the neighbours of all rows at once, and the next
    neighbours are twice as far away. It stops where they no longer matter.
    """

    steps: tuple[tuple[FloatArray, FloatArray], ...]
    """For each step what to subtract of the row before and of the row after, (2, 2, K - reach)."""
    inverse: FloatArray
    """(2, 2, K) of the blocks that are left."""

    @classmethod
    def of(cls, diagonal: FloatArray, after: FloatArray) -> BlockTridiagonal:
        """Factor a symmetric, positive definite system.

        Args:
            diagonal: ``D``, (2, 2, K).
            after: ``O``, (2, 2, K - 1).
        """
        steps = []
        count, reach = diagonal.shape[-1], 1
        while reach < count and _matters(diagonal, after, reach):
            inverse = _inverse(diagonal)
            from_before = _times(np.swapaxes(after, 0, 1), inverse[..., :-reach])
            from_after = _times(after, inverse[..., reach:])
            steps.append((from_before, from_after))
            diagonal = diagonal.copy()
            diagonal[..., reach:] -= _times(from_before, after)
            diagonal[..., :-reach] -= _times(from_after, np.swapaxes(after, 0, 1))
            after = -_times(from_after[..., :-reach], after[..., reach:])
            reach *= 2
        return cls(tuple(steps), _inverse(diagonal))

    def solve(self, known: FloatArray) -> FloatArray:
        """Return ``x`` for the right side ``b``, both (2, C, K)."""
        for step, (from_before, from_after) in enumerate(self.steps):
            reach = 2**step
            reduced = known.copy()
            reduced[..., reach:] -= _times(from_before, known[..., :-reach])
            reduced[..., :-reach] -= _times(from_after, known[..., reach:])
            known = reduced
        return _times(self.inverse, known)


def _matters(diagonal: FloatArray, after: FloatArray, reach: int) -> bool:
    """Return whether rows still have to do with each other. Rows are compared with their own neighbours only: keys that
    are held to a value have diagonals that are larger by far than those of all others."""
    size = np.abs(diagonal).max(axis=(0, 1))
    return bool((np.abs(after).max(axis=(0, 1)) > _NEGLIGIBLE * np.minimum(size[:-reach], size[reach:])).any())


def _times(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the products of matrices (2, 2, K) and (2, C, K)."""
    return np.asarray(a[:, 0, None] * b[None, 0] + a[:, 1, None] * b[None, 1])


def _inverse(a: FloatArray) -> FloatArray:
    determinant = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    return np.array([[a[1, 1], -a[0, 1]], [-a[1, 0], a[0, 0]]]) / determinant
