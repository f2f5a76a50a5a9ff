# SPDX-License-Identifier: Apache-2.0
"""The user's own correction of the hands, mirrored from left to right."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core.body.quaternions import conjugate_quaternion, multiply_quaternions, rotate_vector
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import calibrate
from inpose_core.errors import CalibrationError
from inpose_core.options.calibration import CalibrationSettings
from tests.core.calibration.test_calibration_pose import held
from tests.core.synthetic import joint_recording, smooth_motion


@pytest.mark.parametrize("kind", ["grip", "joint"])
def test_hands_move_and_turn_in_their_own_axes_and_mirrored(kind: str) -> None:
    body = Skeleton.template()
    recording = held() if kind == "grip" else joint_recording(smooth_motion(60, body=body))
    usual = calibrate(recording, body, CalibrationSettings(scale="keep")).sensors
    settings = CalibrationSettings(scale="keep", hand_offset_m=(0.03, -0.02, 0.01), hand_turn_deg=(0.0, 0.0, 20.0))
    moved = calibrate(recording, body, settings).sensors
    np.testing.assert_array_equal(moved.positions_m[:, 0], usual.positions_m[:, 0])
    np.testing.assert_array_equal(moved.rotations_wxyz[:, 0], usual.rotations_wxyz[:, 0])
    for hand, side in ((1, 1.0), (2, -1.0)):
        inverse = conjugate_quaternion(usual.rotations_wxyz[:, hand])
        shift_m = rotate_vector(inverse, moved.positions_m[:, hand] - usual.positions_m[:, hand])
        np.testing.assert_allclose(shift_m, np.tile((side * 0.03, -0.02, 0.01), (len(shift_m), 1)), atol=1e-9)
        turn = multiply_quaternions(inverse, moved.rotations_wxyz[:, hand])
        wanted = (np.cos(np.radians(10)), 0.0, 0.0, side * np.sin(np.radians(10)))
        np.testing.assert_allclose(turn * np.sign(turn[:, :1]), np.tile(wanted, (len(turn), 1)), atol=1e-9)


def test_a_correction_is_in_the_performers_metres() -> None:
    settings = CalibrationSettings(scale=2.0, hand_offset_m=(0.0, 0.1, 0.0))
    usual = calibrate(held(), Skeleton.template(), CalibrationSettings(scale=2.0)).sensors
    moved = calibrate(held(), Skeleton.template(), settings).sensors
    shift_m = np.linalg.norm(moved.positions_m - usual.positions_m, axis=-1)
    np.testing.assert_allclose(shift_m, np.tile((0.0, 0.2, 0.2), (len(shift_m), 1)), atol=1e-9)


def test_a_hand_is_not_moved_away_from_its_arm() -> None:
    with pytest.raises(CalibrationError, match="Hand offset cannot be 5 0 0"):
        CalibrationSettings(hand_offset_m=(5.0, 0.0, 0.0))
