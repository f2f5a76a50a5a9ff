# SPDX-License-Identifier: Apache-2.0
"""Keep memory that was freed, for the arrays that come next."""

from __future__ import annotations

import numpy as np

_LARGEST_KEPT_BYTES = 31 << 20


def keep_freed_memory() -> None:
    """Let the C library keep freed arrays of up to 31 MB for the next ones, where it is glibc.

    It gives every array of more than 128 KB back to the system when it is freed, and gets new pages, filled with
    zeros, for the next: a twentieth of the network's time, and half the time of a product of many small matrices. glibc
    raises that limit to the size of the largest array it has seen freed, up to 32 MB. This frees one, of which no page
    was ever touched. It does nothing elsewhere, and may be called again.
    """
    np.empty(_LARGEST_KEPT_BYTES, np.uint8)
