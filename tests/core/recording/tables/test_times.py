# SPDX-License-Identifier: Apache-2.0
"""Times as loggers write them: clocks, dates and timecodes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from inpose_core.inspection.table import look_at_table
from inpose_core.recording import ReadOptions, load_recording
from inpose_core.recording.tables.time_choice import likely_time
from inpose_core.recording.tables.times import parse_times
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import Convention, wide_table

START = datetime(2026, 3, 1, 14, 3, 57)
TIMES_S = np.arange(1500) / 90


def clocks(pattern: str, frame_rate: float = 0.0) -> list[str]:
    """Return the times of `TIMES_S` in a pattern with the names of a time's parts."""
    moments = [START + timedelta(microseconds=float(us)) for us in np.round(1e6 * TIMES_S)]
    return [
        pattern.format(
            h=m.hour,
            m=m.minute,
            s=m.second,
            ms=m.microsecond // 1000,
            stripped=f"{m.microsecond // 1000:03}".rstrip("0") or "0",
            f=int(m.microsecond / 1e6 * frame_rate + 1e-3),
        )
        for m in moments
    ]


def since_start(cells: list[str]) -> np.ndarray:
    times_s, unit = parse_times(cells, "Time", "take.csv")
    assert unit == "s"
    return times_s - times_s[0]


@pytest.mark.parametrize(
    "pattern",
    [
        "{h}:{m}:{s}:{ms}",
        "{h}:{m}:{s}.{ms}",
        "{h}:{m}:{s}:{ms:03}",
        "{h:02}:{m:02}:{s:02},{ms:03}",
        "{h:02}:{m:02}:{s:02}.{stripped}",
        "2026-03-01 {h:02}:{m:02}:{s:02}.{ms:03}",
        "2026-3-1 {h}:{m}:{s}:{ms}",
        "1.3.2026 {h}:{m}:{s}.{stripped}",
    ],
)
def test_milliseconds_are_read_with_and_without_zeros_before_and_after_them(pattern: str) -> None:
    np.testing.assert_allclose(since_start(clocks(pattern)), TIMES_S, atol=1.1e-3)


@pytest.mark.parametrize("frame_rate", [24.0, 25.0, 30.0, 60.0, 90.0])
@pytest.mark.parametrize("pattern", ["{h:02}:{m:02}:{s:02}:{f:02}", "{h:02}:{m:02}:{s:02};{f:02}", "{h}:{m}:{s}:{f}"])
def test_timecodes_count_frames(pattern: str, frame_rate: float) -> None:
    times_s = since_start(clocks(pattern, frame_rate))
    np.testing.assert_allclose(times_s, np.floor(TIMES_S * frame_rate + 1e-3) / frame_rate, atol=1.01 / frame_rate)
    assert np.diff(times_s).max() < 1.01 / frame_rate
    assert (np.diff(times_s) >= 0).all()


def test_hundredths_of_a_second_are_no_frames() -> None:
    cells = [cell[:-1] for cell in clocks("{h:02}:{m:02}:{s:02}:{ms:03}")]
    np.testing.assert_allclose(since_start(cells), TIMES_S, atol=0.011)


@pytest.mark.parametrize("rate_hz", [2.0, 5.0, 15.0, 30.0])
def test_slow_clocks_are_no_timecodes(rate_hz: float) -> None:
    times_s = np.arange(100) / rate_hz
    cells = [(START + timedelta(seconds=t)).strftime("%H:%M:%S.%f")[:-3] for t in times_s]
    np.testing.assert_allclose(since_start(cells), times_s, atol=1.1e-3)


ROWS = [("2026-03-01", "20260301", f"14:03:{second:02}", f"{second}.5") for second in range(10)]


@pytest.mark.parametrize(
    ("places", "time"), [((0, 2), 2), ((1, 2), 2), ((1, 3), 3), ((2, 3), 2), ((0,), 0), ((1,), 1), ((), None)]
)
def test_the_first_column_that_holds_times_is_the_time(places: tuple[int, ...], time: int | None) -> None:
    assert likely_time(places, ROWS) == time
    if len(places) > 1:
        # Where no time changes in the first rows, a date is still no time.
        assert likely_time(places, ROWS[:1] * 5) == time


def test_a_date_beside_the_time_does_no_harm(tmp_path: Path) -> None:
    person = moving_person()
    text = wide_table(person, Convention(), ("Head", "LeftHand", "RightHand"), "{}Pos ", "{}Rot ", "Time")
    header, *rows = text.splitlines()
    (tmp_path / "take.csv").write_text("\n".join([f"Date,{header}", *(f"2026-03-01,{row}" for row in rows)]))
    read = load_recording(tmp_path / "take.csv", ReadOptions(axes="openxr"))
    np.testing.assert_allclose(read.times_s, person.times_s, atol=1e-6)
    assert look_at_table(tmp_path / "take.csv").assignment.time == 2


@pytest.mark.parametrize(("column", "rate_hz"), [("timestamp_us", 20.0), ("Time [ms]", 4.0), ("time (ns)", 90.0)])
def test_the_name_of_the_column_tells_the_unit(tmp_path: Path, column: str, rate_hz: float) -> None:
    unit = {"timestamp_us": "us", "Time [ms]": "ms", "time (ns)": "ns"}[column]
    person = moving_person(200, rate_hz)
    names = ("Head", "LeftHand", "RightHand")
    (tmp_path / "take.csv").write_text(
        wide_table(person, Convention(time_unit=unit), names, "{}Pos ", "{}Rot ", column)
    )
    read = load_recording(tmp_path / "take.csv", ReadOptions(axes="openxr"))
    assert read.duration_s == pytest.approx(person.duration_s, rel=1e-3)
    assert {guess.name: (guess.value, guess.source) for guess in read.guesses}["time unit"] == (unit, "file")


def test_a_name_that_contradicts_the_steps_is_doubted(tmp_path: Path) -> None:
    person = moving_person()
    text = wide_table(person, Convention(), ("Head", "LeftHand", "RightHand"), "{}Pos ", "{}Rot ", "time_ms")
    (tmp_path / "take.csv").write_text(text)
    read = load_recording(tmp_path / "take.csv", ReadOptions(axes="openxr"))
    assert read.duration_s == pytest.approx(person.duration_s, rel=1e-3)
    assert any("says ms, but the times are in s" in finding.sentence for finding in read.findings)


@pytest.mark.parametrize("steps_s", [np.full(200, 1 / 90), np.where(np.arange(200) % 20, 1 / 90, 1 / 45)])
def test_even_steps_from_row_to_row_are_summed_up(steps_s: np.ndarray) -> None:
    times, _ = parse_times([f"{step:.6f}" for step in steps_s], "deltaTime", "take.csv")
    np.testing.assert_allclose(np.diff(times), steps_s[1:], atol=1e-6)


def test_a_clock_called_delta_is_a_clock() -> None:
    times, _ = parse_times([f"{t:.6f}" for t in TIMES_S], "delta_time_s", "take.csv")
    np.testing.assert_allclose(times, TIMES_S, atol=1e-6)
