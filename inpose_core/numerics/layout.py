# SPDX-License-Identifier: Apache-2.0
"""Lay arrays out with the frames last: small vectors and matrices of thousands of frames then compute at full speed.

numpy loops along the last axis. If this axis has three elements, the overhead dominates: products of 3 x 3 matrices
take ten to thirty times as long as with a thousand frames along the last axis.
"""

from __future__ import annotations

from .array import Array
from .namespace import namespace_of


def frames_last(x: Array) -> Array:
    """Return (..., F) of (F, ...), contiguous."""
    xp = namespace_of(x)
    return xp.contiguous(xp.moveaxis(x, 0, -1))


def frames_first(x: Array) -> Array:
    """Return (F, ...) of (..., F), contiguous."""
    xp = namespace_of(x)
    return xp.contiguous(xp.moveaxis(x, -1, 0))
