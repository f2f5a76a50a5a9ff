# SPDX-License-Identifier: Apache-2.0
"""Turn the song times of Beat Saber's replays into real time.

Replays count in song time. It runs faster or slower than real time if the player practises at another speed, or plays
with one of the game's speed modifiers, and it stops while the game is paused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...arrays import FloatArray
from ...noted import Noted

_SPEEDS: Final[Mapping[str, float]] = {"SS": 0.85, "FS": 1.2, "SF": 1.5}
"""Song seconds per real second with the modifiers Slower Song, Faster Song and Super Fast Song."""
_FEWEST_FRAMES: Final[int] = 60
_PLAUSIBLE: Final[tuple[float, float]] = (0.05, 10.0)
_LONGEST_PAUSE_S: Final[float] = 3600.0


def song_speed(practised: float, modifiers: Iterable[str], measured: float | None = None) -> float:
    """Return song seconds per real second.

    Args:
        practised: the song's speed in practice mode; other modes write 0 or nothing.
        modifiers: the game's modifiers by their two letters.
        measured: the same by the frame rates in the file (`measured_speed`). It tells if a modifier changed the times.
    """
    if _is_speed(practised) and practised != 1.0:
        return practised
    named = {modifier.strip().upper() for modifier in modifiers}
    speed = next((speed for name, speed in _SPEEDS.items() if name in named), 1.0)
    if measured is None:
        return speed
    return min((speed, 1.0), key=lambda each: abs(np.log(measured / each)))


def measured_speed(frame_rates_hz: NDArray[np.generic], song_times_s: FloatArray) -> float | None:
    """Return song seconds per real second by the frame rates (F,) that the game measured; None if they do not tell.

    The game measures each rate over the time since the frame before.
    """
    steps_s = np.diff(song_times_s)
    rates_hz = frame_rates_hz.astype(np.float64)[1:]
    known = np.isfinite(steps_s) & (steps_s > 0) & (rates_hz > 1)
    if known.sum() < _FEWEST_FRAMES:
        return None
    speed = float(np.median(rates_hz[known] * steps_s[known]))
    return speed if _is_speed(speed) else None


def real_times(
    song_times_s: FloatArray, speed: float, durations_s: NDArray[np.generic], pause_times_s: NDArray[np.generic]
) -> Noted[FloatArray]:
    """Turn song time into real time, (F,): another speed stretches it, and pauses are added.

    Args:
        song_times_s: (F,) song time of each frame.
        speed: song seconds per real second (`song_speed`).
        durations_s: (P,) length of each pause in real seconds.
        pause_times_s: (P,) song time of each pause.
    """
    times_s, notes = song_times_s.copy(), []
    if speed != 1.0:
        times_s /= speed
        notes.append(f"Played at {speed:.0%} of the song's speed. InPose uses real time.")
    with np.errstate(invalid="ignore"):
        lengths_s, at_s = durations_s.astype(np.float64), pause_times_s.astype(np.float64)
    paused = (lengths_s > 0) & (lengths_s <= _LONGEST_PAUSE_S) & np.isfinite(at_s)
    order = np.argsort(at_s[paused], kind="stable")
    # Song time stops during a pause, so later frames move by the pause's length.
    added_by_s = np.append(0.0, np.cumsum(lengths_s[paused][order]))
    times_s += added_by_s[np.searchsorted(at_s[paused][order], song_times_s)]
    added_s = float(added_by_s[-1])
    if added_s:
        notes.append(f"The game was paused for {added_s:.0f} s in total. Nothing was recorded then.")
    return Noted(times_s, tuple(notes))


def _is_speed(speed: float) -> bool:
    return bool(np.isfinite(speed)) and _PLAUSIBLE[0] <= speed <= _PLAUSIBLE[1]
