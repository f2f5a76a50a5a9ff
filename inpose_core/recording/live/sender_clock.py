# SPDX-License-Identifier: Apache-2.0
"""Give poses the times of their sender's clock, on the clock of this computer."""

from __future__ import annotations

from typing import Final

_LARGEST_ERROR_S: Final[float] = 1.0
"""The sender's clock is more exact than the arrival time, but corrects it by at most this much."""
_LARGEST_CLOCK_S: Final[float] = 2.0**17
"""A day and a half; for later times, the protocol's 32-bit floats are less exact than the arrival time."""
_SAME_MOMENT_S: Final[float] = 0.004
"""What arrives so soon after a time belongs to it: some senders put each message into a datagram of its own."""
_REGULAR_S: Final[float] = 0.1
"""A sender whose times are farther apart does not say when each pose was sampled."""


class SenderClock:
    """Follow the times that one sender sends.

    Its times are moved by a constant, so that the first one is its time of arrival. Poses without a time continue from
    the newest one.

    Args:
        jumps: where to begin to count them.
    """

    def __init__(self, jumps: int = 0) -> None:
        self.jumps = jumps
        """How often the sender's time was corrected by the time of arrival."""
        self._newest_s: float | None = None
        """The sender's newest time."""
        self._offset_s = 0.0
        self._heard_s = 0.0
        self._is_regular = False

    def is_exact(self, now_s: float) -> bool:
        """Return whether the sender says when its poses are sampled, as of now."""
        return self._newest_s is not None and self._is_regular and now_s - self._heard_s <= _REGULAR_S

    def time_s(self, arrived_s: float, sender_s: float | None = None) -> float:
        """Return when the poses of a datagram were sampled.

        Args:
            arrived_s: when the datagram arrived.
            sender_s: the time that it says; None if it says none.
        """
        if sender_s is not None:
            return self._told_s(sender_s, arrived_s)
        if self._newest_s is None:
            return arrived_s
        passed_s = arrived_s - self._heard_s
        return self._newest_s + self._offset_s + (passed_s if passed_s > _SAME_MOMENT_S else 0.0)

    def _told_s(self, sender_s: float, arrived_s: float) -> float:
        if not 0 <= sender_s < _LARGEST_CLOCK_S:  # NaN is neither
            self._newest_s = None
            return arrived_s
        back_s = 0.0 if self._newest_s is None else self._newest_s - sender_s
        # A restarted sender begins at zero; a sender whose clock was changed continues at any time.
        jumped = abs(sender_s + self._offset_s - arrived_s) > _LARGEST_ERROR_S or back_s > _LARGEST_ERROR_S
        if self._newest_s is None or jumped:
            self.jumps += self._newest_s is not None
            self._offset_s = arrived_s - sender_s
        elif back_s > 0:
            return sender_s + self._offset_s  # a network changes the order of datagrams: this one is late
        self._is_regular = arrived_s - self._heard_s <= _REGULAR_S
        self._newest_s, self._heard_s = sender_s, arrived_s
        return sender_s + self._offset_s
