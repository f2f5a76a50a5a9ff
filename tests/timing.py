# SPDX-License-Identifier: Apache-2.0
"""Time something on a machine that may be busy with other things."""

from __future__ import annotations

import time
from collections.abc import Callable


def fastest_s(call: Callable[[], object], enough_s: float = 0.0, tries: int = 5) -> float:
    """Return the least processor time of a call; try again, at most `tries` times, until one takes at most `enough_s`.

    Other processes slow a call down, but they never make it faster. So a call that is slow by itself is slow in each
    try.
    """
    least_s = float("inf")
    for _ in range(tries):
        began_s = time.process_time()
        call()
        least_s = min(least_s, time.process_time() - began_s)
        if least_s <= enough_s:
            break
    return least_s
