# SPDX-License-Identifier: Apache-2.0
"""Let clocks begin again: sessions stay apart, midnight does not stop a take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inpose_core.recording import ReadOptions, load_recording
from inpose_core.recording.sessions import continue_clock
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import cut
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
    assert "several_takes" in {finding.kind for finding in longest.findings}
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
