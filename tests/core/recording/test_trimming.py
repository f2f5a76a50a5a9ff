# SPDX-License-Identifier: Apache-2.0
"""Solve only what the user trims to; calibrate by the whole recording; believe nothing of what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import calibrate
from inpose_core.cli import main
from inpose_core.errors import RecordingError
from inpose_core.inspection.describe import describe_recording
from inpose_core.options.calibration import CalibrationSettings
from inpose_core.options.reading import ReadOptions
from inpose_core.options.spans import parse_spans, spans_text
from inpose_core.recording import load_recording
from inpose_core.recording.findings import Finding
from inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.recording.trimming import proposed_trim, trim_recording
from tests.core.calibration.test_calibration_pose import held
from tests.core.recording.recording_files import moving_person

BODY = Skeleton.template(1.75)


def test_sensors_go_from_the_start_to_the_end_of_the_trim() -> None:
    person = moving_person(frames=360, rate_hz=60.0)
    whole = calibrate(person, BODY, CalibrationSettings(pose="grip", stature_m=1.75)).sensors
    cut = calibrate(
        trim_recording(person, ReadOptions(trim_start_s=1.5, trim_end_s=4.0)),
        BODY,
        CalibrationSettings(pose="grip", stature_m=1.75),
    ).sensors
    assert cut.start_s == 1.5
    assert len(cut.positions_m) == 151  # both ends are solved
    assert np.allclose(cut.positions_m, whole.positions_m[90:241])


def test_a_t_pose_that_is_trimmed_away_still_calibrates() -> None:
    person = held(seconds=1.5, start_s=1.5)
    settings = CalibrationSettings(stature_m=1.75)
    trimmed = calibrate(trim_recording(person, ReadOptions(trim_start_s=4.0)), BODY, settings)
    assert trimmed.calibration_pose is not None
    assert trimmed.calibration_pose.stop_s < 4.0
    whole = calibrate(person, BODY, settings)
    assert np.allclose(trimmed.sensors.positions_m, whole.sensors.positions_m[240:])
    # Otherwise only the default offsets were known.
    without = calibrate(person, BODY, replace(settings, calibration_pose="none"))
    assert whole.calibration_pose is not None
    assert without.calibration_pose is None


def test_nothing_is_measured_in_what_is_left_out_and_the_timing_stays() -> None:
    person = moving_person(frames=360, rate_hz=60.0)
    person.positions_m[120:180] += 3.0  # somebody else has taken the controllers
    left = trim_recording(person, ReadOptions(leave_out="2-3"))
    sensors = calibrate(left, BODY, CalibrationSettings(pose="grip", stature_m=1.75)).sensors
    assert len(sensors.measured) == 360
    assert sensors.start_s == 0.0
    assert not sensors.measured[121:179].any()
    assert sensors.measured[:119].all()
    assert sensors.measured[182:].all()
    assert np.abs(sensors.positions_m).max() < 2.5  # not the 3 m away


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (ReadOptions(trim_start_s=100.0), "contains no motion"),
        (ReadOptions(trim_start_s=1.0, trim_end_s=1.05), "contains no motion"),
        (ReadOptions(leave_out="0-100"), "Nothing of"),
    ],
)
def test_a_trim_without_motion_is_refused(options: ReadOptions, says: str) -> None:
    with pytest.raises(RecordingError, match=says):
        trim_recording(moving_person(), options)


def test_an_end_before_the_start_is_refused_before_anything_is_read() -> None:
    with pytest.raises(RecordingError, match="before it starts"):
        ReadOptions(trim_start_s=5.0, trim_end_s=4.0)


def test_an_end_after_the_recording_is_its_end() -> None:
    person = moving_person()
    assert trim_recording(person, ReadOptions(trim_end_s=100.0)).trim_s == (0.0, person.duration_s)


def test_spans_are_read_sorted_and_joined() -> None:
    assert parse_spans("30-31, 12.5 - 14; 13.9..15s") == ((12.5, 15.0), (30.0, 31.0))
    assert parse_spans(spans_text(((0.25, 1.0), (2.0, 3.125)))) == ((0.25, 1.0), (2.0, 3.125))
    for wrong in ("12", "a-b", "3-2", "1-2-3"):
        with pytest.raises(RecordingError):
            parse_spans(wrong)


def test_findings_of_what_is_not_solved_are_not_told() -> None:
    person = moving_person(frames=360, rate_hz=60.0).with_findings(
        Finding("frozen", "Frozen early.", "left_to_solver", 1, 0.5, 2.0),
        Finding("frozen", "Frozen across.", "left_to_solver", 1, 1.5, 2.5),
        Finding("frozen", "Left out.", "left_to_solver", 1, 3.1, 3.4),
        Finding("unit", "Unit doubted."),
    )
    trimmed = trim_recording(person, ReadOptions(trim_start_s=2.0, leave_out="3-3.5"))
    told = calibrate(trimmed, BODY, CalibrationSettings(pose="grip", stature_m=1.75))
    assert {"Frozen across.", "Unit doubted."} <= set(told.notes)
    assert not {"Frozen early.", "Left out."} & set(told.notes)
    assert [finding.sentence for finding in told.findings][:2] == ["Frozen across.", "Unit doubted."]
    assert len(describe_recording(trimmed).findings) == 4  # who looks at the recording sees all of it


def test_the_trim_is_proposed_where_the_headset_is_not_worn() -> None:
    person = moving_person(frames=1200, rate_hz=60.0)
    assert proposed_trim(person) is None
    desk = Finding("not_worn", "The headset lies still until 4.0 s.", "left_to_solver", 0, 0.0, 4.0)
    end = Finding("not_worn", "The headset lies still from 17.5 s.", "left_to_solver", 0, 17.5, None)
    middle = Finding("not_worn", "The headset was off.", "left_to_solver", 0, 8.0, 9.0)
    assert proposed_trim(person.with_findings(desk)) == (4.0, person.duration_s)
    assert proposed_trim(person.with_findings(middle)) is None
    both = person.with_findings(desk, middle, end)
    assert describe_recording(both).to_dict()["proposed_trim_s"] == [4.0, 17.5]


def test_loading_obeys_the_trim_and_a_sensors_file_keeps_its_start(tmp_path: Path) -> None:
    write_csv(moving_person(frames=360, rate_hz=60.0), tmp_path / "take.csv")
    recording = load_recording(tmp_path / "take.csv", ReadOptions(trim_start_s=2.0, trim_end_s=3.0))
    assert recording.trim_s == (2.0, 3.0)
    assert recording.duration_s > 5.9
    sensors = calibrate(recording, BODY, CalibrationSettings(pose="grip", stature_m=1.75)).sensors
    save_sensors(sensors, tmp_path / "take.npz")
    assert load_sensors(tmp_path / "take.npz").start_s == 2.0


def test_each_side_that_the_user_does_not_set_is_where_the_headset_is_worn() -> None:
    person = moving_person(frames=1200, rate_hz=60.0).with_findings(
        Finding("not_worn", "On the desk.", "left_to_solver", 0, 0.0, 4.0),
        Finding("not_worn", "On the desk again.", "left_to_solver", 0, 17.5, None),
    )
    assert trim_recording(person, ReadOptions()).trim_s == (4.0, 17.5)
    assert trim_recording(person, ReadOptions(leave_out="8-9")).trim_s == (4.0, 17.5)
    assert trim_recording(person, ReadOptions(trim_end_s=10.0)).trim_s == (4.0, 10.0)
    assert trim_recording(person, ReadOptions(trim_start_s=0.0)).trim_s == (0.0, 17.5)


def test_info_says_what_is_solved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = tmp_path / "take.csv"
    write_csv(moving_person(frames=360, rate_hz=60.0), take)
    assert main(["info", str(take), "--from", "1", "--leave-out", "2-2.5,3-3.5"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "1.0 to 6.0 s is solved" in told
    assert "2-2.5, 3-3.5 s" in told
    assert main(["info", str(take), "--json", "--to", "4"]) == 0
    assert json.loads(capsys.readouterr().out)["trim_s"] == [0.0, 4.0]


def test_a_wrong_trim_is_told_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = tmp_path / "take.csv"
    write_csv(moving_person(frames=360, rate_hz=60.0), take)
    for words, says in (
        (["--from", "5", "--to", "4"], "before it starts"),
        (["--from", "60"], "lasts 6.0 s"),
        (["--leave-out", "soon"], "as in 12.5-14"),
    ):
        assert main(["info", str(take), *words]) == 2
        assert says in capsys.readouterr().err
