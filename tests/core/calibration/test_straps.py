# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from inpose_core.body.points import POINT_GROUPS, joints_of_points
from inpose_core.body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    rotate_vector,
    rotvec_to_quaternion,
)
from inpose_core.body.skeleton import ANKLE_JOINTS, KNEE_JOINTS, PELVIS_JOINT, SENSOR_JOINTS, Skeleton
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.calibration.straps import DrawnPose, strap_of, which_joints
from inpose_core.errors import InPoseError

BODY = Skeleton.template(1.7)
YAW_WXYZ = rotvec_to_quaternion(np.array((0.0, 2.1, 0.0)))
SHIFT_M = np.array((1.0, 0.9, -2.0))
JOINTS_M = SHIFT_M + rotate_vector(YAW_WXYZ, BODY.rest_positions_m)
STRAP = RigidOffset(np.array((0.02, 0.03, -0.01)), rotvec_to_quaternion(np.array((0.4, -1.2, 0.7))))
"""A joint in its tracker's frame."""


@pytest.fixture
def pose() -> DrawnPose:
    return DrawnPose.of(np.repeat(JOINTS_M[None, list(SENSOR_JOINTS)], 5, axis=0), BODY)


def tracker(joint: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pose of a tracker on a joint of a T-pose."""
    wxyz = multiply_quaternions(YAW_WXYZ, conjugate_quaternion(STRAP.wxyz))
    return JOINTS_M[joint] - rotate_vector(wxyz, STRAP.position_m), wxyz


def test_the_drawn_pose_stands_where_the_head_is_and_faces_as_the_hands_say(pose: DrawnPose) -> None:
    np.testing.assert_allclose(pose.joints_m, JOINTS_M, atol=1e-9)
    assert geodesic_angle(pose.yaw_wxyz, YAW_WXYZ) < 1e-7


@pytest.mark.parametrize("joint", [PELVIS_JOINT, ANKLE_JOINTS[0], KNEE_JOINTS[1]])
def test_a_strap_is_found_as_far_as_poses_are_believed(pose: DrawnPose, joint: int) -> None:
    place_m, wxyz = tracker(joint)
    found = strap_of(joint, place_m[None], wxyz[None], pose, 1.7)
    assert geodesic_angle(found.offset.wxyz, STRAP.wxyz) < 1e-6
    away_m = np.linalg.norm(found.offset.position_m - STRAP.position_m)
    assert away_m < np.linalg.norm(STRAP.position_m)
    assert away_m < 2 * found.deviation_m


def test_a_wide_stance_moves_an_ankle_less_than_it_is_wide(pose: DrawnPose) -> None:
    joint = ANKLE_JOINTS[0]
    place_m, wxyz = tracker(joint)
    wide_m = place_m + rotate_vector(YAW_WXYZ, np.array((0.1, 0.0, 0.0)))
    straight, wide = (strap_of(joint, m[None], wxyz[None], pose, 1.7).offset.position_m for m in (place_m, wide_m))
    assert np.linalg.norm(wide - straight) < 0.06


def test_a_strapped_tracker_measures_its_joint(pose: DrawnPose) -> None:
    place_m, wxyz = tracker(PELVIS_JOINT)
    strap = strap_of(PELVIS_JOINT, place_m[None], wxyz[None], pose, 1.7)
    point = strap.point(place_m[None], wxyz[None], np.ones(1, np.bool_))
    assert np.linalg.norm(point.positions_m[0] - JOINTS_M[PELVIS_JOINT]) < 0.03
    assert point.rotations_wxyz is not None
    assert geodesic_angle(point.rotations_wxyz[0], YAW_WXYZ) < 1e-6


def test_trackers_are_told_apart_by_where_they_are(pose: DrawnPose) -> None:
    joints = joints_of_points("feet,hips,knees,chest")
    random = np.random.default_rng(0)
    trackers_m = JOINTS_M[list(joints)] + 0.04 * random.standard_normal((len(joints), 3))
    assert which_joints(trackers_m, pose) == joints


def test_points_have_names() -> None:
    assert joints_of_points("head, hands") == SENSOR_JOINTS
    assert set(POINT_GROUPS["feet"]) == set(ANKLE_JOINTS)
    with pytest.raises(InPoseError, match='no point "foots"'):
        joints_of_points("head,foots")
