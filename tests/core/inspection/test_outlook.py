# SPDX-License-Identifier: Apache-2.0
"""Test that what is said before the solve is what the solve's calibration then finds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import calibrate
from inpose_core.calibration.performer_body import standing_head_joint_m
from inpose_core.inspection.describe import describe_recording
from inpose_core.inspection.outlook import calibration_outlook
from inpose_core.options.calibration import CalibrationSettings
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.types import PoseType

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"


@pytest.fixture(scope="module")
def example() -> Recording:
    return load_recording(EXAMPLE)


def lifted(recording: Recording, by_m: float) -> Recording:
    return replace(recording, positions_m=recording.positions_m + np.array((0.0, by_m, 0.0)))


@pytest.mark.parametrize("lift_m", [0.0, -0.35])
def test_the_solve_finds_what_was_said(example: Recording, lift_m: float) -> None:
    recording = lifted(example, lift_m)
    outlook = calibration_outlook(recording, CalibrationSettings())
    solved = calibrate(recording, Skeleton.template(1.75))
    assert outlook.stature_m == pytest.approx(solved.stature_m)
    assert outlook.lift_m == solved.lift_m
    assert (outlook.lift_m != 0) == (lift_m != 0)
    assert outlook.calibration_pose == solved.calibration_pose
    said = {finding.sentence for finding in outlook.findings}
    assert said == {finding.sentence for finding in solved.findings} - set(recording.notes)
    assert ("floor_wrong" in {finding.kind for finding in outlook.findings}) == (lift_m != 0)
    assert outlook.performer is not None
    expected = standing_head_joint_m(Skeleton.template(1.75)) / outlook.performer.head_joint_height_m
    assert solved.scale == pytest.approx(expected, rel=1e-3)


def test_a_stature_that_is_set_is_certain(example: Recording) -> None:
    outlook = calibration_outlook(example, CalibrationSettings(stature_m=1.62))
    assert (outlook.stature_m, outlook.stature_deviation_m) == (1.62, None)
    assert outlook.performer_words == "1.62 m tall, stands"
    unknown = calibration_outlook(example, CalibrationSettings())
    assert unknown.stature_deviation_m is not None
    assert unknown.performer_words.startswith("1.70 m tall (± ")


def test_what_prevents_the_calibration_is_said_before(example: Recording) -> None:
    from_eyes = replace(lifted(example, -1.58), origin="eyes")
    outlook = calibration_outlook(from_eyes, CalibrationSettings())
    assert outlook.problem is not None
    assert "count from the eyes" in outlook.problem.message
    told = json.loads(json.dumps(describe_recording(from_eyes).to_dict()))["calibration"]
    assert "performer-height" in told["problem"]["hint"]
    assert calibration_outlook(from_eyes, CalibrationSettings(stature_m=1.7)).problem is None


def test_joints_need_no_calibration(example: Recording) -> None:
    outlook = calibration_outlook(replace(example, pose="joint"), CalibrationSettings())
    assert (outlook.hands, outlook.performer, outlook.problem) == ("joints", None, None)


def test_json_has_the_joints_places_in_the_devices(example: Recording) -> None:
    info = describe_recording(example).to_dict()
    told = json.loads(json.dumps(info))["calibration"]
    assert told["hands"] == "t_pose"
    assert len(told["offsets"]) == 3
    assert all(len(offset["position_m"]) == 3 and len(offset["wxyz"]) == 4 for offset in told["offsets"])
    assert told["notes"] == []  # the T-pose has its own entry
    assert info["calibration_pose"]["kind"] == "t_pose"  # type: ignore[index]
    assert info["stature_estimate_m"] == pytest.approx(told["stature_m"], abs=1e-3)


@pytest.mark.parametrize(
    ("pose", "controllers", "words"),
    [
        ("grip", "oculus-touch-v3", "placed by the preset of the Touch controller"),
        ("grip", "", "placed by a general preset; the file does not name the controllers"),
        (
            "saber",
            "OpenVR Controller(Knuckles Right) - Right",
            "placed by the preset of the Index controller; the motion shows how the sabers are held",
        ),
    ],
)
def test_the_preset_is_told_by_the_name_of_its_controllers(
    example: Recording, pose: PoseType, controllers: str, words: str
) -> None:
    recording = replace(example, pose=pose, controllers=controllers, headset="")
    outlook = calibration_outlook(recording, CalibrationSettings(calibration_pose="none"))
    assert replace(outlook, hands="presets").hands_words == words
