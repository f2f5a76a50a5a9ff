# SPDX-License-Identifier: Apache-2.0
"""Check a recording's clock: choose the frames of increasing time, and refuse times that cannot be a recording's."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray
from ...errors import RecordingError

_LONGEST_RECORDING_S: Final[float] = 3 * 3600.0
_LONGEST_STEP_S: Final[float] = 1.0
_LONG_S: Final[float] = 600.0
_FEWEST_PER_S: Final[float] = 5.0
"""Average over a long recording: a small file with hours between its frames would cost as much as hours of motion."""
_LARGEST_BACKWARDS_FRACTION: Final[float] = 0.3


def _increasing(times_s: FloatArray) -> BoolArray:
    """Choose frames of strictly increasing time: the last of equal times, none earlier than the last kept one."""
    kept = np.isfinite(times_s)
    indices = np.flatnonzero(kept)
    t = times_s[indices]
    if len(t) > 2:
        # Otherwise, one time far ahead would make all later frames look too early.
        ahead = np.zeros(len(t), dtype=np.bool_)
        ahead[1:-1] = (t[1:-1] > t[2:]) & (t[:-2] <= t[2:])
        ahead[0] = t[0] > t[1] and t[0] > t[2]
        indices, t = indices[~ahead], t[~ahead]
    in_order = t >= np.maximum.accumulate(t) if len(t) else np.zeros(0, dtype=np.bool_)
    indices, t = indices[in_order], t[in_order]
    last_of_equal = np.append(np.diff(t) > 0, True)[: len(t)]
    chosen = np.zeros(len(times_s), dtype=np.bool_)
    chosen[indices[last_of_equal]] = True
    return chosen


def checked_order(times_s: FloatArray, name: str) -> BoolArray:
    """Return the frames of increasing time, (F,), at least two.

    Raises:
        RecordingError: the times go back too often, or fewer than two frames are left.
    """
    kept = _increasing(times_s)
    backwards = float((np.diff(times_s) < 0).mean()) if len(times_s) > 1 else 0.0
    if backwards > _LARGEST_BACKWARDS_FRACTION:
        raise RecordingError(
            f"The times in {name} do not increase: {backwards:.0%} of the frames are earlier than the frame before.",
            "Check the time column, in seconds.",
        )
    if kept.sum() < 2:
        raise RecordingError(
            f"{name} contains no movement: it has fewer than two frames at different times.",
            "Record at least a second.",
        )
    return kept


def check_rate(times_s: FloatArray, name: str) -> None:
    """Raise an error if most frames are more than a second apart.

    Raises:
        RecordingError: they are.
    """
    middle_s = float(np.median(np.diff(times_s)))
    if middle_s > _LONGEST_STEP_S:
        raise _no_recording(times_s, middle_s, name)


def check_length(times_s: FloatArray, name: str) -> None:
    """Raise an error if a recording lasts too long, or has too few frames for its length.

    Raises:
        RecordingError: it does.
    """
    check_rate(times_s, name)
    duration_s = float(times_s[-1])
    if duration_s > _LONGEST_RECORDING_S:
        raise _no_recording(times_s, float(np.median(np.diff(times_s))), name)
    if duration_s > _LONG_S and len(times_s) < _FEWEST_PER_S * duration_s:
        raise RecordingError(
            f"{name} has only {len(times_s)} frames in {duration_s:.0f} s, which cannot be a recording.",
            "Check the time column, or record at 30 frames per second at least.",
        )


def _no_recording(times_s: FloatArray, middle_s: float, name: str) -> RecordingError:
    return RecordingError(
        f"{name} would last {times_s[-1] - times_s[0]:.0f} s with {middle_s:.3g} s from frame to frame, "
        "which cannot be a recording.",
        "Times are in seconds: check the unit of the time column. InPose takes up to "
        f"{_LONGEST_RECORDING_S / 3600:.0f} hours at once.",
    )
