# SPDX-License-Identifier: Apache-2.0
"""Find the rows of a logger that runs faster than the tracking: it writes each pose several times.

Such a track stands still and leaps, row by row. Its speeds are several times too high, so each fast motion resembles a
jump. Without the repeated rows, it is the track of the devices again.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, runs
from ..types import LONGEST_BRIDGE_S, Recording

_COMMON: Final[float] = 0.08
"""Share of the rows that repeat, from which the logger does it: 98 Hz with tracking at 90 Hz. In real takes without
such a logger, at most 6 % of the rows repeat."""
_SLOWEST_TRACKING_S: Final[float] = 1 / 24
_LONGEST_S: Final[float] = 0.8 * LONGEST_BRIDGE_S
"""Tracking that stops for longer is a defect, or everybody stands still in an animation: these rows stay."""


def find_repeated_rows(recording: Recording, kept: BoolArray) -> BoolArray:
    """Return the rows (F,) in which each device and tracker repeats the row before; none if they are rare.

    A single device that repeats its pose while another one moves is not tracked: this is a matter of the other steps.

    Args:
        recording: uncleaned.
        kept: (F,) rows of increasing time; the others do not count.
    """
    rows = np.flatnonzero(kept)
    times_s, measured, trackers = recording.times_s[rows], recording.measured[rows], recording.trackers
    same = _repeats(recording.positions_m[rows], recording.rotations_wxyz[rows], measured) & measured.any(axis=1)
    if trackers is not None:
        same &= _repeats(trackers.positions_m[rows], trackers.rotations_wxyz[rows], trackers.measured[rows])
    repeated = np.zeros_like(kept)
    by_logger = 0
    for start, stop in runs(same):
        held_s = float(times_s[min(stop, len(rows) - 1)] - times_s[start - 1])
        repeated[rows[start:stop]] = held_s <= _LONGEST_S
        by_logger += (stop - start) * (held_s <= _SLOWEST_TRACKING_S)
    return repeated if by_logger > _COMMON * len(rows) else np.zeros_like(kept)


def _repeats(positions_m: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray) -> BoolArray:
    """Return the rows (F,) in which all devices have exactly the pose of the row before, or none as before."""
    same = (positions_m[1:] == positions_m[:-1]).all(axis=-1) & (rotations_wxyz[1:] == rotations_wxyz[:-1]).all(axis=-1)
    unchanged = (same & measured[1:] & measured[:-1]) | ~(measured[1:] | measured[:-1])
    return np.append(False, unchanged.all(axis=1))
