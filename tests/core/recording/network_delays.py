# SPDX-License-Identifier: Apache-2.0
"""Delay poses as a network, or a busy computer, does."""

from __future__ import annotations

import numpy as np

from inpose_core.arrays import FloatArray

RATE_HZ = 72.0
COUNT = 3000
SENDERS = ("even", "poses are lost", "a pause", "the clock drifts")


def sent(what: str, seed: int) -> FloatArray:
    """Return when a sender sends: one of `SENDERS`."""
    times_s = 12.0 + np.arange(COUNT) / RATE_HZ
    if what == "poses are lost":
        return times_s[np.random.default_rng(100 + seed).random(COUNT) > 0.03]
    if what == "a pause":
        return times_s + 3.0 * (np.arange(COUNT) > 1200)
    return times_s * 1.002 if what == "the clock drifts" else times_s


def arrived(sent_s: FloatArray, delays_s: FloatArray) -> FloatArray:
    """Return when poses arrive that cannot overtake each other."""
    return np.maximum.accumulate(sent_s + delays_s)


def delays_of_a_network(count: int, seed: int, held_up: int = 200) -> FloatArray:
    """Return a millisecond or two, and now and then a hold-up of up to 0.4 s."""
    random = np.random.default_rng(seed)
    delays_s = random.exponential(0.0015, count)
    for pose in random.integers(0, count - 30, held_up):
        delays_s[pose] += random.uniform(0.02, 0.15 if pose % 9 else 0.4)
    return delays_s


def off_s(found_s: FloatArray, sent_s: FloatArray) -> FloatArray:
    """Return how far times are off; a constant delay does not matter."""
    error_s = found_s - sent_s
    return np.abs(error_s - np.median(error_s))
