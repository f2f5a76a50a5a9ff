# SPDX-License-Identifier: GPL-3.0-or-later
"""Report the confidence of a solved motion, and the frames that the user should check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core import Motion, UnsureStretch, unsure_stretches
from ..ui.translate import tr
from .settings import BakeResult


def unsure_ranges(confidence: NDArray[np.float64], fps: float, most: int = 3) -> list[tuple[int, int]]:
    """Return the first and last index of the longest stretches to check, in the order of time.

    Args:
        confidence: (F,), from 0 to 1; NaN is not to be checked.
        fps: its frame rate.
        most: how many stretches at most.
    """
    return [(stretch.first, stretch.last) for stretch in unsure_stretches(confidence, fps, most=most)]


def unsure_scene_frames(motion: Motion, result: BakeResult) -> list[tuple[int, int]]:
    """Return the stretches to check as first and last frames of the bake."""
    return [_in_scene(stretch, motion, result) for stretch in _stretches(motion)]


def mean_confidence(motion: Motion) -> float | None:
    """Return the confidence of the whole motion, 0 to 1; None if it is unknown."""
    if motion.confidence is None or not len(motion.confidence):
        return None
    return float(np.mean(motion.confidence))


def told_confidence(motion: Motion) -> float:
    """Return the confidence of the whole motion as a take stores it: below 0 if it is unknown."""
    mean = mean_confidence(motion)
    return -1.0 if mean is None else mean


def confidence_notes(motion: Motion, result: BakeResult) -> tuple[str, ...]:
    """Describe the confidence of a baked motion, and where the legs are off by how much; nothing if it is unknown."""
    mean = mean_confidence(motion)
    if mean is None:
        return ()
    notes = [tr("Confidence {value}", value=f"{mean:.1f}")]
    for stretch in _stretches(motion):
        first, last = _in_scene(stretch, motion, result)
        values = {"first": first, "last": last, "cm": stretch.legs_off_cm}
        notes.append(tr("Frames {first} to {last}: legs probably off by about {cm} cm", **values))
    return tuple(notes)


def _stretches(motion: Motion) -> Sequence[UnsureStretch]:
    if motion.confidence is None:
        return ()
    return unsure_stretches(motion.confidence, motion.fps, motion.skeleton)


def _in_scene(stretch: UnsureStretch, motion: Motion, result: BakeResult) -> tuple[int, int]:
    rate = result.frames_per_s / motion.fps
    # The last poses of a motion may lie after its last whole frame, which has the last key.
    first, last = (result.first_frame + round(at * rate) for at in (stretch.first, stretch.last))
    return min(first, result.last_frame), min(last, result.last_frame)
