# SPDX-License-Identifier: Apache-2.0
"""Recordings of the joints themselves are scaled as the user says, and not by a guess."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.skeleton import JOINT_INDEX, SENSOR_JOINTS, Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate
from inpose_core.calibration.performer import PerformerCalibration
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.calibration.storage import save_calibration
from inpose_core.recording import Recording
from inpose_core.recording.trackers import TrackerTracks

STATURE_M = 1.8
PERFORMER = Skeleton.template(STATURE_M)
SMALL = Skeleton.template(0.9)
FRAMES = 30


def standing(place_m: tuple[float, float, float] = (2.0, 0.0, -1.0)) -> Recording:
    """Return the joints of a performer who stands at a place in a T-pose, with a tracker on the hips."""
    joints_m = PERFORMER.rest_positions_m + place_m
    joints_m[:, 1] += PERFORMER.sole_height_m - joints_m[:, 1].min()
    joints = (*SENSOR_JOINTS, JOINT_INDEX["pelvis"])
    positions_m = np.tile(joints_m[list(joints)], (FRAMES, 1, 1))
    turns = np.tile((1.0, 0.0, 0.0, 0.0), (FRAMES, len(joints), 1))
    measured = np.ones((FRAMES, len(joints)), np.bool_)
    return Recording(
        np.arange(FRAMES) / 60,
        positions_m[:, :3],
        turns[:, :3],
        measured[:, :3],
        "test",
        pose="joint",
        trackers=TrackerTracks(("hips",), (0,), positions_m[:, 3:], turns[:, 3:], measured[:, 3:], (True,)),
    )


@pytest.mark.parametrize(
    ("settings", "scale"),
    [
        (CalibrationSettings(), 1.0),
        (CalibrationSettings(scale="keep", stature_m=STATURE_M), 1.0),
        (CalibrationSettings(scale=0.5), 0.5),
        (CalibrationSettings(stature_m=STATURE_M), 0.5),
    ],
)
def test_a_height_or_a_factor_scales_all_points_about_the_performers_place(
    settings: CalibrationSettings, scale: float
) -> None:
    recording = standing()
    found = calibrate(recording, SMALL, settings)
    assert found.scale == pytest.approx(scale)
    assert recording.trackers is not None
    recorded_m = np.concatenate((recording.positions_m, recording.trackers.positions_m), axis=1)
    place_m = recorded_m[0, 0] * (1.0, 0.0, 1.0)
    np.testing.assert_allclose(found.sensors.positions_m, place_m + scale * (recorded_m - place_m), atol=1e-9)
    np.testing.assert_allclose(found.performer_positions_m, recorded_m, atol=1e-9)


def test_the_height_of_a_calibration_file_counts(tmp_path: Path) -> None:
    nowhere = RigidOffset(np.zeros(3), np.array((1.0, 0.0, 0.0, 0.0)))
    file = tmp_path / "me.json"
    save_calibration(PerformerCalibration(STATURE_M, 1.6, 1.4, "grip", nowhere, (nowhere, nowhere)), file)
    assert calibrate(standing(), SMALL, CalibrationSettings(calibration_file=file)).scale == pytest.approx(0.5)


def test_what_a_height_does_is_told() -> None:
    """In Blender, a new take has the performer's height of the take before."""
    (note,) = calibrate(standing(), SMALL, CalibrationSettings(stature_m=STATURE_M)).notes
    assert "scaled by 0.50" in note
    assert calibrate(standing(), SMALL, CalibrationSettings(scale=0.5)).notes == ()


def test_a_body_of_another_size_is_told_with_the_factor() -> None:
    assert calibrate(standing(), PERFORMER).findings == ()
    (told,) = calibrate(standing(), SMALL).findings
    assert told.kind == "stature"
    assert "--scale 0.50" in told.sentence
    assert calibrate(standing(), SMALL, CalibrationSettings(scale=0.5)).findings == ()
    assert calibrate(standing(), SMALL, CalibrationSettings(scale="keep")).findings == ()
    larger = Skeleton.template(2.6)
    assert [finding.kind for finding in calibrate(standing(), larger).findings] == ["stature"]
    assert calibrate(standing(), larger, CalibrationSettings(posture="seated")).findings == ()


def test_the_arm_span_scales_no_joints_and_says_so() -> None:
    found = calibrate(standing(), SMALL, CalibrationSettings(scale="arm_span", stature_m=STATURE_M))
    assert found.scale == 1.0
    assert "arm span" in found.findings[0].sentence
