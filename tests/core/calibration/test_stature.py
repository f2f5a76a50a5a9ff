# SPDX-License-Identifier: Apache-2.0
"""Stature, floor and posture as the take's evidence together has them, and what is said of contradictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate
from inpose_core.calibration.calibration_pose import find_calibration_pose
from inpose_core.calibration.stature import PerformerStance, find_stance
from inpose_core.errors import CalibrationError
from inpose_core.options.reading import ReadOptions
from inpose_core.recording import Recording, load_recording
from tests.core.calibration.room_takes import take
from tests.core.calibration.test_calibration_pose import STATURE_M, held
from tests.core.recording.recording_files import real_recording
from tests.shared_files import shared_or_skip


def walking_after_a_t_pose() -> Recording:
    recording = held()
    recording.positions_m[..., 2] += np.clip((recording.times_s - 7.0) * 1.2, 0, None)[:, None]
    return recording


def kinds(stance: PerformerStance) -> list[str]:
    return [finding.kind for finding in stance.findings]


@pytest.mark.parametrize("stature_m", [1.5, 1.6, 1.75, 1.9])
def test_a_standing_adult_on_a_right_floor_is_as_tall_as_the_eyes_say(stature_m: float) -> None:
    stance = find_stance(take(stature_m, roam_m=0.8), pose="grip")
    assert stance.stature_m == pytest.approx(stature_m, abs=0.02)
    assert (stance.posture, stance.lift_m, stance.seat_height_m, kinds(stance)) == ("standing", 0.0, None, [])


@pytest.mark.parametrize("stature_m", [1.6, 1.75, 1.85])
@pytest.mark.parametrize("given", [False, True])
def test_a_seated_adult_is_no_standing_child(stature_m: float, given: bool) -> None:
    recording = take(stature_m, seat_m=0.45)
    stance = find_stance(recording, given_m=stature_m if given else None, pose="grip")
    assert stance.posture == "seated"
    assert stance.stature_m == pytest.approx(stature_m, abs=1e-9 if given else 0.12)
    assert stance.seat_height_m == pytest.approx(0.45, abs=0.02 if given else 0.06)
    assert kinds(stance)[0] == "seated"
    assert f"on a seat {100 * (stance.seat_height_m or 0):.0f} cm high" in stance.findings[0].sentence


def test_a_child_who_walks_stands() -> None:
    stance = find_stance(take(1.3, roam_m=1.0), pose="grip")
    assert stance.posture == "standing"
    assert stance.stature_m == pytest.approx(1.3, abs=0.02)
    # Few people are that small, so the user is asked.
    assert "stature" in kinds(stance)


def test_an_adult_who_walks_at_the_height_of_a_child_has_a_wrong_floor() -> None:
    stance = find_stance(take(1.75, roam_m=1.0, floor_m=0.4), given_m=1.75, pose="grip")
    assert stance.lift_m == pytest.approx(0.4, abs=0.03)
    assert kinds(stance) == ["floor_wrong"]
    assert "moved the floor down by" in stance.findings[0].sentence


@pytest.mark.parametrize(("floor_m", "word"), [(0.35, "down"), (0.25, "down"), (-0.3, "up")])
def test_the_span_of_a_t_pose_tells_a_wrong_floor(floor_m: float, word: str) -> None:
    recording = walking_after_a_t_pose()
    recording.positions_m[..., 1] -= floor_m
    pose = find_calibration_pose(recording, "grip", stature_m=STATURE_M)
    stance = find_stance(recording, pose, pose="grip")
    assert stance.lift_m == pytest.approx(floor_m, abs=0.1)
    assert abs(stance.lift_m - floor_m) < 3 * stance.lift_deviation_m
    assert stance.stature_m == pytest.approx(STATURE_M, abs=0.1)
    assert kinds(stance) == ["floor_wrong"]
    assert stance.findings[0].action == "told"  # to ten centimetres: the user has to say the height
    assert f"moved the floor {word} by" in stance.findings[0].sentence
    assert "hands are 1.39 m apart in the T-pose" in stance.findings[0].sentence


def test_the_replayed_report_of_a_floor_too_high_is_repaired_and_told() -> None:
    recording = load_recording(shared_or_skip("bugs/09a_floor_too_high/take.csv"))
    found = calibrate(recording, Skeleton.template())
    assert found.lift_m == pytest.approx(0.35, abs=0.1)
    assert [finding.kind for finding in found.findings if finding.kind == "floor_wrong"] == ["floor_wrong"]
    assert sum("moved the floor down" in note for note in found.notes) == 1


def test_the_real_seated_take_is_an_adult_on_a_chair() -> None:
    found = calibrate(load_recording(real_recording("webxr_iwer_quest3.json")), Skeleton.template())
    assert 1.55 < found.stature_m < 1.85
    assert 0.38 < (found.seat_height_m or 0) < 0.55
    assert found.sensors.seated is not None
    assert found.sensors.seated.mean() > 0.95
    assert "seated" in [finding.kind for finding in found.findings]


@pytest.mark.parametrize(
    "name", ["bs_vivepro2_normal.bsor", "bs_vivepro2_expertplus.bsor", "aframe_tracked-recording.json"]
)
def test_nothing_is_said_of_real_takes_of_standing_people(name: str) -> None:
    recording = load_recording(real_recording(name))
    assert find_stance(recording, pose=recording.pose).findings == ()


def test_what_the_user_says_of_the_posture_holds() -> None:
    sat, stood = take(1.75, seat_m=0.45), take(1.75)
    assert find_stance(sat, posture="standing", pose="grip").posture == "standing"
    seated = find_stance(stood, given_m=1.75, posture="seated", pose="grip")
    assert seated.posture == "seated"
    settings = CalibrationSettings(posture="standing", stature_m=1.75, calibration_pose="none")
    assert calibrate(sat, Skeleton.template(), settings).sensors.seated is None


def test_a_doubtful_posture_is_told() -> None:
    # Nothing but the height: as of a large child, or of a tall adult on a high chair.
    stance = find_stance(take(1.85, seat_m=0.52, stretch=0.6, roam_m=0.1), pose="grip")
    assert "posture_unsure" in kinds(stance)


def test_a_stature_that_does_not_fit_the_height_is_told_and_kept() -> None:
    declared = replace(take(1.75, roam_m=0.3), origin="floor")
    stance = find_stance(declared, given_m=1.60, pose="grip")
    assert stance.stature_m == 1.60
    assert kinds(stance)[0] in ("stature", "floor_wrong")
    assert "1.60 m" in stance.findings[0].sentence


def test_no_floor_is_metres_off_unless_it_is_a_level() -> None:
    recording = take(1.75)
    recording.positions_m[..., 1] += 2.0
    assert find_stance(recording, given_m=1.75, pose="grip").lift_m == pytest.approx(-2.0, abs=0.03)
    recording.positions_m[:, 0, 1] += 2.0  # a head alone is no person
    stance = find_stance(recording, given_m=1.75, pose="grip")
    assert stance.lift_m == 0.0
    assert kinds(stance) == ["stature"]


@pytest.mark.parametrize("floor_m", [-36.0, 12.5, -5.0])
@pytest.mark.parametrize("given_m", [None, 1.75])
def test_heights_of_a_games_level_are_told(floor_m: float, given_m: float | None) -> None:
    stance = find_stance(take(1.75, floor_m=floor_m, roam_m=0.8), given_m=given_m, pose="grip")
    assert stance.lift_m == pytest.approx(floor_m, abs=0.15 if given_m is None else 0.03)
    assert stance.stature_m == pytest.approx(1.75, abs=0.15)
    assert kinds(stance) == ["floor_wrong"]
    assert f"the floor at {-stance.lift_m:.2f} m" in stance.findings[0].sentence


def test_a_file_that_wrongly_declares_the_floor_is_not_believed() -> None:
    recording = replace(take(1.75, floor_m=1.63, roam_m=0.8), origin="floor")
    stance = find_stance(recording, pose="grip")
    assert stance.lift_m == pytest.approx(1.63, abs=0.15)
    assert kinds(stance) == ["floor_wrong"]


def test_a_wrong_unit_is_no_level() -> None:
    inches = take(1.75)
    with pytest.raises(CalibrationError, match="tall"):
        find_stance(replace(inches, positions_m=inches.positions_m * 39.37), pose="grip")


def test_a_head_that_is_never_measured_has_no_stature() -> None:
    recording = take()
    recording.measured[:, 0] = False
    with pytest.raises(CalibrationError, match="never tracked"):
        find_stance(recording)


def test_lost_hands_leave_the_eyes() -> None:
    recording = take(1.7, roam_m=0.8)
    recording.measured[:, 1:] = False
    assert find_stance(recording, pose="grip").stature_m == pytest.approx(1.7, abs=0.02)


def test_heights_from_the_eyes_need_and_keep_the_stature() -> None:
    recording = replace(take(1.7, floor_m=0.93 * 1.7, roam_m=0.8), origin="eyes")
    with pytest.raises(CalibrationError, match="count from the eyes"):
        find_stance(recording, pose="grip")
    stance = find_stance(recording, given_m=1.7, pose="grip")
    assert stance.lift_m == pytest.approx(0.93 * 1.7, abs=0.03)
    assert stance.findings == ()


def test_the_uncertainty_says_what_the_estimate_rests_on() -> None:
    eyes = find_stance(take(1.75, roam_m=0.8), pose="grip")
    seat = find_stance(take(1.75, seat_m=0.45), pose="grip")
    assert eyes.stature_deviation_m < 0.06
    assert seat.stature_deviation_m > 0.06
    assert np.isfinite(seat.lift_deviation_m)


@pytest.mark.parametrize("unit", ["cm", "in"])
def test_a_wrong_unit_is_what_is_wrong_and_not_the_height(unit: str) -> None:
    example = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"
    with pytest.raises(CalibrationError, match="cannot be measured") as caught:
        find_stance(load_recording(example, ReadOptions(unit=unit)))
    assert f"unit that you set ({unit}) does not fit" in caught.value.hint
    assert "--performer-height" not in caught.value.hint
