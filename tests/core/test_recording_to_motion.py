# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.skeleton import SENSOR_JOINTS, Skeleton
from inpose_core.calibration import CalibrationSettings
from inpose_core.errors import CalibrationError, RecordingError
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import Prior, load_prior
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.recording.types import Recording
from inpose_core.recording_to_motion import SolvedRecording, SolvePlan, solve_recording
from tests.core.recording.recording_files import moving_person
from tests.core.synthetic import joint_recording, smooth_motion

QUICK = SolveSettings(steps=2)


@pytest.fixture(scope="module")
def prior() -> Prior:
    return load_prior()


def write(folder: Path, recording: Recording) -> Path:
    path = folder / "take.csv"
    write_csv(recording, path)
    return path


def test_device_poses_are_solved_in_the_size_of_the_skeleton(prior: Prior, tmp_path: Path) -> None:
    """A performer of 1.75 m drives a figure of 1.1 m: it stands on the floor and its hands follow in its own size."""
    path = write(tmp_path, moving_person(eye_m=1.63))
    body = Skeleton.template(1.1)
    plan = SolvePlan(path, body, CalibrationSettings(stature_m=1.75, pose="grip"), QUICK)
    solved = solve_recording(plan, prior)
    assert solved.motion.skeleton is body
    assert solved.calibrated.scale == pytest.approx(1.1 / 1.75, rel=0.02)
    head_m = solved.motion.joint_positions_m[:, SENSOR_JOINTS[0]]
    np.testing.assert_allclose(head_m, solved.calibrated.sensors.positions_m[:, 0], atol=1e-5)
    assert 0.75 < np.median(head_m[:, 1]) < 1.05
    assert solved.mean_hand_error_m is not None
    assert solved.mean_hand_error_m < 0.01


def test_without_a_skeleton_the_body_has_the_given_or_estimated_stature(prior: Prior, tmp_path: Path) -> None:
    path = write(tmp_path, moving_person(eye_m=1.63))
    given = solve_recording(SolvePlan(path, calibration=CalibrationSettings(1.9, "grip"), solve=QUICK), prior)
    assert given.motion.skeleton.stature_m == pytest.approx(1.9)
    assert given.calibrated.stature_m == 1.9
    estimated = solve_recording(SolvePlan(path, calibration=CalibrationSettings(pose="grip"), solve=QUICK), prior)
    assert estimated.motion.skeleton.stature_m == pytest.approx(estimated.calibrated.stature_m)
    assert estimated.calibrated.stature_m == pytest.approx(1.75, abs=0.05)


@pytest.mark.parametrize("eye_m", [0.05, 12.0])
def test_a_performer_of_impossible_height_is_refused_rather_than_solved(tmp_path: Path, eye_m: float) -> None:
    path = write(tmp_path, moving_person(eye_m=eye_m))
    with pytest.raises(CalibrationError, match=r"tall|Heights") as caught:
        solve_recording(SolvePlan(path, calibration=CalibrationSettings(pose="grip")))
    assert "--performer-height" in caught.value.hint


def test_the_hand_error_counts_measured_hands_only(prior: Prior, tmp_path: Path) -> None:
    recording = joint_recording(smooth_motion(30))
    measured = recording.measured.copy()
    measured[:, 1] = False
    path = write(tmp_path, replace(recording, measured=measured))
    solved = solve_recording(SolvePlan(path, calibration=CalibrationSettings(pose="joint"), solve=QUICK), prior)
    error_m = solved.motion.sensor_error_m
    assert error_m is not None
    assert np.isnan(error_m[:, 1]).all()
    assert solved.mean_hand_error_m == pytest.approx(error_m[:, 2].mean())
    nothing = replace(solved.motion, sensor_error_m=np.full((30, 3), np.nan))
    assert SolvedRecording(nothing, solved.calibrated).mean_hand_error_m is None
    assert SolvedRecording(replace(nothing, sensor_error_m=None), solved.calibrated).mean_hand_error_m is None


def test_a_missing_recording_is_told_before_the_weights_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_prior, "__defaults__", (tmp_path / "none.safetensors", None))
    with pytest.raises(RecordingError, match=r"none\.csv"):
        solve_recording(SolvePlan(tmp_path / "none.csv"))


def test_progress_is_passed_on(prior: Prior, tmp_path: Path) -> None:
    path = write(tmp_path, joint_recording(smooth_motion(20)))
    shares: list[float] = []
    solve_recording(SolvePlan(path, calibration=CalibrationSettings(pose="joint"), solve=QUICK), prior, shares.append)
    assert shares == [0.0, 0.5]


def test_hands_that_stay_short_of_the_controllers_are_told(prior: Prior, tmp_path: Path) -> None:
    performer = smooth_motion(120, swing=0.2)
    path = write(tmp_path, joint_recording(performer))
    settings = CalibrationSettings(pose="joint")
    fitting = solve_recording(SolvePlan(path, performer.skeleton, settings, QUICK), prior)
    assert fitting.notes == fitting.calibrated.notes
    offsets_m = performer.skeleton.offsets_m.copy()
    offsets_m[[18, 19, 20, 21]] *= 0.25
    short = solve_recording(SolvePlan(path, Skeleton(offsets_m), settings, QUICK), prior)
    assert "away from the recorded wrists. Check the performer's height or the scale" in short.notes[-1]
