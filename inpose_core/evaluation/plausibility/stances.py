# SPDX-License-Identifier: Apache-2.0
"""Find from a motion alone when its feet are planted, and which of its steps another motion has too."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from ...arrays import BoolArray, FloatArray, run_bounds

_STILL_M_S: Final[float] = 0.3
_ENDS_M_S: Final[float] = 0.6
_STANCE_HEIGHT_M: Final[float] = 0.06
_HEIGHT_WINDOW_S: Final[float] = 1.0
_SHORTEST_STANCE_S: Final[float] = 0.08
_SAME_STEP_S: Final[float] = 0.15


def planted_feet(toes_m: FloatArray, fps: float) -> BoolArray:
    """Return whether the left and the right foot are planted, (F, 2).

    A foot is planted while its toes are slower than 30 cm/s for at least 80 ms, and before and after that while they
    are slower than 60 cm/s; and they must be at most 6 cm above the lowest toes within half a second. So a walker's
    foot is planted for 62 % of the time, as in gait analysis (60 %). The floor is not asked: captured feet stand
    several centimetres above it where the capture's soles differ from the body's.

    Args:
        toes_m: toe joints, Y up, (F, 2, 3).
        fps: frames per second.
    """
    if len(toes_m) < 2:
        return np.zeros((len(toes_m), 2), dtype=bool)
    speed = np.linalg.norm(np.gradient(toes_m, axis=0), axis=-1) * fps
    smooth = gaussian_filter1d(speed, 1.0, axis=0, mode="nearest")
    window = 2 * round(0.5 * _HEIGHT_WINDOW_S * fps) + 1
    lowest_m = minimum_filter1d(toes_m[..., 1].min(axis=1), window, mode="nearest")
    low = toes_m[..., 1] < lowest_m[:, None] + _STANCE_HEIGHT_M
    still = _long_enough((smooth < _STILL_M_S) & low, round(_SHORTEST_STANCE_S * fps))
    return _runs_with((smooth < _ENDS_M_S) & low, still)


def landings(planted: BoolArray) -> BoolArray:
    """Return the frames in which a stance begins, (F, 2); a foot that is planted in the first frame did not land."""
    lands = np.zeros_like(planted)
    lands[1:] = planted[1:] & ~planted[:-1]
    return lands


def found_landings(true: BoolArray, solved: BoolArray, fps: float) -> BoolArray:
    """Return which true landings (F, 2) have a solved landing of the same foot within 150 ms, one for each, (F, 2)."""
    found = np.zeros_like(true)
    for foot in range(true.shape[1]):
        left = np.flatnonzero(solved[:, foot]).tolist()
        for frame in np.flatnonzero(true[:, foot]):
            nearest = min(left, key=lambda other: abs(other - frame), default=None)
            if nearest is not None and abs(nearest - frame) <= _SAME_STEP_S * fps:
                left.remove(nearest)
                found[frame, foot] = True
    return found


def _long_enough(flags: BoolArray, frames: int) -> BoolArray:
    """Return flags (F, 2) without runs that are shorter than the given number of frames."""
    kept = np.zeros_like(flags)
    for foot in range(flags.shape[1]):
        for first, end in zip(*run_bounds(flags[:, foot]), strict=True):
            kept[first:end, foot] = end - first >= frames
    return kept


def _runs_with(flags: BoolArray, needed: BoolArray) -> BoolArray:
    """Return flags (F, 2) without runs in which no frame is needed."""
    kept = np.zeros_like(flags)
    for foot in range(flags.shape[1]):
        for first, end in zip(*run_bounds(flags[:, foot]), strict=True):
            kept[first:end, foot] = needed[first:end, foot].any()
    return kept
