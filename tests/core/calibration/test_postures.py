# SPDX-License-Identifier: Apache-2.0
"""When a performer sits: stays on a seat are found, squats and desks are not taken for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.quaternions import multiply_quaternions, rotvec_to_quaternion
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate
from inpose_core.calibration.postures import seated_frames, seated_stretches
from tests.core.calibration.room_takes import RATE_HZ, take


def test_somebody_sits_down_and_gets_up() -> None:
    recording = take(1.75, seat_m=0.46, sits_s=(10.0, 22.0), roam_m=0.0)
    found = calibrate(recording, Skeleton.template(), CalibrationSettings(calibration_pose="none"))
    assert found.stature_m == pytest.approx(1.75, abs=0.02)
    (stay,) = found.seats
    assert stay.start_s == pytest.approx(10.7, abs=0.7)
    assert stay.stop_s == pytest.approx(21.5, abs=0.7)
    assert found.seat_height_m == pytest.approx(0.46, abs=0.03)
    (finding,) = [finding for finding in found.findings if finding.kind == "seated"]
    assert (finding.start_s, finding.stop_s) == (stay.start_s, stay.stop_s)
    seated = found.sensors.seated
    assert seated is not None
    assert seated.sum() == stay.last_frame - stay.first_frame + 1


@pytest.mark.parametrize(("start_s", "stop_s"), [(10.0, 13.5), (10.0, 11.5)])
def test_a_squat_is_no_seat(start_s: float, stop_s: float) -> None:
    recording = take(1.75, seat_m=0.46, sits_s=(start_s, stop_s))
    assert seated_stretches(recording, 1.75, "standing", "auto", RATE_HZ) == ()


def test_a_crouched_walk_is_no_seat() -> None:
    recording = take(1.75, seat_m=0.46, sits_s=(8.0, 24.0), roam_m=1.2)
    assert seated_stretches(recording, 1.75, "standing", "auto", RATE_HZ) == ()


def test_a_headset_on_a_desk_does_not_sit() -> None:
    recording = take(1.75, seat_m=0.46, sits_s=(10.0, 40.0))
    positions_m = recording.positions_m.copy()
    positions_m[700:, 0] = positions_m[700, 0]
    still = replace(recording, positions_m=positions_m)
    assert seated_stretches(still, 1.75, "standing", "auto", RATE_HZ) == ()


def test_who_sits_all_the_time_gets_up_when_the_head_is_up() -> None:
    recording = take(1.75, seat_m=0.46, sits_s=(-10.0, 25.0))
    (stay,) = seated_stretches(recording, 1.75, "seated", "seated", RATE_HZ)
    assert stay.start_s == 0.0
    assert stay.stop_s == pytest.approx(24.6, abs=0.7)
    assert seated_stretches(recording, 1.75, "standing", "standing", RATE_HZ) == ()


def test_frames_of_stretches() -> None:
    recording = take(1.75, seat_m=0.46, seconds=6.0)
    stretches = seated_stretches(recording, 1.75, "seated", "auto", RATE_HZ)
    assert seated_frames(stretches, len(recording)).all()
    assert not seated_frames((), 5).any()
    assert seated_frames((), 5).dtype == np.bool_


def test_a_trim_keeps_the_seat_where_it_is() -> None:
    recording = take(1.75, seat_m=0.46, sits_s=(10.0, 22.0))
    trimmed = replace(recording, trim_s=(12.0, 28.0))
    settings = CalibrationSettings(calibration_pose="none")
    whole = calibrate(recording, Skeleton.template(), settings).sensors
    part = calibrate(trimmed, Skeleton.template(), settings).sensors
    assert whole.seated is not None
    assert part.seated is not None
    np.testing.assert_array_equal(part.seated, whole.seated[720 : 720 + len(part.seated)])


def test_who_bends_over_does_not_sit() -> None:
    recording = take(1.75, seat_m=0.46, sits_s=(10.0, 22.0), roam_m=0.0)
    assert seated_stretches(recording, 1.75, "standing", "auto", RATE_HZ) != ()
    wxyz = recording.rotations_wxyz.copy()
    wxyz[:, 0] = multiply_quaternions(wxyz[:, 0], rotvec_to_quaternion(np.array((-1.2, 0.0, 0.0))))
    assert seated_stretches(replace(recording, rotations_wxyz=wxyz), 1.75, "standing", "auto", RATE_HZ) == ()
