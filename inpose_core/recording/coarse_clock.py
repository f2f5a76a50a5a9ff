# SPDX-License-Identifier: Apache-2.0
"""Spread the rows of a clock that counts coarsely: many rows share one time, then the clock ticks.

A time of the day without fractions makes 72 rows of each second. They follow each other evenly, so each gets its
share of the tick. This works on the file's own numbers, in any unit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..arrays import FloatArray
from .findings import Finding

_FEWEST_ROWS: Final[int] = 3
"""Of a tick, in the median; with fewer, nothing is lost but a frame."""
_FEWEST_TICKS: Final[int] = 3
_EQUAL: Final[float] = 0.05
_MOST_EQUAL: Final[float] = 0.7


class SpreadClock(NamedTuple):
    """Hold times that go on within each tick of a file's clock, in the file's unit."""

    times: FloatArray
    """(F,)"""
    findings: tuple[Finding, ...] = ()


def spread_ticks(times: FloatArray) -> SpreadClock:
    """Return times, (F,) in the file's order, with the rows of each tick spread evenly over it."""
    known = np.flatnonzero(np.isfinite(times))
    t = times[known]
    if len(t) < _FEWEST_ROWS * _FEWEST_TICKS:
        return SpreadClock(times)
    begins = np.append(0, np.flatnonzero(np.diff(t) != 0.0) + 1)
    rows = np.diff(np.append(begins, len(t)))
    usual_rows = float(np.median(rows))
    steps = np.diff(t[begins])
    if len(begins) < _FEWEST_TICKS or usual_rows < _FEWEST_ROWS or not (steps > 0).any():
        return SpreadClock(times)
    tick = float(np.median(steps[steps > 0]))
    if (np.abs(steps - tick) < _EQUAL * tick).mean() < _MOST_EQUAL:
        return SpreadClock(times)
    within = np.arange(len(t)) - np.repeat(begins, rows)
    # The first and the last tick are cut: the first ends where the second begins.
    most = np.maximum(rows.astype(np.float64), usual_rows)
    most[1:-1] = rows[1:-1]
    within = within.astype(np.float64)
    within[: rows[0]] += most[0] - rows[0]
    spread = times.copy()
    spread[known] = t + within * np.repeat(tick / most, rows)
    sentence = (
        f"The clock of the file is coarse: about {usual_rows:.0f} rows have the same time. InPose spread them evenly."
    )
    return SpreadClock(spread, (Finding("clock", sentence, "repaired"),))
