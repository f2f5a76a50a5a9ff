# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    quaternion_to_matrix,
    rotvec_to_quaternion,
)
from inpose_core.body.skeleton import (
    ELBOW_JOINTS,
    JOINT_INDEX,
    SENSOR_JOINTS,
    SHOULDER_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)
from inpose_core.body.wrists import beyond_anatomy_deg, wrist_turns
from inpose_core.recording.sensors import MeasuredPoint, Sensors
from inpose_core.sampling.elbow_swivel import swivel_elbows, swivel_solved_elbows
from inpose_core.sampling.gaps import FADE_FRAMES

FRAMES = 120
BODY = Skeleton.template()
BOTH = np.ones((FRAMES, 2), np.bool_)
MIRROR = np.diag((-1.0, 1.0, 1.0))


def reaching(aside_deg: float) -> np.ndarray:
    """Return rotations of arms that are bent forward, whose hands are bent aside against their forearms."""
    wxyz = np.zeros((FRAMES, 22, 4))
    wxyz[..., 0] = 1.0
    for side, mirror in enumerate((1.0, -1.0)):
        lowered = rotvec_to_quaternion(np.radians((0.0, -20.0 * mirror, -50.0 * mirror)))
        forearm = multiply_quaternions(rotvec_to_quaternion(np.radians((0.0, -80.0 * mirror, 0.0))), lowered)
        wxyz[:, SHOULDER_JOINTS[side]], wxyz[:, ELBOW_JOINTS[side]] = lowered, forearm
        bend = rotvec_to_quaternion(np.radians((0.0, -aside_deg * mirror, 0.0)))
        wxyz[:, WRIST_JOINTS[side]] = multiply_quaternions(forearm, bend)
    return wxyz


def wrists_m(wxyz: np.ndarray) -> np.ndarray:
    return Motion(wxyz, np.zeros((FRAMES, 3)), BODY, 60.0).joint_positions_m[:, list(WRIST_JOINTS)]


def beyond_deg(wxyz: np.ndarray, side: int) -> np.ndarray:
    back = conjugate_quaternion(wxyz[:, ELBOW_JOINTS[side]])
    R = quaternion_to_matrix(multiply_quaternions(back, wxyz[:, WRIST_JOINTS[side]]))
    return beyond_anatomy_deg(wrist_turns(MIRROR @ R @ MIRROR if side else R)).max(axis=-1)


@pytest.mark.parametrize("aside_deg", [-42.0, -48.0])
def test_elbows_swivel_until_the_wrists_are_within_their_range(aside_deg: float) -> None:
    wxyz = reaching(aside_deg)
    swivelled = swivel_elbows(wxyz, BODY, BOTH)
    for side in (0, 1):
        assert beyond_deg(wxyz, side).min() > 3.0
        assert beyond_deg(swivelled, side).max() < 1.0
    np.testing.assert_allclose(wrists_m(swivelled), wrists_m(wxyz), atol=1e-9)
    np.testing.assert_array_equal(swivelled[:, list(WRIST_JOINTS)], wxyz[:, list(WRIST_JOINTS)])


def test_wrists_within_their_range_and_hands_that_are_not_measured_change_nothing() -> None:
    np.testing.assert_array_equal(swivel_elbows(reaching(10.0), BODY, BOTH), reaching(10.0))
    np.testing.assert_array_equal(swivel_elbows(reaching(-45.0), BODY, ~BOTH), reaching(-45.0))


def bent_sensors(rotation_measured: np.ndarray | None = None) -> Sensors:
    """Return what is measured of bent arms whose wrists are beyond their range."""
    solved = Motion(reaching(-45.0), np.zeros((FRAMES, 3)), BODY, 60.0)
    points = list(SENSOR_JOINTS)
    positions_m, rotations_wxyz = solved.joint_positions_m[:, points], solved.rotations_wxyz[:, points]
    measured = np.ones((FRAMES, 3), np.bool_)
    return Sensors(positions_m, rotations_wxyz, measured, rotation_measured=rotation_measured)


def swivelled_by(sensors: Sensors) -> np.ndarray:
    """Return the angles by which the elbows swivel, (F, 2)."""
    elbows = list(ELBOW_JOINTS)
    swivelled = swivel_solved_elbows(reaching(-45.0), BODY, sensors)
    return np.degrees(geodesic_angle(swivelled[:, elbows], reaching(-45.0)[:, elbows]))


def test_a_rotation_that_nobody_measured_swivels_no_elbow() -> None:
    turned = np.ones((FRAMES, 3), np.bool_)
    turned[:, 1] = False
    angles = swivelled_by(bent_sensors(turned))
    assert not angles[:, 0].any()
    assert angles[:, 1].min() > 3


@pytest.mark.parametrize("joint", ["left_elbow", "left_shoulder"])
def test_a_measured_elbow_or_upper_arm_holds_its_own_arm_while_it_is_measured(joint: str) -> None:
    measured = np.zeros(FRAMES, np.bool_)
    measured[50:70] = True
    point = MeasuredPoint(JOINT_INDEX[joint], np.zeros((FRAMES, 3)), measured, np.tile((1.0, 0, 0, 0), (FRAMES, 1)))
    alone, angles = swivelled_by(bent_sensors()), swivelled_by(bent_sensors().with_points(point))
    np.testing.assert_array_equal(angles[:, 1], alone[:, 1])
    assert not angles[50:70, 0].any()
    far = np.r_[0 : 50 - FADE_FRAMES, 70 + FADE_FRAMES : FRAMES]
    np.testing.assert_array_equal(angles[far, 0], alone[far, 0])
    assert np.abs(np.diff(angles[:, 0])).max() < 3


def test_a_shoulder_whose_place_alone_is_measured_holds_no_elbow() -> None:
    point = MeasuredPoint(SHOULDER_JOINTS[0], np.zeros((FRAMES, 3)), np.ones(FRAMES, np.bool_))
    np.testing.assert_array_equal(swivelled_by(bent_sensors().with_points(point)), swivelled_by(bent_sensors()))


def test_a_swivel_begins_and_ends_softly() -> None:
    wxyz = np.where(np.arange(FRAMES)[:, None, None] < FRAMES // 2, reaching(5.0), reaching(-45.0))
    swivelled = swivel_elbows(wxyz, BODY, BOTH)
    elbows_m = Motion(swivelled, np.zeros((FRAMES, 3)), BODY, 60.0).joint_positions_m[:, list(ELBOW_JOINTS)]
    assert np.linalg.norm(np.diff(elbows_m, axis=0), axis=-1).max() < 0.02
