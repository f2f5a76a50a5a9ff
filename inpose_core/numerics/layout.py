# SPDX-License-Identifier: Apache-2.0
"""Lay arrays out with the frames last: small vectors and matrices of thousands of frames then compute at full speed.

numpy works along the last axis. Where that has three elements it spends its time on the way to them: ten to thirty
times as long for products of 3 x 3 matrices as where that has a thousand frames.
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
