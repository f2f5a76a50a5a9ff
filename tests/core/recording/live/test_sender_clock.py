# SPDX-License-Identifier: Apache-2.0
"""Send the time first or last, seldom, no more, in the wrong order, or from two programs: poses keep their times."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core.arrays import FloatArray
from inpose_core.live.points import LivePoints, PointClock
from inpose_core.live.streams.vmc import VmcReader
from inpose_core.recording.live.vmc_decoder import VmcDecoder
from tests.core.recording.live.test_vmc import message, rows_of

RATE_HZ = 90.0
POSE = (0.0, 1.6, 0.0, 0.0, 0.0, 0.0, 1.0)
HEAD = message("/VMC/Ext/Hmd/Pos", "a", *POSE)


def even_s(seconds: float) -> FloatArray:
    return np.arange(0, seconds, 1 / RATE_HZ)


def stamps_s(rows: list[str]) -> FloatArray:
    return np.array([float(row.split(",")[0]) for row in rows])


@pytest.mark.parametrize("last", [False, True])
def test_the_time_counts_for_its_whole_bundle(last: bool) -> None:
    """VirtualMotionCapture sends it behind the poses."""
    steps_s = np.full(300, 1 / RATE_HZ)
    steps_s[::40] = 0.1  # the application stutters, and the poses must not get the times of those before
    times_s = np.cumsum(steps_s)
    decoder = VmcDecoder()
    rows = []
    for time_s in times_s:
        clock = message("/VMC/Ext/T", float(time_s + 100))
        rows += rows_of(decoder, float(time_s), *((HEAD, clock) if last else (clock, HEAD)))
    assert np.abs(np.diff(stamps_s(rows)) - np.diff(times_s)).max() < 1e-4
    assert decoder.state.has_clock


@pytest.mark.parametrize(("every", "until_s"), [(1, 5.0), (30, 10.0), (2, 10.0)])
def test_poses_without_a_time_go_on_from_the_last_one(every: int, until_s: float) -> None:
    decoder = VmcDecoder()
    rows = []
    for number, time_s in enumerate(even_s(10.0).tolist()):
        clock = [message("/VMC/Ext/T", time_s + 100)] if number % every == 0 and time_s < until_s else []
        rows += rows_of(decoder, time_s, *clock, HEAD)
    assert np.abs(stamps_s(rows) - even_s(10.0)).max() < 1e-3
    assert decoder.state.has_clock == (every < 10 and until_s == 10.0), "else arrival times are repaired"
    assert decoder.state.clock_jumps == 0


def test_a_time_in_a_datagram_of_its_own_counts_for_those_that_follow() -> None:
    decoder = VmcDecoder()
    rows = []
    for time_s in even_s(2.0).tolist():
        assert not rows_of(decoder, time_s, message("/VMC/Ext/T", time_s + 100))
        rows += rows_of(decoder, time_s + 0.0004, HEAD)
        rows += rows_of(decoder, time_s + 0.0008, message("/VMC/Ext/Con/Pos", "b", *POSE))
    assert (np.diff(stamps_s(rows).reshape(-1, 2), axis=1) == 0).all()


def test_swapped_and_doubled_datagrams_do_not_restart_live() -> None:
    times_s = even_s(4.0)
    times_s[[100, 101]] = times_s[[101, 100]]
    times_s[200] = times_s[199]
    decoder, frames, breaks = VmcDecoder(), PointClock(60.0), 0
    reader = VmcReader(decoder.state)
    reader._names = "hmd", "controller 1", "controller 2"
    kept = 0
    for arrived_s, time_s in zip(even_s(4.0).tolist(), times_s.tolist(), strict=True):
        delay_s = 0.01 if arrived_s == 0 else 0.0  # so all others come early, by the first one
        lines = rows_of(decoder, arrived_s + delay_s, message("/VMC/Ext/T", time_s + 100), HEAD)
        for each in reader.read(lines, arrived_s):
            kept += 1
            breaks += frames.breaks_at(each.time_s)
            points = LivePoints(each.positions_m, each.rotations_wxyz, each.measured)
            list(frames.add(each.time_s, points))
    assert breaks == 0
    assert decoder.state.clock_jumps == 0
    assert kept == len(times_s) - 1, "only the late one of the swapped pair is left out"


def test_live_goes_on_forward_when_the_times_end_and_begin() -> None:
    rng = np.random.default_rng(3)
    decoder = VmcDecoder()
    reader = VmcReader(decoder.state)
    reader._names = "hmd", "controller 1", "controller 2"
    told_s = []
    for time_s in even_s(12.0).tolist():
        late_s = 0.06 * rng.random()
        clock = [] if 4 < time_s < 8 else [message("/VMC/Ext/T", time_s + 100)]
        told_s += [each.time_s for each in reader.read(rows_of(decoder, time_s + late_s, *clock, HEAD), time_s)]
    assert min(np.diff(told_s)) >= 0


def test_the_clock_of_another_program_does_not_count() -> None:
    """VirtualMotionCapture has the head, SlimeVR the trackers, and both say their own times."""
    decoder = VmcDecoder()
    rows = []
    tracker = message("/VMC/Ext/Tra/Pos", "t", *POSE)
    for time_s in even_s(4.0).tolist():
        for sender, clock_s, pose in (("first", time_s + 100, HEAD), ("second", time_s + 7, tracker)):
            bundle = [message("/VMC/Ext/T", clock_s), pose]
            datagrams = rows_of(decoder, time_s, *bundle, sender=sender)
            rows += datagrams
    assert decoder.state.clock_jumps == 0
    assert decoder.state.has_clock
    assert np.abs(stamps_s(rows).reshape(-1, 2) - even_s(4.0)[:, None]).max() < 1e-3


def test_a_program_that_takes_over_brings_its_clock() -> None:
    decoder = VmcDecoder()
    rows = []
    for time_s in even_s(4.0).tolist():
        if 2 <= time_s < 3.2:
            continue
        sender, clock_s = ("first", time_s + 100) if time_s < 2 else ("second", time_s + 7)
        rows += rows_of(decoder, time_s, message("/VMC/Ext/T", clock_s), HEAD, sender=sender)
    assert decoder.state.clock_jumps == 0
    assert stamps_s(rows)[-1] == pytest.approx(even_s(4.0)[-1], abs=1e-3)


def test_a_program_with_a_port_for_each_datagram_keeps_its_clock() -> None:
    rng = np.random.default_rng(0)
    decoder = VmcDecoder()
    rows = []
    for number, time_s in enumerate(even_s(4.0).tolist()):
        late_s = 0.02 * rng.random() if number else 0.0
        rows += rows_of(decoder, time_s + late_s, message("/VMC/Ext/T", time_s + 100), HEAD, sender=number)
    assert np.abs(stamps_s(rows) - even_s(4.0)).max() < 1e-3
