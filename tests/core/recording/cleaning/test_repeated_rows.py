# SPDX-License-Identifier: Apache-2.0
"""Loggers that are faster than the tracking write poses several times: these rows are left out, other repeats stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.quaternions import multiply_quaternions, rotate_vector
from inpose_core.recording import Recording
from inpose_core.recording.cleaning.clean import clean_recording
from inpose_core.recording.cleaning.repeated_rows import find_repeated_rows
from tests.core.recording.cleaning.people import between, person, told, turned


def polled(take: Recording, rate_hz: float) -> Recording:
    """Return the take as a logger of this rate writes it: in each row the newest pose."""
    times_s = np.arange(0.0, take.duration_s, 1 / rate_hz)
    newest = np.searchsorted(take.times_s, times_s + 1e-9, side="right") - 1
    return replace(
        take,
        times_s=times_s,
        positions_m=take.positions_m[newest],
        rotations_wxyz=take.rotations_wxyz[newest],
        measured=take.measured[newest],
    )


def spinning(take: Recording) -> Recording:
    """Let the performer spin on the spot and back, at up to 12 degrees from frame to frame."""
    turn = np.stack([turned(2.4 * np.sin(6.5 * time_s)) for time_s in take.times_s])[:, None]
    return replace(
        take,
        positions_m=rotate_vector(turn, take.positions_m),
        rotations_wxyz=multiply_quaternions(turn, take.rotations_wxyz),
    )


@pytest.mark.parametrize("rate_hz", [100.0, 115.0, 144.0, 250.0])
def test_a_fast_logger_makes_no_jumps(rate_hz: float) -> None:
    take = spinning(person())
    assert clean_recording(take).findings == ()
    cleaned = clean_recording(polled(take, rate_hz))
    assert cleaned.findings == ()
    assert cleaned.measured.all()
    assert len(cleaned) == pytest.approx(len(take), abs=2)
    np.testing.assert_array_equal(cleaned.positions_m, take.positions_m[: len(cleaned)])
    assert cleaned.cleaning is not None
    assert len(cleaned) + cleaned.cleaning.repeated_rows == len(polled(take, rate_hz))
    assert "faster than the tracking" in cleaned.notes[0]


def test_devices_that_are_tracked_in_turn_make_no_jumps() -> None:
    """Then no row repeats all poses, but each device stands still and leaps."""
    take = spinning(person(rate_hz=90.0))
    rows = polled(take, 250.0)
    for device, late_s in ((1, 0.004), (2, 0.008)):
        later = polled(replace(take, times_s=take.times_s + late_s), 250.0)
        count = min(len(rows), len(later))
        for own, other in ((rows.positions_m, later.positions_m), (rows.rotations_wxyz, later.rotations_wxyz)):
            own[3:count, device] = other[3:count, device]
    assert not find_repeated_rows(rows, np.ones(len(rows), np.bool_)).any()
    assert told(clean_recording(rows).findings) == set()


@pytest.mark.parametrize("rate_hz", [144.0, 250.0])
def test_jumps_and_frozen_hands_of_a_fast_logger_are_found(rate_hz: float) -> None:
    take = person()
    after, frozen = between(take, 8.0, 99.0), between(take, 3.0, 5.0)
    for poses in (take.positions_m, take.rotations_wxyz):
        poses[frozen, 2] = poses[frozen.start, 2]
    take.positions_m[after] = rotate_vector(turned(0.6), take.positions_m[after]) + np.array((0.5, 0.0, 0.3))
    take.rotations_wxyz[after] = multiply_quaternions(turned(0.6), take.rotations_wxyz[after])
    cleaned = clean_recording(polled(take, rate_hz))
    assert told(cleaned.findings) == {("frozen", 2), ("recentred", None)}
    assert [finding.start_s for finding in cleaned.findings] == pytest.approx([3.0, 8.0], abs=0.1)


def test_a_long_stillness_keeps_its_rows() -> None:
    take = person(noise_m=0.0)
    part = between(take, 4.0, 6.0)
    for poses in (take.positions_m, take.rotations_wxyz):
        poses[part] = poses[part.start]
    rows = polled(take, 144.0)
    repeated = find_repeated_rows(rows, np.ones(len(rows), np.bool_))
    assert repeated.mean() > 0.3
    assert not repeated[between(rows, 4.05, 5.95)].any()


def test_a_few_repeated_rows_stay() -> None:
    take = person()
    again = np.arange(10, len(take), 20)
    for poses in (take.positions_m, take.rotations_wxyz):
        poses[again] = poses[again - 1]
    cleaned = clean_recording(take)
    assert len(cleaned) == len(take)
    assert not cleaned.notes
