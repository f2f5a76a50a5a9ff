# SPDX-License-Identifier: Apache-2.0
"""Take the delays of a network out of times of arrival.

A sender samples evenly, but a network and a busy computer hand over what was sent late, and then several poses at once.
No pose arrives before it was sampled, so the earliest arrivals around a pose tell when it was sampled.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..arrays import FloatArray
from .findings import Finding

_FEWEST: Final[int] = 100
"""Poses; with fewer, the rate of the sender is not known well enough."""
_RATE_OVER: Final[int] = 16
"""Steps over which the rate is measured: most bursts are shorter, and in most of them no pose is lost."""
_BURST: Final[float] = 0.4
"""A pose that arrives sooner than this part of the usual step after the one before was held up before it."""
_FEWEST_IN_BURSTS: Final[float] = 0.05
"""Of all poses. Senders whose frames last longer now and then give no bursts, and keep their times."""
_BLOCK: Final[int] = 10
"""Longest delays in a block of poses, in which the rate of the sender is constant."""
_STEPS_TRIED: Final[tuple[float, ...]] = tuple(1.0 + 0.0003 * step for step in range(-150, 101))
"""Of the usual step, which lost poses make too long."""
_USUAL_S: Final[tuple[float, float]] = (0.001, 0.2)
"""Steps of a sender. What is beyond them is no tracking, or has its times in another unit."""
_LONGEST_DELAY_S: Final[float] = 1.0
_CLOSEST: Final[float] = 0.25
"""Poses follow each other by at least this part of the usual step."""
_TOLD_S: Final[float] = 0.02
"""Shorter delays are repaired without a word."""
_TOLD_QUANTILE: Final[float] = 0.99


class SteadyClock(NamedTuple):
    """Hold times without the delays of a network."""

    times_s: FloatArray
    """(F,)"""
    findings: tuple[Finding, ...] = ()


def without_delays(times_s: FloatArray) -> SteadyClock:
    """Return the times at which poses were sampled, from the times at which they arrived, (F,) in their order.

    Lost poses and pauses stay what they are. Times that do not come in bursts stay as they are.
    """
    steps_s = np.diff(times_s)
    if len(times_s) < _FEWEST or not np.isfinite(times_s).all() or (steps_s < 0).any():
        return SteadyClock(times_s)
    usual_s = float(np.median(times_s[_RATE_OVER:] - times_s[:-_RATE_OVER])) / _RATE_OVER
    if not _USUAL_S[0] <= usual_s <= _USUAL_S[1] or (steps_s < _BURST * usual_s).mean() < _FEWEST_IN_BURSTS:
        return SteadyClock(times_s)
    reach = round(_LONGEST_DELAY_S / usual_s)
    blocks = np.array_split(times_s, max(1, round(len(times_s) / (_BLOCK * reach))))
    even_s = np.cumsum(np.concatenate([np.full(len(block), _step_s(block)) for block in blocks]))
    sampled_s = even_s + _least_late(times_s - even_s, reach)
    closest_s = _CLOSEST * even_s
    sampled_s = np.maximum.accumulate(sampled_s - closest_s) + closest_s
    longest_s = float(np.quantile(times_s - sampled_s, _TOLD_QUANTILE))
    if longest_s < _TOLD_S:
        return SteadyClock(sampled_s)
    sentence = (
        f"Poses arrived up to {1000 * longest_s:.0f} ms late, and then several at once. InPose put them back to the "
        "times at which they were sent."
    )
    return SteadyClock(sampled_s, (Finding("clock", sentence, "repaired"),))


def _step_s(times_s: FloatArray) -> float:
    """Return the time from one pose of the sender to the next.

    With the right one, the poses that are on time have the same phase, also after lost poses. So it is the period with
    the largest Fourier component, near the usual time from one arrival to the next.
    """
    over = min(_RATE_OVER, len(times_s) - 1)
    usual_s = float(np.median(times_s[over:] - times_s[:-over])) / over
    tried_s = usual_s * np.array(_STEPS_TRIED)
    turns = np.exp(2j * np.pi * (times_s - times_s[0]) / tried_s[:, None])
    return float(tried_s[int(np.argmax(np.abs(turns.sum(axis=1))))])


def _least_late(late_s: FloatArray, reach: int) -> FloatArray:
    """Return how late poses (F,) would be without the delays that end.

    Before and after a delay, poses are less late. A lost pose or a pause makes all that follow later.
    """
    unknown = np.full(reach, -np.inf)  # at the ends, the other side decides
    before, after = (
        np.lib.stride_tricks.sliding_window_view(np.concatenate(parts), reach + 1).min(axis=1)
        for parts in ((unknown, late_s), (late_s, unknown))
    )
    least_s = np.maximum(before, after)
    return np.asarray(np.where(np.isfinite(least_s), least_s, late_s.min()))
