# SPDX-License-Identifier: Apache-2.0
"""Solve one small positive definite system in every frame, all frames at once."""

from __future__ import annotations

from .array import Array
from .namespace import namespace_of

_LEAST_PIVOT = 1e-30


def solve_positive_definite(A: Array, b: Array) -> Array:
    """Return x of ``A x = b`` by Cholesky decomposition, frames last, (n, F); zero where A is not positive definite.

    A Cholesky written out over all frames at once beats a library's loop over small matrices, and needs no LAPACK.

    Args:
        A: symmetric matrices, of which the lower triangle is read, (n, n, F).
        b: right-hand sides, (n, F).
    """
    xp = namespace_of(A)
    size = len(b)
    L = xp.copy(A)
    solvable = A[0, 0] > _LEAST_PIVOT
    for k in range(size):
        pivot = L[k, k]
        solvable = solvable & (pivot > _LEAST_PIVOT)
        # A column is divided by its pivot's root; what lies to the right of it loses its outer product.
        L[k:, k] = L[k:, k] / xp.sqrt(pivot.clip(min=_LEAST_PIVOT))
        for j in range(k + 1, size):
            L[j:, j] -= L[j:, k] * L[j, k]
    x = xp.copy(b)
    for k in range(size):
        x[k] = x[k] / L[k, k]
        x[k + 1 :] -= L[k + 1 :, k] * x[k]
    for k in reversed(range(size)):
        x[k] = (x[k] - (L[k + 1 :, k] * x[k + 1 :]).sum(axis=0)) / L[k, k]
    return xp.where(solvable, x, 0.0)
