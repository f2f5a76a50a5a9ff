# SPDX-License-Identifier: Apache-2.0
"""Find where a recorder's clock stood still: frames that share one time, and then a hole in the time."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, runs
from ..findings import Finding

_FEWEST_FRAMES: Final[int] = 3
_SHORTEST_HOLE_S: Final[float] = 0.2
"""Shorter holes are bridged without a visible trace."""


def stall_findings(times_s: FloatArray, kept: BoolArray) -> list[Finding]:
    """Return a finding for each time the clock stood still.

    Args:
        times_s: (F,) as recorded.
        kept: (F,) frames of increasing time; of equal times the last one.
    """
    frames = np.flatnonzero(kept)
    found = []
    for start, stop in runs(~kept):
        if stop - start < _FEWEST_FRAMES or stop >= len(times_s) or times_s[start] != times_s[stop]:
            continue
        following = frames[frames > stop]
        hole_s = float(times_s[following[0]] - times_s[stop]) if len(following) else 0.0
        if hole_s < _SHORTEST_HOLE_S:
            continue
        start_s = float(times_s[stop] - times_s[frames[0]])
        sentence = (
            f"From {start_s:.1f} to {start_s + hole_s:.1f} s, the clock of the file stood still. InPose interpolated "
            "the motion there."
        )
        found.append(Finding("clock", sentence, "repaired", None, start_s, start_s + hole_s))
    return found
