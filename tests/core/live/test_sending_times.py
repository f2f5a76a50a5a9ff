# SPDX-License-Identifier: Apache-2.0
"""Times of arrival, one after the other: delays are taken out; even and uneven senders keep their times."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core import Skeleton, calibrate, load_prior, load_recording
from inpose_core.arrays import FloatArray
from inpose_core.evaluation.metrics import jitter
from inpose_core.live import LiveSettings, LiveSolver
from inpose_core.live.sending_times import SendingTimes
from tests.core.live.streams import EXAMPLE, moments_of
from tests.core.recording.network_delays import COUNT, RATE_HZ, SENDERS, arrived, delays_of_a_network, off_s, sent


def sampled(arrived_s: FloatArray) -> FloatArray:
    """Return the times of a whole stream."""
    times = SendingTimes()
    return np.array([times.sampled_s(each) for each in arrived_s.tolist()])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("what", [*SENDERS, "jitter"])
def test_delays_are_taken_out(seed: int, what: str) -> None:
    sent_s = sent(what, seed)
    delays_s = delays_of_a_network(len(sent_s), seed, held_up=60)
    if what == "jitter":
        delays_s = np.random.default_rng(seed).exponential(0.008, len(sent_s))
    arrived_s = arrived(sent_s, delays_s)
    found_s = sampled(arrived_s)
    assert (np.diff(found_s) >= 0).all()
    assert (found_s <= arrived_s).all()
    # For a while after a lost pose, what follows seems to be held up by one step.
    limit_s = 1.05 / RATE_HZ if what == "poses are lost" else 0.002
    assert np.quantile(off_s(found_s, sent_s), 0.85) < limit_s
    assert np.quantile(off_s(found_s, sent_s), 0.95) < 0.6 * np.quantile(off_s(arrived_s, sent_s), 0.95)
    # A wrong step from one pose to the next is a wrong speed.
    wrong, before = (np.diff(times_s) - np.diff(sent_s) for times_s in (found_s, arrived_s))
    assert np.sqrt(np.mean(wrong**2)) < 0.4 * np.sqrt(np.mean(before**2))


@pytest.mark.parametrize("what", ["even", "frames of several lengths", "milliseconds", "a new rate", "few"])
def test_times_without_bursts_stay(what: str) -> None:
    random = np.random.default_rng(3)
    times_s = np.arange(40 if what == "few" else COUNT) / RATE_HZ
    if what == "frames of several lengths":
        times_s = np.cumsum(random.choice((1 / 90.0, 2 / 90.0, 3 / 90.0), COUNT, p=(0.7, 0.25, 0.05)))
    elif what == "milliseconds":
        times_s = np.round(times_s, 3)
    elif what == "a new rate":
        times_s = np.cumsum(np.where(np.arange(COUNT) % 600 < 300, 1 / 45, 1 / 90))
    np.testing.assert_array_equal(sampled(times_s), times_s)


def test_after_a_jump_the_times_begin_anew() -> None:
    times = SendingTimes()
    arrived_s = arrived(np.arange(600) / RATE_HZ, delays_of_a_network(600, 1, held_up=40))
    for each in arrived_s.tolist():
        times.sampled_s(each)
    assert times.sampled_s(3.0) == 3.0
    assert times.sampled_s(9.0) == 9.0


@pytest.mark.slow  # it solves the example three times
def test_live_poses_of_a_bad_network_are_as_smooth_as_those_of_a_good_one() -> None:
    body, prior = Skeleton.template(), load_prior()
    moments = list(moments_of(calibrate(load_recording(EXAMPLE), body, prior=prior).sensors))
    sent_s = np.array([time_s for time_s, _ in moments])
    arrived_s = arrived(sent_s, delays_of_a_network(len(sent_s), 3, held_up=30))

    def live(times_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        solver = LiveSolver(body, LiveSettings(beside=False, late_frames=2), prior)
        stream = zip(times_s.tolist(), (points for _, points in moments), strict=True)
        poses = list(solver.steps(iter(stream)))
        at_s = np.interp([pose.time_s for pose in poses], times_s + 1e-9 * np.arange(len(times_s)), sent_s)
        return at_s, np.stack([pose.joints_m(body) for pose in poses])

    good_s, good_m = live(sent_s)

    def compared(times_s: FloatArray) -> tuple[float, float]:
        """Return the distance in cm from the poses of the good network, and how much more they jerk."""
        at_s, joints_m = live(times_s)
        flat = good_m.reshape(len(good_m), -1)
        same = np.stack([np.interp(at_s, good_s, column) for column in flat.T], axis=1).reshape(joints_m.shape)
        away_m = np.linalg.norm(joints_m - same, axis=-1)[at_s > 1.5]
        return 100 * float(away_m.mean()), jitter(joints_m, 60.0) / jitter(good_m, 60.0)

    away_cm, jerk = compared(arrived_s)
    better_cm, smooth = compared(sampled(arrived_s))
    assert better_cm < 0.3 * away_cm
    assert smooth < 0.4 * jerk
