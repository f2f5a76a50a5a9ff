# SPDX-License-Identifier: GPL-3.0-or-later
"""Report the confidence of a solved motion, and the frames that the user should check."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core import Motion
from ..ui.translate import tr

UNSURE: Final[float] = 0.2
"""Below this a frame is more a guess than a solution."""
_SAME_RANGE_FRAMES: Final[int] = 15
"""Stretches closer together than this are one place to look at: a quarter of a second at 60 Hz."""


def unsure_ranges(
    confidence: NDArray[np.float64], below: float = UNSURE, most: int = 3, apart: int = _SAME_RANGE_FRAMES
) -> list[tuple[int, int]]:
    """Return the first and last index of the longest stretches of low confidence, in the order of time.

    Args:
        confidence: (F,), from 0 to 1; NaN is not below anything.
        below: what is not trusted any more.
        most: how many stretches at most.
        apart: stretches with fewer frames than this between them are one.
    """
    unsure = np.flatnonzero(confidence < below)
    if not len(unsure):
        return []
    breaks = np.flatnonzero(np.diff(unsure) > apart)
    firsts = unsure[np.concatenate(([0], breaks + 1))]
    lasts = unsure[np.concatenate((breaks, [len(unsure) - 1]))]
    longest = np.sort(np.argsort(firsts - lasts, kind="stable")[:most])
    return [(int(firsts[index]), int(lasts[index])) for index in longest]


def unsure_scene_frames(motion: Motion, first_frame: int, scene_fps: float) -> list[tuple[int, int]]:
    """Return `unsure_ranges` in the scene's frames, where the motion begins at ``first_frame``."""
    if motion.confidence is None:
        return []
    rate = scene_fps / motion.fps
    return [
        (first_frame + round(first * rate), first_frame + round(last * rate))
        for first, last in unsure_ranges(motion.confidence)
    ]


def mean_confidence(motion: Motion) -> float | None:
    """Return the confidence of the whole motion, 0 to 1; None if it is unknown."""
    if motion.confidence is None or not len(motion.confidence):
        return None
    return float(np.mean(motion.confidence))


def confidence_notes(motion: Motion, first_frame: int, scene_fps: float) -> tuple[str, ...]:
    """Describe the confidence of a motion in one or two lines; nothing if it is unknown."""
    mean = mean_confidence(motion)
    if mean is None:
        return ()
    notes = [tr("Confidence {value}", value=f"{mean:.1f}")]
    ranges = unsure_scene_frames(motion, first_frame, scene_fps)
    if ranges:
        frames = ", ".join(
            tr("{first} to {last}", first=first, last=last) if first < last else str(first) for first, last in ranges
        )
        notes.append(tr("Low confidence in frames {frames}", frames=frames))
    return tuple(notes)
