# SPDX-License-Identifier: Apache-2.0
"""Continue a clock that starts again: a second session in the same file, midnight, a clock that was set back.

Loggers append to their file, so the times begin again with each session. Frames of different sessions must never be
mixed: each becomes a take of its own (`cleaning.takes`). A clock that counts the time of day begins at zero again at
midnight, in the middle of a session. This module works on the file's own numbers, in any unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from .conventions import TIME_UNITS_S
from .findings import Finding

SESSION_PAUSE_S: Final[float] = 11.0
"""Time that is put between two sessions: a little more than the longest pause within a take."""

_PERIODS_S: Final[tuple[float, ...]] = (86400.0, 43200.0, 3600.0)
"""Clocks begin again after a day, half a day, or an hour (minutes and seconds only)."""
_NEAR_BORDER_S: Final[float] = 5.0
_FEWEST_FRAMES: Final[int] = 5
_LEAST_STEPS_BACK: Final[float] = 12.0
"""Steps, and more of the session's frames, by which a clock must go back; less is disorder, which cleaning mends."""
_LONGEST_FIRST_PART: Final[float] = 0.5
"""A time within this share of the session so far is a new beginning; later, the clock was set back."""


@dataclass(frozen=True)
class ContinuedClock:
    """Hold times that go on where the file's own begin again, in the file's unit."""

    times: FloatArray
    """(F,)"""
    session_starts: tuple[float, ...] = ()
    """First time of each later session, in these times."""
    findings: tuple[Finding, ...] = ()


def continue_clock(times: FloatArray) -> ContinuedClock:
    """Return times, (F,) in the file's order, with each restart of the clock continued."""
    known = np.flatnonzero(np.isfinite(times))
    t = times[known]
    steps = np.diff(t)
    forward = steps[steps > 0]
    if len(forward) < _FEWEST_FRAMES:
        return ContinuedClock(times)
    usual = float(np.median(forward))
    at = [frame for frame in np.flatnonzero(steps < -_LEAST_STEPS_BACK * usual) + 1 if _goes_on(t, int(frame))]
    if not at:
        return ContinuedClock(times)
    continued = times.copy()
    starts: list[float] = []
    findings: list[Finding] = []
    first = t[0]
    begin = 0
    for frame in at:
        before, after, where = t[frame - 1], t[frame], known[frame]
        new_session = False
        if _period(before, after) is not None:
            findings.append(
                Finding(
                    "clock",
                    "The clock started at zero again, for example at midnight. InPose continued it.",
                    "repaired",
                )
            )
        elif after <= first + _LONGEST_FIRST_PART * (t[begin:frame].max() - first):
            new_session = True
        else:
            findings.append(
                Finding("clock", "The clock was set back during the recording. InPose continued it.", "repaired")
            )
        period = _period(before, after)
        gap = after + period - before if period is not None else usual * (_MANY_STEPS if new_session else 1.0)
        last = np.nanmax(continued[:where])
        continued[where:] = times[where:] - after + last + gap
        if new_session:
            starts.append(float(continued[where]))
            first, begin = after, int(frame)
    return ContinuedClock(continued, tuple(starts), tuple(dict.fromkeys(findings)))


def continue_clock_of_devices(times: FloatArray, rows: Sequence[NDArray[np.intp]]) -> ContinuedClock:
    """Return times like `continue_clock`, (F,), of rows that each belong to one device, or to several.

    The rows of a device may stand together, in the whole file or in parts of it. So a clock begins again only where the
    clock of a device does.

    Args:
        times: (F,) in the file's order.
        rows: the rows of each device.
    """
    together = continue_clock(times)
    clocks = [continue_clock(times[own]) for own in rows]
    parts = [_parts(times[own], clock.times) for own, clock in zip(rows, clocks, strict=True)]
    if not rows or len(_parts(times, together.times)) <= max(map(len, parts)):
        return together
    usual = int(np.argmax([len(own) for own in rows]))
    added = (clocks[usual].times - times[rows[usual]])[parts[usual]]
    continued = times.copy()
    firsts: list[FloatArray] = []
    for own, clock, begins in zip(rows, clocks, parts, strict=True):
        if len(begins) == len(parts[usual]):
            # Devices do not end at the same time, so the one with the most rows tells how far all of them move.
            continued[own] = times[own] + np.repeat(added, np.diff([*begins, len(own)]))
            firsts.append(continued[own[begins]])
        else:
            continued[own] = clock.times
    starts = np.isin(clocks[usual].times[parts[usual]], clocks[usual].session_starts)
    session_starts = tuple(np.min(firsts, axis=0)[starts].tolist())
    return ContinuedClock(continued, session_starts, clocks[usual].findings)


def _parts(times: FloatArray, continued: FloatArray) -> list[int]:
    """Return the first frames of the parts of a file between which the clock was continued."""
    known = np.flatnonzero(np.isfinite(times))
    if len(known) == 0:
        return [0]
    added = (continued - times)[known]
    tolerance = 1e-9 * max(1.0, float(np.abs(continued[known]).max()))
    return [0, *known[np.flatnonzero(np.abs(np.diff(added)) > tolerance) + 1].tolist()]


_MANY_STEPS: Final[float] = 100.0
"""Steps between two sessions in the file's unit, until the unit is known (`spread_sessions`)."""


def spread_sessions(times_s: FloatArray, starts_s: tuple[float, ...]) -> FloatArray:
    """Return times (F,) in seconds with `SESSION_PAUSE_S` before each later session."""
    spread = times_s.copy()
    for start_s in starts_s:
        later = np.flatnonzero(times_s >= start_s - 1e-9)
        if len(later) and later[0] > 0:
            gap_s = times_s[later[0]] - times_s[later[0] - 1]
            spread[later] += SESSION_PAUSE_S - gap_s
    return spread


def sessions_told(starts_s: tuple[float, ...], times_s: FloatArray, spread_s: FloatArray) -> Finding:
    """Return the finding that a file holds several sessions; their times as they are in the recording."""
    borders = [0, *(int(np.searchsorted(times_s, start_s - 1e-9)) for start_s in starts_s), len(times_s)]
    parts = [f"{spread_s[stop - 1] - spread_s[start]:.1f} s" for start, stop in pairwise(borders) if stop > start]
    listed = ", ".join(parts[:6]) + (" ..." if len(parts) > 6 else "")
    return Finding(
        "several_takes",
        f"The times in the file begin again, so it contains {len(parts)} sessions ({listed}). "
        "Each session is a take; choose one with --take.",
        "told",
    )


def _goes_on(t: FloatArray, frame: int) -> bool:
    """Return whether the clock really runs on from a time that went back; a single wrong time does not."""
    after = t[frame : frame + _FEWEST_FRAMES]
    return len(after) == _FEWEST_FRAMES and bool((np.diff(after) >= 0).mean() > 0.7) and after.max() < t[frame - 1]


def _period(before: float, after: float) -> float | None:
    """Return the period in the times' unit after which a clock began again between two times."""
    for unit_s in TIME_UNITS_S.values():
        for period_s in _PERIODS_S:
            border = _NEAR_BORDER_S / unit_s
            period = period_s / unit_s
            if 0 <= after <= border and period - border <= before <= period:
                return period
    return None
