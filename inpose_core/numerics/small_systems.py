# SPDX-License-Identifier: Apache-2.0
"""Solve one small positive definite system in every frame, all frames at once.

A Cholesky decomposition is written out over blocks of rows, and every operation in it runs over thousands of frames. So
a large matrix is read once per block and not once per row. The same code serves numpy arrays and torch tensors, and
needs no LAPACK.
"""

from __future__ import annotations

from typing import Final

from .array import Array
from .namespace import namespace_of

_FRAMES_AT_ONCE: Final[int] = 8192
_ELEMENTS_AT_ONCE: Final[int] = 1 << 21
"""A larger block of matrices leaves the cache (8 MB in float32)."""
_BLOCK: Final[int] = 3
"""Rows of one point. With five or six, systems of 30 rows take a tenth longer."""
_LEAST_PIVOT: Final[float] = 1e-30
"""A smaller pivot counts as zero: the inverse of its root would leave the range of float32."""


def solve_positive_definite(A: Array, b: Array) -> Array:
    """Return x of ``A x = b`` in every frame, (n, F); zero where A is not positive definite.

    Args:
        A: symmetric matrices, frames last, of which the upper triangle is read, (n, n, F).
        b: right-hand sides, (n, F).
    """
    size, frames = b.shape
    x = b * 1.0
    at_once = max(64, min(_FRAMES_AT_ONCE, _ELEMENTS_AT_ONCE // size**2))
    for first in range(0, frames, at_once):
        part = slice(first, first + at_once)
        _solve_in_place(A[..., part], x[:, part])
    return x


def _solve_in_place(A: Array, x: Array) -> None:
    """Replace right-hand sides (n, F) by solutions."""
    xp, size = namespace_of(x), len(x)
    # [A | b], which elimination turns into [U | y] with U^T U = A.
    U = A[:, [*range(size), 0]]
    U[:, size] = x
    solvable = A[0, 0] > _LEAST_PIVOT
    inverse_roots = []
    for first in range(0, size, _BLOCK):
        end = min(first + _BLOCK, size)
        if first > 0:
            above = U[:first].swapaxes(0, 1)
            U[first:end, first:] -= xp.products_by_frame(above[first:end], above[first:])
        for k in range(first, end):
            pivot = U[k, k]
            # NaN is not positive either. Zero for the root's inverse lets nothing grow in frames without a solution.
            solvable = solvable & (pivot > _LEAST_PIVOT)
            inverse_roots.append(solvable / pivot.clip(min=_LEAST_PIVOT) ** 0.5)
            U[k, k:] *= inverse_roots[k]
            for row in range(k + 1, end):
                U[row, row:] -= U[k, row:] * U[k, row]
    x[:] = U[:, size]
    for k in reversed(range(size)):
        x[k] *= inverse_roots[k]
        if k > 0:
            x[:k] -= U[:k, k] * x[k]
    x[:, ~solvable] = 0.0
