# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert between the seconds of a recording and the frames of the scene. Does not need numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RecordingClock:
    """Convert between the recording's seconds and the scene's frames."""

    first_frame: float
    start_s: float
    """The time in the recording that the first frame shows."""
    fps: float
    """Frames of the scene for each second of the recording."""

    def frame_of(self, time_s: float) -> float:
        """Return the frame that shows a time."""
        return self.first_frame + (time_s - self.start_s) * self.fps

    def time_of(self, frame: float) -> float:
        """Return the time that a frame shows."""
        return self.start_s + (frame - self.first_frame) / self.fps


def clock_of_take(take: Any, scene: Any) -> RecordingClock:
    """Return the clock of the last bake of a take (`INPOSE_PG_take`) in a scene.

    If the scene has another frame rate since then, the keys are still at the frames of the bake. A take of an older
    version does not know its frame rate; then it is that of the scene.
    """
    return RecordingClock(take.first_frame, take.start_s, (take.fps or fps_of(scene)) / take.speed)


def fps_of(scene: Any) -> float:
    """Return the scene's frames per second."""
    return float(scene.render.fps / scene.render.fps_base)
