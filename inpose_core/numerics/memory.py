# SPDX-License-Identifier: Apache-2.0
"""Reuse freed memory for the next arrays."""

from __future__ import annotations

import numpy as np

_LARGEST_KEPT_BYTES = 31 << 20


def keep_freed_memory() -> None:
    """Let the C library keep freed arrays of up to 31 MB for the next ones, where it is glibc.

    glibc returns every freed array of more than 128 KB to the system, and requests new pages, filled with zeros, for
    the next one. This costs a twentieth of the network's time, and half the time of a product of many small matrices.
    glibc raises this limit to the size of the largest array that was freed, up to 32 MB. So this function frees an
    array of that size, whose pages were never used. With another C library, it does nothing. It can be called again.
    """
    np.empty(_LARGEST_KEPT_BYTES, np.uint8)
