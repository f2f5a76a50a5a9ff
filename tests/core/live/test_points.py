# SPDX-License-Identifier: Apache-2.0
"""Bring moments at any times onto the solver's frames."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.live.points import LivePoints, PointClock, sensors_of

IDENTITY = np.tile((1.0, 0.0, 0.0, 0.0), (3, 1))


def moment(x: float, measured: tuple[bool, bool, bool] = (True, True, True)) -> LivePoints:
    return LivePoints(np.full((3, 3), x), IDENTITY, np.array(measured))


@given(st.lists(st.floats(0.001, 0.2), min_size=1, max_size=60), st.sampled_from([30.0, 60.0, 72.0]))
def test_frames_come_at_a_constant_rate_and_lie_on_the_line(steps_s: list[float], fps: float) -> None:
    clock, frames = PointClock(fps), []
    for time_s in np.concatenate(([0.0], np.cumsum(steps_s))):
        frames += list(clock.add(float(time_s), moment(3.0 * time_s)))
    times_s = np.array([time_s for time_s, _ in frames])
    assert np.allclose(np.diff(times_s), 1 / fps)
    assert np.allclose([points.positions_m[0, 0] for _, points in frames], 3.0 * times_s)
    assert times_s[-1] <= sum(steps_s) + 1e-9
    assert sum(steps_s) - times_s[-1] < 1 / fps + 1e-6


def test_a_pause_and_a_clock_that_goes_back_begin_anew() -> None:
    clock = PointClock(60.0)
    assert len(list(clock.add(5.0, moment(0)))) == 1
    assert list(clock.add(5.0, moment(0))) == []
    assert len(list(clock.add(5.1, moment(1)))) == 6
    for time_s in (6.0, 2.0):
        assert clock.breaks_at(time_s)
        assert [at for at, _ in clock.add(time_s, moment(9))] == [time_s]


def test_between_a_lost_and_a_found_device_nothing_is_measured() -> None:
    clock = PointClock(60.0)
    list(clock.add(0.0, moment(0.0)))
    frames = list(clock.add(0.1, moment(6.0, (True, False, True))))
    assert all(points.measured.tolist() == [True, False, True] for _, points in frames)
    assert [points.positions_m[1, 0] for _, points in frames][:2] == [0.0, 0.0]


def test_a_lost_point_stays_where_it_was() -> None:
    frames = [moment(1.0), moment(2.0), moment(9.0, (True, False, True)), moment(4.0)]
    sensors = sensors_of(frames, 60.0)
    assert sensors.positions_m[:, 1, 0].tolist() == [1.0, 2.0, 2.0, 4.0]
    assert sensors.positions_m[:, 0, 0].tolist() == [1.0, 2.0, 9.0, 4.0]
    assert sensors.measured[:, 1].tolist() == [True, True, False, True]
