# SPDX-License-Identifier: Apache-2.0
"""Decide the unit of a recording's times, and put a pause between the sessions of a file."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...errors import RecordingError
from ..conventions import TIME_UNITS_S, ReadOptions
from ..findings import Finding
from ..sessions import sessions_told, spread_sessions
from ..tracks import RawTracks
from ..types import Guess

_USUAL_STEP_S: Final[float] = 1 / 80.0
_SLOWEST_STEP_S: Final[float] = 0.5
_QUICKEST_STEP_S: Final[float] = 1 / 1500.0


def seconds_of(raw: RawTracks, options: ReadOptions, name: str) -> tuple[FloatArray, Guess]:
    """Return the times in seconds, (F,), and how their unit was decided.

    Raises:
        RecordingError: no time unit gives a plausible recording.
    """
    declared = raw.declared
    if options.recording_fps is not None:
        guess = Guess("time unit", f"{options.recording_fps:g} frames per second", "given", "")
        return np.asarray(np.arange(len(raw.times)) / options.recording_fps), guess
    if declared.fps is not None:
        guess = Guess("time unit", f"{declared.fps:g} frames per second", "file", declared.by)
        return np.asarray(np.arange(len(raw.times)) / declared.fps), guess
    if options.time_unit is not None:
        return raw.times * TIME_UNITS_S[options.time_unit], Guess("time unit", options.time_unit, "given", "")
    steps = _forward_steps(raw.times)
    step = float(np.median(steps)) if len(steps) else 0.0
    if declared.time_unit is not None:
        step_s = step * TIME_UNITS_S[declared.time_unit]
        if declared.certain or not step or _QUICKEST_STEP_S <= step_s <= 1.0:
            guess = Guess("time unit", declared.time_unit, "file", declared.by)
            return raw.times * TIME_UNITS_S[declared.time_unit], guess
    if not step:
        unit = declared.time_unit or "s"
        return raw.times * TIME_UNITS_S[unit], Guess("time unit", unit, "assumed", "all times are equal")
    if step == 1.0 and (steps == 1.0).mean() > 0.99:
        raise RecordingError(
            f"{name} contains frame numbers instead of times.", "Set the frame rate (--recording-fps 90)."
        )
    unit = _likely_unit(step)
    step_s = step * TIME_UNITS_S[unit]
    if not _QUICKEST_STEP_S <= step_s <= _SLOWEST_STEP_S:
        raise RecordingError(
            f"The times in {name} are {step:.3g} apart, which is not a frame rate in any unit.",
            "Set the unit of the time column (--time-unit) or the frame rate (--recording-fps 90).",
        )
    doubt = f"{declared.by} says {declared.time_unit}, but the times are in {unit}." if declared.time_unit else ""
    evidence = f"{step:.4g} from frame to frame would be {1 / step_s:.0f} Hz"
    return raw.times * TIME_UNITS_S[unit], Guess("time unit", unit, "guessed", evidence, doubt[:1].upper() + doubt[1:])


def likely_unit(times: FloatArray) -> str | None:
    """Return the unit in which times (F,) have the usual steps of a recording; None if they say nothing."""
    steps = _forward_steps(times)
    return _likely_unit(float(np.median(steps))) if len(steps) else None


def _forward_steps(times: FloatArray) -> FloatArray:
    steps = np.diff(times[np.isfinite(times)])
    return np.asarray(steps[steps > 0])


def _likely_unit(step: float) -> str:
    return min(TIME_UNITS_S, key=lambda unit: abs(np.log(step * TIME_UNITS_S[unit] / _USUAL_STEP_S)))


def with_sessions_apart(raw: RawTracks, times_s: FloatArray) -> tuple[FloatArray, tuple[Finding, ...]]:
    """Return the times with a pause before each later session of the file, so that each becomes a take."""
    if not raw.session_starts:
        return times_s, ()
    frames = np.searchsorted(raw.times, raw.session_starts)
    starts_s = tuple(times_s[frame] for frame in frames.tolist() if frame < len(times_s))
    spread_s = spread_sessions(times_s, starts_s)
    return spread_s, (sessions_told(starts_s, times_s, spread_s),)
