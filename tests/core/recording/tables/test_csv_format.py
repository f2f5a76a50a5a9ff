# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.errors import OutputError, RecordingError
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.interpretation.interpret import interpret
from inpose_core.recording.tables import reader as tables
from inpose_core.recording.tables.csv_format import CSV_COLUMNS, write_csv
from inpose_core.recording.types import PoseType
from tests.core.recording.recording_files import moving_person
from tests.timing import fastest_s


def lines_of(recording: Recording, path: Path) -> list[str]:
    write_csv(recording, path)
    return path.read_text().splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "take.csv"


def test_the_header_is_that_of_the_specification() -> None:
    assert ",".join(CSV_COLUMNS).startswith("time,head_px,head_py,head_pz,head_qw,head_qx,head_qy,head_qz,left_px,")
    assert CSV_COLUMNS[-1] == "right_qz"
    assert len(CSV_COLUMNS) == 22


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rate_hz=st.floats(10, 250))
def test_round_trip(seed: int, rate_hz: float) -> None:
    person = moving_person(40, rate_hz, seed)
    person.measured[7, 1] = person.measured[12:20, 2] = False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.csv"
        write_csv(person, path)
        recording = load_recording(path)
    np.testing.assert_array_equal(recording.measured, person.measured)
    np.testing.assert_allclose(recording.times_s, person.times_s, atol=1e-6)
    seen = person.measured
    np.testing.assert_allclose(recording.positions_m[seen], person.positions_m[seen], atol=1e-6)
    np.testing.assert_allclose(np.abs((recording.rotations_wxyz * person.rotations_wxyz).sum(-1))[seen], 1.0, atol=1e-6)
    assert recording.format == "CSV"
    assert recording.pose is None


def test_column_order_whitespace_bom_case_and_other_columns_do_not_matter(path: Path) -> None:
    person = moving_person(30)
    lines = lines_of(person, path)
    rows = [line.split(",") for line in lines]
    shuffled = np.random.default_rng(1).permutation(22)
    text = "\n".join(
        " ; ".join(["x" if i else "Comment", *(row[j].upper() if not i else row[j] for j in shuffled)])
        for i, row in enumerate(rows)
    )
    path.write_bytes(b"\xef\xbb\xbf# a comment\r\n" + text.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    np.testing.assert_allclose(load_recording(path).positions_m, person.positions_m, atol=1e-6)


def test_tabs_and_utf_16(path: Path) -> None:
    person = moving_person(30)
    text = "\n".join(lines_of(person, path)).replace(",", "\t")
    path.write_bytes(text.encode("utf-16"))
    np.testing.assert_allclose(load_recording(path).positions_m, person.positions_m, atol=1e-6)


def test_nan_and_empty_cells_are_not_measured(path: Path) -> None:
    lines = lines_of(moving_person(30), path)
    for row, cell in ((5, "nan"), (6, ""), (7, " "), (8, "NaN"), (9, "inf")):
        cells = lines[row].split(",")
        cells[10] = cell
        lines[row] = ",".join(cells)
    path.write_text("\n".join(lines))
    recording = load_recording(path)
    assert not recording.measured[4:9, 1].any()
    assert recording.measured.sum() == 90 - 5


def test_one_hand_may_be_missing_as_a_whole(path: Path) -> None:
    lines = lines_of(moving_person(30), path)
    path.write_text("\n".join(",".join(line.split(",")[:15]) for line in lines))
    recording = load_recording(path)
    assert recording.measured.any(axis=0).tolist() == [True, True, False]
    assert any("right" in note for note in recording.notes)


def test_centimetres_are_noticed(path: Path) -> None:
    person = moving_person(30)
    write_csv(replace(person, positions_m=person.positions_m * 100), path)
    recording = load_recording(path)
    assert recording.unit == "cm"
    np.testing.assert_allclose(recording.positions_m, person.positions_m, atol=1e-6)


def test_a_cut_off_last_line_is_left_out(path: Path) -> None:
    text = "\n".join(lines_of(moving_person(30), path))
    path.write_text(text[:-80])
    recording = load_recording(path)
    assert len(recording) == 29
    assert any("cut off" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: [lines[0].replace("left_qw", "left_q"), *lines[1:]], "lacks the column left_qw"),
        (lambda lines: [",".join(line.split(",")[:8]) for line in lines], "columns for head only"),
        (lambda lines: [",".join(line.split(",")[:1] + line.split(",")[8:]) for line in lines], "left and right only"),
        (lambda lines: [lines[0].replace("left_qw", "left_qx"), *lines[1:]], "left_qx twice"),
        (
            lambda lines: [*lines[:5], lines[5].replace(",", ",hello", 1), *lines[6:]],
            "Line 6 of take.csv has no number in the column head_px",
        ),
        (lambda lines: [*lines[:5], "1,2,3", *lines[6:]], "Line 6 of take.csv is too short"),
        (lambda lines: lines[:1], "no movement"),
        (lambda lines: lines[:2], "no movement"),
        (lambda lines: [lines[0]] + [lines[1]] * 9, "no movement"),
        (lambda _: ["# only", "# comments"], "has no lines"),
        (lambda _: ["Dear diary,", "today I did nothing."], "not a header"),
        (lambda lines: [lines[0], *reversed(lines[1:])], "do not increase"),
        (lambda lines: [lines[0], *(f"{i * 7e9}{line[11:]}" for i, line in enumerate(lines[1:]))], "--time-unit"),
    ],
)
def test_bad_tables_are_refused(path: Path, change: object, expected: str) -> None:
    path.write_text("\n".join(change(lines_of(moving_person(30), path))))  # type: ignore[operator]  # a parameter
    with pytest.raises(RecordingError) as caught:
        load_recording(path)
    assert expected in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=300), st.text(alphabet='time,head_px\n"1.;-e\0\r', max_size=300)))
def test_any_text_gives_an_error_of_ours(text: str) -> None:
    for data in (text.encode("utf-8", "replace"), (",".join(CSV_COLUMNS) + "\n" + text).encode("utf-8", "replace")):
        if tables.recognises(data):
            with pytest.raises(RecordingError):
                interpret(tables.read(data, "test.csv"), ReadOptions(), "test.csv")


def test_writing_into_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_csv(moving_person(5), tmp_path / "nowhere" / "take.csv")


def test_ten_minutes_are_read_in_seconds(path: Path) -> None:
    write_csv(moving_person(36000, 60.0), path)
    assert len(load_recording(path)) == 36000
    assert fastest_s(lambda: load_recording(path), enough_s=5.0) < 5.0


@pytest.mark.parametrize("pose", ["joint", "raw"])
def test_the_kind_of_the_hand_poses_is_written_and_believed(tmp_path: Path, pose: PoseType) -> None:
    write_csv(replace(moving_person(60), pose=pose), tmp_path / "take.csv")
    assert (tmp_path / "take.csv").read_text().startswith(f"# hand poses: {pose}\n")
    read = load_recording(tmp_path / "take.csv")
    assert read.pose == pose
    assert "hand_poses" not in {finding.kind for finding in read.findings}


@pytest.mark.parametrize("midnight", [False, True])
def test_clock_times_are_read_as_seconds(path: Path, midnight: bool) -> None:
    person = moving_person(300, 60.0)
    write_csv(person, path)
    header, *rows = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    start = datetime(2026, 3, 14, 23, 59, 57 if midnight else 20)
    for form in ("%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f"):
        lines = [header]
        for row in rows:
            time, rest = row.split(",", 1)
            lines.append(f"{(start + timedelta(seconds=float(time))).strftime(form)},{rest}")
        path.write_text("\n".join(lines))
        loaded = load_recording(path)
        np.testing.assert_allclose(loaded.times_s - loaded.times_s[0], person.times_s - person.times_s[0], atol=2e-3)
        np.testing.assert_allclose(loaded.positions_m, person.positions_m, atol=1e-6)
