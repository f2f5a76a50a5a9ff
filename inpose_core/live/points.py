# SPDX-License-Identifier: Apache-2.0
"""Bring tracked points from the times at which they arrive onto the solver's frames, as they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.quaternions import slerp
from ..body.skeleton import SENSOR_JOINTS
from ..recording.types import Sensors

_LONGEST_STEP_S: Final[float] = 0.5
"""After a longer pause, or when a clock goes back, the points begin anew."""
_DECIMALS: Final[float] = 1e-9


@dataclass(frozen=True)
class LivePoints:
    """Hold one moment of P tracked joints, in the frame and the size of `Sensors`."""

    positions_m: FloatArray
    """(P, 3)"""
    rotations_wxyz: FloatArray
    """(P, 4)"""
    measured: BoolArray
    """(P,) whether each point is tracked; its pose may be anything finite where it is not."""

    def part(self, other: LivePoints, share: float) -> LivePoints:
        """Return the moment between this one and another one; a point is measured if it is in both."""
        near = self if share < 0.5 else other
        both = self.measured & other.measured
        mixed_m = (1 - share) * self.positions_m + share * other.positions_m
        turned = slerp(self.rotations_wxyz, other.rotations_wxyz, np.full((len(both), 1), share))
        return LivePoints(
            np.where(both[:, None], mixed_m, near.positions_m),
            np.where(both[:, None], turned, near.rotations_wxyz),
            both,
        )


class PointClock:
    """Turn moments at any times into moments of a constant rate.

    Args:
        fps: the rate.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._last: tuple[float, LivePoints] | None = None
        self._next_s = 0.0

    def add(self, time_s: float, points: LivePoints) -> Iterator[tuple[float, LivePoints]]:
        """Yield time and points of each frame up to this moment. Times that do not increase yield nothing.

        After a pause or a jump of the clock, the first frame is this moment itself.
        """
        last = self._last
        if last is None or not 0 <= time_s - last[0] <= _LONGEST_STEP_S:
            self._last, self._next_s = (time_s, points), time_s + 1 / self._fps
            yield time_s, points
            return
        if time_s == last[0]:
            return
        self._last = (time_s, points)
        while self._next_s <= time_s + _DECIMALS:
            share = (self._next_s - last[0]) / (time_s - last[0])
            frame_s = self._next_s
            self._next_s += 1 / self._fps
            yield frame_s, last[1].part(points, min(1.0, share))

    def breaks_at(self, time_s: float) -> bool:
        """Return whether a moment at this time does not follow the last one."""
        return self._last is not None and not 0 <= time_s - self._last[0] <= _LONGEST_STEP_S


def sensors_of(moments: list[LivePoints], fps: float, joints: tuple[int, ...] = SENSOR_JOINTS) -> Sensors:
    """Return the solver's input; a point that is lost stays where it was last, as it would in a recording."""
    positions_m = np.stack([moment.positions_m for moment in moments])
    rotations_wxyz = np.stack([moment.rotations_wxyz for moment in moments])
    measured = np.stack([moment.measured for moment in moments])
    seen = np.where(measured, np.arange(len(moments))[:, None], 0)
    last = np.maximum.accumulate(seen, axis=0)
    points = np.arange(positions_m.shape[1])
    return Sensors(positions_m[last, points], rotations_wxyz[last, points], measured, fps, joints=joints)
