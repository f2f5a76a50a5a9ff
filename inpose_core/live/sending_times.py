# SPDX-License-Identifier: Apache-2.0
"""Estimate when the poses of a stream were sampled, from when they arrive, one after the other.

`..recording.arrival_clock` does this for a whole recording, and is more exact: it also knows what comes later.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

_PAUSE_S: Final[float] = 0.5
"""After a longer silence, nothing that came before counts."""
_RATE_OVER: Final[int] = 16
"""Steps over which the rate of the sender is measured: most bursts are shorter."""
_REMEMBERED: Final[int] = 144
"""Poses by which the rate is measured. A sender that changes its rate is followed after half of them."""
_FEWEST: Final[int] = 48
_BURST: Final[float] = 0.4
"""A pose that comes sooner than this part of the usual step after the one before was held up before it."""
_BURSTS: Final[int] = 8
_BURSTS_WITHIN_S: Final[float] = 15.0
"""With fewer bursts in this time, nothing is held up: a sender of uneven frames keeps its times."""
_LATE_FOR_S: Final[float] = 0.15
"""What is late for longer is not held up: a pose was lost, or the sender has waited."""
_KNOWN_LATE: Final[float] = 0.6
"""The part of this time that must have been seen."""
_LOST: Final[float] = 0.5
"""Lateness in steps that means a lost pose; less is a rate that is not known exactly."""
_FOLLOW: Final[float] = 0.1


class SendingTimes:
    """Take the delays of a network, or of a busy computer, out of times of arrival.

    A sender samples evenly. A pose that comes late, while earlier and later ones are on time, was held up. Where a pose
    was lost, all that follow stay late.
    """

    def __init__(self) -> None:
        self._arrived_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._bursts_s: deque[float] = deque(maxlen=_BURSTS)
        self._late: deque[tuple[float, float]] = deque()
        """When the last poses arrived, and how much later than expected, while all of them were late."""
        self._sampled_s = 0.0

    def sampled_s(self, arrived_s: float) -> float:
        """Return when the pose was sampled that arrives now, apart from the shortest time that a pose takes.

        Times do not decrease, if arrivals do not. The first pose, and the first one after half a second of silence or
        after a jump back, has the time at which it arrives.
        """
        if not self._arrived_s or not 0 <= arrived_s - self._arrived_s[-1] <= _PAUSE_S:
            self._arrived_s.clear()
            return self._on_time(arrived_s)
        passed_s = arrived_s - self._arrived_s[-1]
        self._arrived_s.append(arrived_s)
        if len(self._arrived_s) < _FEWEST:
            return self._on_time(arrived_s)
        times_s = np.array(self._arrived_s)
        step_s = float(np.median(times_s[_RATE_OVER:] - times_s[:-_RATE_OVER])) / _RATE_OVER
        if passed_s < _BURST * step_s:
            self._bursts_s.append(arrived_s)
        expected_s = self._sampled_s + step_s
        if arrived_s <= expected_s or not self._is_held_up(arrived_s):
            return self._on_time(arrived_s)
        self._late.append((arrived_s, arrived_s - expected_s))
        self._sampled_s = expected_s + self._lasting_s(arrived_s, step_s)
        return self._sampled_s

    def _on_time(self, arrived_s: float) -> float:
        if not self._arrived_s:
            self._arrived_s.append(arrived_s)
        self._late.clear()
        self._sampled_s = arrived_s
        return arrived_s

    def _is_held_up(self, now_s: float) -> bool:
        """Return whether poses come in bursts lately."""
        return len(self._bursts_s) == _BURSTS and now_s - self._bursts_s[0] <= _BURSTS_WITHIN_S

    def _lasting_s(self, now_s: float, step_s: float) -> float:
        """Return the part of the lateness that will not end, and take it away from what is remembered."""
        while self._late[0][0] < now_s - _LATE_FOR_S:
            self._late.popleft()
        if now_s - self._late[0][0] < _KNOWN_LATE * _LATE_FOR_S:
            return 0.0
        least_s = min(late_s for _, late_s in self._late)
        lasting_s = least_s if least_s > _LOST * step_s else _FOLLOW * least_s
        self._late = deque((when_s, late_s - lasting_s) for when_s, late_s in self._late)
        return lasting_s
