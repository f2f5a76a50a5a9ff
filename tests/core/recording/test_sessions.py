# SPDX-License-Identifier: Apache-2.0
"""Let clocks begin again: sessions stay apart, midnight does not stop a take."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.sessions import continue_clock, continue_clock_of_devices
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import Convention, cut
from tests.core.recording.sample_recordings import json_lines


@pytest.mark.parametrize("with_header", [False, True])
def test_two_sessions_are_two_takes(tmp_path: Path, with_header: bool) -> None:
    first, second = cut(moving_person(600), slice(0, 300)), moving_person(500, seed=5)
    texts = []
    for recording in (first, second):
        write_csv(recording, tmp_path / "one.csv")
        texts.append((tmp_path / "one.csv").read_text())
    text = texts[0] + (texts[1] if with_header else texts[1].partition("\n")[2])
    (tmp_path / "take.csv").write_text(text)
    longest = load_recording(tmp_path / "take.csv")
    np.testing.assert_allclose(longest.positions_m, second.positions_m, atol=1e-6)
    np.testing.assert_allclose(longest.times_s, second.times_s, atol=1e-6)
    told = [finding.sentence for finding in longest.findings if finding.kind == "several_takes"]
    # No pause has split the file, and the times of sessions are counted from the start of each.
    assert told[0].startswith("The times in the file begin again, so it contains 2 sessions (")
    assert told[1:] == ["This is take 2 (5.5 s) of 2. The others are take 1 (3.3 s)."]
    assert "Pauses" not in " ".join(longest.notes)
    other = load_recording(tmp_path / "take.csv", ReadOptions(take=1))
    np.testing.assert_allclose(other.positions_m, first.positions_m, atol=1e-6)


def test_two_sessions_of_json_lines_are_two_takes(tmp_path: Path) -> None:
    first, second = moving_person(300), moving_person(500, seed=5)
    (tmp_path / "take.jsonl").write_bytes(json_lines(first) + json_lines(second))
    np.testing.assert_allclose(load_recording(tmp_path / "take.jsonl").positions_m, second.positions_m, atol=1e-6)


@pytest.mark.parametrize(("unit", "period"), [(1.0, 86400.0), (1e-3, 86400.0), (1.0, 3600.0)])
def test_a_clock_goes_on_after_midnight(unit: float, period: float) -> None:
    true_s = period - 2.0 + np.arange(400) / 90
    clock = continue_clock(true_s % period / unit)
    np.testing.assert_allclose(clock.times * unit, true_s, atol=1e-6)
    assert [finding.kind for finding in clock.findings] == ["clock"]
    assert not clock.session_starts


def test_a_clock_that_is_set_back_goes_on() -> None:
    true_s = np.arange(2000) / 90
    told = true_s.copy()
    told[1500:] -= 3.0
    clock = continue_clock(told)
    np.testing.assert_allclose(clock.times, true_s, atol=0.02)
    assert [finding.kind for finding in clock.findings] == ["clock"]


def test_disorder_is_no_new_session() -> None:
    times = np.arange(500) / 90
    times[100], times[101] = times[101], times[100]
    times[300] = 0.0
    clock = continue_clock(times)
    np.testing.assert_array_equal(clock.times, times)
    assert not clock.findings


def test_devices_one_after_the_other_share_a_clock() -> None:
    true_s = np.arange(300) / 90
    rows = [np.arange(300), np.arange(300, 600)]
    clock = continue_clock_of_devices(np.concatenate([true_s, true_s + 0.001]), rows)
    np.testing.assert_array_equal(clock.times, np.concatenate([true_s, true_s + 0.001]))
    assert not clock.session_starts
    assert not clock.findings


def test_sessions_of_devices_one_after_the_other_move_together() -> None:
    """Each session has the rows of one device, then those of the other, which began earlier and ends later."""
    one, other = 5.0 + np.arange(300) / 90, 4.99 + np.arange(305) / 90
    times = np.concatenate([one, other, one, other])
    borders = np.cumsum([0, 300, 305, 300, 305])
    blocks = [np.arange(start, stop) for start, stop in pairwise(borders)]
    clock = continue_clock_of_devices(times, [np.concatenate(blocks[::2]), np.concatenate(blocks[1::2])])
    np.testing.assert_array_equal(clock.times[:605], times[:605])
    np.testing.assert_allclose(clock.times[605:905] - clock.times[905], one - 4.99, atol=1e-9)
    assert clock.session_starts == (clock.times[905],)
    assert clock.times[905] > clock.times[604]


@pytest.mark.parametrize("chunk", [90, 500])
def test_tables_and_lines_may_be_grouped_by_device(tmp_path: Path, chunk: int) -> None:
    person = moving_person(500)
    header, *rows = long_table(person).splitlines()
    # Rows of a frame follow each other: head, left, right.
    grouped = [
        row
        for start in range(0, len(rows), 3 * chunk)
        for device in range(3)
        for row in rows[start + device : start + 3 * chunk : 3]
    ]
    (tmp_path / "take.csv").write_text("\n".join([header, *grouped]))
    cells = [row.split(",") for row in grouped]
    lines = [
        json.dumps(
            {"t": float(c[0]), "device": c[1], "position": [*map(float, c[2:5])], "rotation": [*map(float, c[5:])]}
        )
        for c in cells
    ]
    (tmp_path / "take.jsonl").write_text("\n".join(lines))
    for name in ("take.csv", "take.jsonl"):
        recording = load_recording(tmp_path / name, ReadOptions(axes="openxr", quaternion_order="xyzw", unit="m"))
        np.testing.assert_allclose(recording.times_s, person.times_s, atol=1e-6)
        np.testing.assert_allclose(recording.positions_m, person.positions_m, atol=1e-6)
        assert not recording.findings


def long_table(recording: Recording) -> str:
    lines = ["time,device,x,y,z,qx,qy,qz,qw"]
    _, positions, quaternions = Convention().tracks(recording)
    for time_s, places, turns in zip(recording.times_s, positions, quaternions, strict=True):
        for device, place, turn in zip(("Head", "LeftHand", "RightHand"), places, turns, strict=True):
            lines.append(",".join([f"{time_s:.9f}", device, *(f"{value:.9f}" for value in (*place, *turn))]))
    return "\n".join(lines)
