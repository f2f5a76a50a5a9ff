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
        while reach < count and np.abs(after).max() > _NEGLIGIBLE * np.abs(diagonal).max():
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


def _times(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the products of matrices (2, 2, K) and (2, C, K)."""
    return np.asarray(a[:, 0, None] * b[None, 0] + a[:, 1, None] * b[None, 1])


def _inverse(a: FloatArray) -> FloatArray:
    determinant = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    return np.array([[a[1, 1], -a[0, 1]], [-a[1, 0], a[0, 0]]]) / determinant
