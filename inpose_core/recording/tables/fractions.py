# SPDX-License-Identifier: Apache-2.0
"""Decide what the digits after the seconds of a clock mean: a column shows it, one cell does not.

``14:03:57.5`` is half a second where zeros at the end are left out, and 5 ms where zeros at the beginning are
(``$"{h}:{m}:{s}:{ms}"``). ``14:03:57:12`` is the frame 12 of a timecode if no second has more than, say, 24 of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...arrays import FloatArray

_RATES_HZ: Final[tuple[int, ...]] = (24, 25, 30, 48, 50, 60, 72, 75, 80, 90, 100, 120, 144, 240)
"""Frame rates of timecodes. A recording that loses frames may lack the last frame of every second."""
_MOST_DIGITS: Final[int] = 9
_UNPADDED_DIGITS: Final[int] = 3
_FEWEST_SECONDS: Final[int] = 2
_CLEAR_GAP: Final[float] = 4.0
"""Usual steps from the last row of a second to the first one of the next, if the digits do not fill the second."""
_FULL: Final[float] = 0.95
_TOGETHER_S: Final[float] = 5.0


def fractions_s(whole_s: FloatArray, digits: Sequence[str]) -> FloatArray:
    """Return the parts of a second, (F,), that the digits after whole seconds mean.

    Args:
        whole_s: (F,) the seconds before the digits, in the file's order; NaN if the cell is no time.
        digits: F texts of digits; empty if the cell has none.
    """
    texts = [text[:_MOST_DIGITS] for text in digits]
    widths = {len(text) for text in texts if text}
    if not widths:
        return np.zeros(len(texts))
    widest = max(widths)
    counts = np.array([int(text.ljust(widest, "0") or 0) for text in texts], dtype=np.float64)
    per_second = 10.0**widest
    if len(widths) > 1 and widest <= _UNPADDED_DIGITS:
        plain = np.array([int(text or 0) for text in texts], dtype=np.float64)
        if _steps_back(whole_s + plain / per_second) < _steps_back(whole_s + counts / per_second):
            counts = plain
    return counts / (_frame_rate(whole_s, counts, per_second) or per_second)


def _steps_back(times_s: FloatArray) -> int:
    """Return how often the clock goes back a little; where it begins again it goes back far."""
    steps_s = np.diff(times_s[np.isfinite(times_s)])
    return int(((steps_s < 0) & (steps_s > -_TOGETHER_S)).sum())


def _frame_rate(whole_s: FloatArray, counts: FloatArray, per_second: float) -> float | None:
    """Return how many frames the seconds have, if the digits count frames; None if they are decimals.

    Decimals fill a second; frames end before it does.
    """
    frames = float(counts.max()) + 1.0
    seconds, steps = np.diff(whole_s), np.diff(counts)
    within = steps[(seconds == 0.0) & (steps > 0)]
    across = (steps + per_second)[seconds == 1.0]
    if frames > _FULL * per_second or len(across) < _FEWEST_SECONDS or not len(within):
        return None
    if np.median(across) < _CLEAR_GAP * np.median(within):
        return None
    return float(next((rate for rate in _RATES_HZ if rate >= frames), frames))
