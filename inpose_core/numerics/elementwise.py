# SPDX-License-Identifier: Apache-2.0
"""Compute the steps of a transformer between its matrix products, with numpy and few passes over memory.

Every function computes in the number format of its argument, and does not change its argument.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray

Floats = NDArray[np.floating[Any]]

_NORM_EPSILON: Final[float] = 1e-5
"""Added to the variance, as PyTorch does."""
_GELU_LINEAR: Final[float] = math.sqrt(2 / math.pi)
_GELU_CUBIC: Final[float] = 0.044715 * _GELU_LINEAR
_SAFE_TOTALS: Final[tuple[float, float]] = (1e-25, 1e25)
"""Between these sums of exponentials float32 is accurate enough."""


def layer_norm(x: Floats, scale: Floats | None = None, shift: Floats | None = None) -> Floats:
    """Return x with mean 0 and variance 1 along its last axis, then scaled and shifted.

    Args:
        x: (..., size).
        scale: factor of the result; must broadcast to x.
        shift: added to the scaled result; must broadcast to x.
    """
    size = x.shape[-1]
    # `einsum` sums a contiguous axis three times as fast as `mean` does.
    normed: Floats = x - (np.einsum("...i->...", x) / size)[..., None]
    normed /= np.sqrt(np.einsum("...i,...i->...", normed, normed) / size + _NORM_EPSILON)[..., None]
    if scale is not None:
        normed *= scale
    if shift is not None:
        normed += shift
    return normed


def gelu(x: Floats) -> Floats:
    """Return the GELU activation by its approximation with tanh."""
    y = x * x
    y *= _GELU_CUBIC
    y += _GELU_LINEAR
    y *= x
    np.tanh(y, out=y)
    y += 1.0
    y *= x
    y *= 0.5
    return y


def softmax(x: Floats, axis: int = -1) -> Floats:
    """Return exp(x), normalised along an axis."""
    weights, total = _exponentials(x, axis)
    weights *= 1.0 / total
    return weights


def attention(query: Floats, key: Floats, value: Floats) -> Floats:
    """Return ``softmax(query key^T / sqrt(size)) value``, (..., heads, tokens, size).

    In memory the heads of a token lie side by side, so that joining them again (``swapaxes``, ``reshape``) copies
    nothing.

    Args:
        query: (..., heads, tokens, size).
        key: the same.
        value: the same.
    """
    # Matrices this small are multiplied by `@` as fast as by any other way, with a BLAS or without.
    scores = query @ key.swapaxes(-1, -2)
    scores *= query.shape[-1] ** -0.5
    weights, total = _exponentials(scores, -1)
    *batch, heads, tokens, size = query.shape
    attended: Floats = np.empty((*batch, tokens, heads, size), query.dtype).swapaxes(-2, -3)
    np.matmul(weights, value, out=attended)
    attended *= 1.0 / total
    return attended


def rotate_pairs(x: Floats, cosine: FloatArray, sine: FloatArray) -> Floats:
    """Return x (..., tokens, size) with each pair of neighbours turned by the angle of its token and place.

    Args:
        x: its last axis is contiguous.
        cosine: of the angles, (tokens, size / 2).
        sine: of the angles, the same.
    """
    complex_format = np.result_type(x.dtype, np.complex64)
    turn = (cosine + 1j * sine).astype(complex_format)
    turned: Floats = (x.view(complex_format) * turn).view(x.dtype)
    return turned


def _exponentials(x: Floats, axis: int) -> tuple[Floats, Floats]:
    """Return exponentials of x, up to a factor common to an axis, and their sums along it, which is kept.

    The largest is subtracted only where that is needed: finding it takes longer than all the rest.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        grown = np.exp(x)
        total = _sums(grown, axis)
        least, most = _SAFE_TOTALS
        if least < total.min(initial=1.0) and total.max(initial=1.0) < most:
            return grown, total
        np.subtract(x, x.max(axis=axis, keepdims=True), out=grown)
        np.exp(grown, out=grown)
    return grown, _sums(grown, axis)


def _sums(x: Floats, axis: int) -> Floats:
    sums: Floats = np.einsum("...i->...", np.moveaxis(x, axis, -1))
    return np.expand_dims(sums, axis)
