# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.body.quaternions import normalize_quaternion
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import (
    CalibrationSettings,
    PerformerCalibration,
    RigidOffset,
    calibrate,
    load_calibration,
    measure_performer,
    save_calibration,
)
from inpose_core.errors import CalibrationError, OutputError
from inpose_core.recording import load_recording
from tests.core.calibration.test_calibration_pose import held
from tests.core.recording.recording_files import PLAYER_ID, PLAYER_NAME, BsorFile, moving_person


def calibration(seed: int = 0) -> PerformerCalibration:
    rng = np.random.default_rng(seed)
    head, left, right = (
        RigidOffset(rng.uniform(-0.2, 0.2, 3), normalize_quaternion(rng.standard_normal(4))) for _ in range(3)
    )
    return PerformerCalibration(float(rng.uniform(1.4, 2.1)), 1.5, 1.4, "raw", head, (left, right), "t_pose", "Quest 3")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    saved = calibration(seed)
    path = tmp_path_factory.mktemp("calibration") / "performer.json"
    save_calibration(saved, path)
    loaded = load_calibration(path)
    assert (loaded.pose, loaded.source, loaded.headset) == (saved.pose, saved.source, saved.headset)
    assert loaded.stature_m == pytest.approx(saved.stature_m, abs=1e-4)
    for one, other in zip(loaded.offsets, saved.offsets, strict=True):
        np.testing.assert_allclose(one.position_m, other.position_m, atol=1e-6)
        np.testing.assert_allclose(one.wxyz, other.wxyz, atol=1e-9)


def test_a_calibration_serves_another_recording(tmp_path: Path) -> None:
    body = Skeleton.template(1.75)
    posed = held(pose=None)
    found = measure_performer(posed, body)
    assert found.calibration_pose is not None
    save_calibration(found.performer, tmp_path / "performer.json")
    settings = CalibrationSettings(calibration_file=tmp_path / "performer.json")
    # The same movement without being told of the pose: the file replaces it.
    again = calibrate(posed, body, settings)
    np.testing.assert_allclose(again.sensors.positions_m, calibrate(posed, body).sensors.positions_m, atol=2e-4)
    assert not any("Calibrated by" in note for note in again.notes)
    overridden = calibrate(
        posed, body, CalibrationSettings(calibration_file=tmp_path / "performer.json", stature_m=1.6)
    )
    assert overridden.stature_m == 1.6


def test_another_kind_of_pose_is_told(tmp_path: Path) -> None:
    save_calibration(calibration(), tmp_path / "performer.json")
    notes = calibrate(
        held(pose="aim"), Skeleton.template(), CalibrationSettings(calibration_file=tmp_path / "performer.json")
    ).notes
    assert any("for raw poses, but this recording contains aim poses" in note for note in notes)


def test_no_players_name_reaches_the_file(tmp_path: Path) -> None:
    replay = tmp_path / "replay.bsor"
    replay.write_bytes(BsorFile(moving_person(120)).to_bytes())
    found = measure_performer(load_recording(replay), settings=CalibrationSettings(refine=False))
    save_calibration(found.performer, tmp_path / "performer.json")
    text = (tmp_path / "performer.json").read_text()
    assert PLAYER_NAME not in text
    assert PLAYER_ID not in text
    assert "Test Headset" in text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stature_m", 17.5),
        ("stature_m", "tall"),
        ("stature_m", True),
        ("stature_m", None),
        ("pose", "foot"),
        ("source", "a guess"),
        ("version", 2),
        ("format", "something else"),
        ("head", {"position_m": [0, 0], "wxyz": [1, 0, 0, 0]}),
        ("left", {"position_m": [0, 0, 9], "wxyz": [1, 0, 0, 0]}),
        ("right", {"position_m": [0, 0, 0], "wxyz": [0, 0, 0, 0]}),
        ("right", []),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, key: str, value: Any) -> None:
    path = tmp_path / "performer.json"
    save_calibration(calibration(), path)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {key: value}))
    with pytest.raises(CalibrationError) as caught:
        load_calibration(path)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe\x00", b"{" * 5000, b"[" * 100000, b'{"format": 3}'])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "performer.json"
    path.write_bytes(content)
    with pytest.raises(CalibrationError):
        load_calibration(path)
    with pytest.raises(CalibrationError):
        load_calibration(tmp_path / "nothing.json")


def test_nothing_is_written_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        save_calibration(calibration(), tmp_path / "no" / "performer.json")


def test_scales() -> None:
    person, body = held(), Skeleton.template(3.0)
    by_height = calibrate(person, body)
    assert by_height.scale == pytest.approx(3.0 / 1.75, rel=0.03)
    for scale, expected in (("keep", 1.0), (0.5, 0.5), ("arm_span", 3.0 / 1.75)):
        calibrated = calibrate(person, body, CalibrationSettings(scale=scale))  # type: ignore[arg-type]  # in a loop
        assert calibrated.scale == pytest.approx(expected, rel=0.03)
        np.testing.assert_allclose(calibrated.performer_positions_m, by_height.performer_positions_m, atol=1e-9)


@pytest.mark.parametrize("scale", ["big", 0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_impossible_scales_are_refused(scale: Any) -> None:
    with pytest.raises(CalibrationError) as caught:
        CalibrationSettings(scale=scale)
    assert caught.value.hint


@pytest.mark.parametrize("change", [{"calibration_pose": "yoga"}, {"body": "mine"}, {"head_view": "nose"}])
def test_unknown_choices_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(CalibrationError):
        CalibrationSettings(**change)
