# SPDX-License-Identifier: Apache-2.0
"""Tables whose rows are odd: several players, a coarse clock, times from row to row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inpose_core.errors import RecordingError
from inpose_core.recording import ReadOptions, load_recording
from inpose_core.recording.coarse_clock import spread_ticks
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.recording.tables.header_rows import header_in_comments
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import Convention, wide_table

COUNT, RATE_HZ = 720, 72.0


def table(move_m: tuple[float, float, float] = (0.0, 0.0, 0.0), seed: int = 0) -> tuple[str, list[str]]:
    person = moving_person(COUNT, RATE_HZ, seed)
    person.positions_m[:] += move_m
    convention = Convention("RUF", quaternion_order="xyzw")
    text = wide_table(person, convention, ("Head", "LeftHand", "RightHand"), "{}Pos", "{}Rot", "time")
    for number, letter in enumerate("xyzw"):
        text = text.replace(f"Rot{number}", f"Rot{letter}")
    header, *rows = text.splitlines()
    return header, rows


def test_two_players_become_two_takes(tmp_path: Path) -> None:
    header, first = table()
    _, second = table((2.0, 0.0, 1.0), seed=3)
    rows = [f"{row},{name}" for pair in zip(first, second, strict=True) for row, name in zip(pair, "BA", strict=True)]
    (tmp_path / "both.csv").write_text("\n".join([f"{header},playerId", *rows]))
    takes = [load_recording(tmp_path / "both.csv", ReadOptions(axes="unity", take=take)) for take in (1, 2)]
    for found, alone in zip(takes, (moving_person(COUNT, RATE_HZ), moving_person(COUNT, RATE_HZ, 3)), strict=True):
        assert len(found) == COUNT
        head_m = found.positions_m[:, 0] - found.positions_m[0, 0]
        np.testing.assert_allclose(head_m, alone.positions_m[:, 0] - alone.positions_m[0, 0], atol=1e-3)
        (finding,) = [finding for finding in found.findings if finding.kind == "several_players"]
        assert "2 players" in finding.sentence


def test_players_without_a_name_are_refused(tmp_path: Path) -> None:
    header, first = table()
    _, second = table((2.0, 0.0, 1.0), seed=3)
    rows = [row for pair in zip(first, second, strict=True) for row in pair]
    (tmp_path / "both.csv").write_text("\n".join([header, *rows]))
    with pytest.raises(RecordingError, match="several players alternate"):
        load_recording(tmp_path / "both.csv", ReadOptions(axes="unity"))


def test_one_player_with_a_name_is_one_take(tmp_path: Path) -> None:
    header, rows = table()
    (tmp_path / "one.csv").write_text("\n".join([f"{header},player", *(f"{row},Z" for row in rows)]))
    found = load_recording(tmp_path / "one.csv", ReadOptions(axes="unity"))
    assert len(found) == COUNT
    assert not found.findings


def test_a_clock_of_whole_seconds_is_spread() -> None:
    true_s = np.arange(COUNT) / RATE_HZ + 41000.37
    found = spread_ticks(np.floor(true_s))
    assert np.abs(found.times - true_s).max() < 1.5 / RATE_HZ
    assert (np.diff(found.times) > 0).all()
    (finding,) = found.findings
    assert "72 rows" in finding.sentence


@pytest.mark.parametrize("repeat", [1, 2])
def test_a_fine_clock_stays(repeat: int) -> None:
    times = np.repeat(np.arange(300) / 90.0, repeat)
    found = spread_ticks(times)
    np.testing.assert_array_equal(found.times, times)
    assert not found.findings


@pytest.mark.parametrize("name", ["deltaTime", "dt"])
def test_times_from_row_to_row_are_summed_up(tmp_path: Path, name: str) -> None:
    header, rows = table()
    random = np.random.default_rng(0)
    steps_s = (1 + 0.1 * random.standard_normal(COUNT)) / RATE_HZ
    place = header.split(",").index("time")
    changed = [row.split(",") for row in rows]
    for cells, step_s in zip(changed, steps_s, strict=True):
        cells[place] = f"{step_s:.6f}"
    text = "\n".join([header.replace("time", name), *(",".join(cells) for cells in changed)])
    (tmp_path / "steps.csv").write_text(text)
    found = load_recording(tmp_path / "steps.csv", ReadOptions(axes="unity"))
    np.testing.assert_allclose(found.times_s, np.cumsum(steps_s) - steps_s[0], atol=1e-4)


@pytest.mark.parametrize("delimiter", [",", " ", ";"])
def test_a_header_may_be_a_comment(tmp_path: Path, delimiter: str) -> None:
    person = moving_person(COUNT, RATE_HZ)
    write_csv(person, tmp_path / "own.csv")
    text = (tmp_path / "own.csv").read_text().replace(",", delimiter)
    (tmp_path / "take.csv").write_text(f"# hand poses: grip\n# {text}")
    found = load_recording(tmp_path / "take.csv")
    np.testing.assert_allclose(found.positions_m, person.positions_m, atol=1e-6)
    assert found.pose == "grip"


def test_a_comment_is_no_header() -> None:
    for comment in ("# measured in the lab", "# 1,2,3", "# a,b,c,d", "# a,,c", ""):
        assert header_in_comments([comment] * bool(comment), ",", 3) is None


@pytest.mark.parametrize(
    "units", [("s", *("m", "m", "m", "-", "-", "-", "-") * 3), ("[s]", *("[m]", "[m]", "[m]", "", "", "", "") * 3)]
)
def test_units_below_the_header_are_no_frame(tmp_path: Path, units: tuple[str, ...]) -> None:
    header, rows = table()
    (tmp_path / "take.csv").write_text("\n".join([header, ",".join(units), *rows]))
    found = load_recording(tmp_path / "take.csv", ReadOptions(axes="unity"))
    np.testing.assert_allclose(found.positions_m, moving_person(COUNT, RATE_HZ).positions_m, atol=1e-6)
    rows[60] = rows[60].replace(".", "x")
    (tmp_path / "take.csv").write_text("\n".join([header, ",".join(units), *rows]))
    with pytest.raises(RecordingError, match="Line 63"):
        load_recording(tmp_path / "take.csv", ReadOptions(axes="unity"))
