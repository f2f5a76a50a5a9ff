# SPDX-License-Identifier: Apache-2.0
"""Compute frame by frame in pieces that stay in the processor's cache.

An hour of frames in one go reads and writes hundreds of megabytes for every operation, and asks the system for each of
them anew: that took a quarter longer per frame than ten minutes do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from torch import Tensor

FRAMES_AT_ONCE: Final[int] = 4096


def in_pieces(compute: Callable[..., Tensor], *series: Tensor) -> Tensor:
    """Return ``compute(*series)``, (F, ...), for a computation that looks at each frame by itself.

    Args:
        compute: what to compute of pieces of all the series.
        series: tensors whose first axis is time, (F, ...).
    """
    frames = len(series[0])
    if frames <= FRAMES_AT_ONCE:
        return compute(*series)
    first = compute(*(one[:FRAMES_AT_ONCE] for one in series))
    whole = first.new_empty(frames, *first.shape[1:])
    whole[:FRAMES_AT_ONCE] = first
    for start in range(FRAMES_AT_ONCE, frames, FRAMES_AT_ONCE):
        part = slice(start, start + FRAMES_AT_ONCE)
        whole[part] = compute(*(one[part] for one in series))
    return whole
