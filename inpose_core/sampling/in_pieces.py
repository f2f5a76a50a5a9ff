# SPDX-License-Identifier: Apache-2.0
"""Compute frame by frame in pieces that stay in the processor's cache, on all of its cores.

If an hour of frames is computed at once, every operation reads and writes hundreds of megabytes, and requests them from
the system again. This took a quarter longer per frame than ten minutes of frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..numerics import Array, namespace_of

FRAMES_AT_ONCE: Final[int] = 2048


def pieces(frames: int) -> list[slice]:
    """Return the slices that divide this number of frames."""
    return [slice(start, min(start + FRAMES_AT_ONCE, frames)) for start in range(0, frames, FRAMES_AT_ONCE)]


def in_pieces(compute: Callable[..., Array], *series: Array) -> Array:
    """Return ``compute(*series)``, (F, ...), for a computation that looks at each frame by itself.

    Args:
        compute: the function of pieces of all the series.
        series: arrays whose first axis is time, (F, ...).
    """
    frames = len(series[0])
    if frames <= FRAMES_AT_ONCE:
        return compute(*series)
    xp = namespace_of(series[0])
    return xp.concat(xp.map_parts(lambda part: compute(*(one[part] for one in series)), pieces(frames), series[0]))
