# SPDX-License-Identifier: Apache-2.0
"""Multiply matrices fast in float32, whether or not numpy was built with a BLAS.

Blender's own builds compile numpy without one. There ``x @ w.T`` runs a plain loop, 4 GFLOP/s on one core, while
`einsum` over contiguous rows, whose inner loop is vectorised, reaches 18 to 25. With a BLAS it is the other way round:
120 against 25. One measurement decides which way is faster: a numpy that names a BLAS may have the slow reference
one.
"""

from __future__ import annotations

from functools import cache
from time import perf_counter
from typing import Final

import numpy as np

from .blas_threads import one_blas_thread
from .elementwise import Floats

_PROBE_SHAPE: Final[tuple[int, int, int]] = (32, 288, 288)
"""Rows, inputs and outputs of the measured product: a millisecond in the slower way."""
_PROBE_ROUNDS: Final[int] = 3


def linear(x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
    """Return ``x weight^T + bias``.

    Args:
        x: (..., inputs), of which float32 is the fast format.
        weight: (outputs, inputs), contiguous rows.
        bias: (outputs,); nothing is added if absent.
    """
    # numpy would multiply each matrix of a stack by itself; all rows at once are half as fast again.
    rows = x.reshape(-1, x.shape[-1])
    product = rows @ weight.T if multiplies_fast() else _dot_rows(rows, weight)
    if bias is not None:
        product += bias
    return product.reshape(*x.shape[:-1], len(weight))


@cache
def multiplies_fast() -> bool:
    """Return whether ``@`` is faster than `einsum`, by trying both for a few milliseconds; the answer is kept.

    One is about five times as fast as the other. They are timed in turn, and the best of several rounds counts, so
    other processes do not change the answer.
    """
    rows, inputs, outputs = _PROBE_SHAPE
    x, weight = np.ones((rows, inputs), np.float32), np.ones((outputs, inputs), np.float32)
    by_operator, by_rows = [], []
    with one_blas_thread():
        for _ in range(_PROBE_ROUNDS):
            start = perf_counter()
            x @ weight.T
            between = perf_counter()
            _dot_rows(x, weight)
            by_operator.append(between - start)
            by_rows.append(perf_counter() - between)
    return min(by_operator) < min(by_rows)


def _dot_rows(rows: Floats, weight: Floats) -> Floats:
    """Return ``rows weight^T``: every element is the dot product of two rows, which `einsum` vectorises."""
    product: Floats = np.einsum("ij,kj->ik", rows, weight, optimize=False)
    return product
