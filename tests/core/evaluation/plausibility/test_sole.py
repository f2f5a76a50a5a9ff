# SPDX-License-Identifier: Apache-2.0
"""The mesh sole is as large as a foot, flat on the floor in the T-pose, and turns with ankle and toes."""

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import rotvec_to_quaternion
from inpose_core.body.skeleton import ANKLE_JOINTS, JOINT_COUNT, TOE_JOINTS, Skeleton
from inpose_core.evaluation.plausibility.sole import sole_depth_m, sole_line_m, sole_outline_m, sole_vertices_m

BODY = Skeleton.template(1.714)


def t_pose(turns_deg: dict[int, float]) -> Motion:
    """Return one frame of a T-pose whose feet stand on the floor, some joints turned about X (toes down)."""
    wxyz = np.tile(np.array((1.0, 0.0, 0.0, 0.0)), (1, JOINT_COUNT, 1))
    still = Motion(wxyz, np.zeros((1, 3)), BODY, 60.0)
    lowest_m = still.joint_positions_m[0, list(TOE_JOINTS), 1].min()
    for joint, angle_deg in turns_deg.items():
        wxyz[0, joint] = rotvec_to_quaternion(np.array((np.deg2rad(angle_deg), 0.0, 0.0)))
    return Motion(wxyz, np.array([[0.0, BODY.sole_height_m - lowest_m, 0.0]]), BODY, 60.0)


def test_a_sole_has_the_length_and_breadth_of_a_foot() -> None:
    rear_m, front_m = sole_outline_m(BODY)
    every_m = np.concatenate((rear_m, front_m))
    assert np.ptp(every_m[:, 2]) == pytest.approx(0.263, abs=1e-3)
    assert np.ptp(every_m[:, 0]) == pytest.approx(0.0989, abs=1e-3)
    assert rear_m[:, 2].min() == pytest.approx(-0.1948, abs=1e-3)


def test_soles_are_flat_on_the_floor_in_the_t_pose() -> None:
    vertices_m = sole_vertices_m(t_pose({}))
    np.testing.assert_allclose(vertices_m[..., 1], 0.0, atol=1e-9)
    assert sole_depth_m(vertices_m) == pytest.approx(0.0, abs=1e-9)
    heel_m, ball_m, tip_m = np.moveaxis(sole_line_m(vertices_m)[0], 1, 0)
    np.testing.assert_allclose(ball_m[:, 2] - heel_m[:, 2], 0.1948, atol=1e-3)
    np.testing.assert_allclose(tip_m[:, 2] - heel_m[:, 2], 0.263, atol=1e-3)
    np.testing.assert_allclose(heel_m[:, 0], tip_m[:, 0], atol=1e-9)


def test_toes_that_bend_down_go_through_the_floor() -> None:
    depth_m, tilt_rad = sole_depth_m(sole_vertices_m(t_pose({TOE_JOINTS[0]: 20.0}))), np.deg2rad(20.0)
    tip_m = (0.263 - 0.1948) * np.sin(tilt_rad)
    assert depth_m[0] == pytest.approx(tip_m - BODY.sole_height_m * (1 - np.cos(tilt_rad)), abs=1e-3)


def test_a_foot_whose_toes_point_up_puts_its_heel_through_the_floor() -> None:
    motion = t_pose({ANKLE_JOINTS[1]: -20.0, TOE_JOINTS[1]: -20.0})
    heights_m = sole_vertices_m(motion)[0, ..., 1]
    assert heights_m[0].min() == pytest.approx(0, abs=1e-9)
    # The ankle stays in place: the heel, 7 cm behind it, goes down, and the toes go up.
    assert heights_m[1].min() < -0.01
    assert heights_m[1].max() > 0.05


def test_the_sole_follows_a_foot_that_points_outwards() -> None:
    offsets_m = np.array(BODY.offsets_m)
    forward_m = np.hypot(*offsets_m[TOE_JOINTS[0], [0, 2]])
    offsets_m[TOE_JOINTS[0], [0, 2]] = forward_m * np.array((np.sin(0.5), np.cos(0.5)))
    straight, turned_out = t_pose({TOE_JOINTS[0]: 20.0}), t_pose({TOE_JOINTS[0]: 20.0})
    turned_out = Motion(turned_out.rotations_wxyz, turned_out.root_translation_m, Skeleton(offsets_m), 60.0)
    # Toes that turn about X go down less at their tip, but more at their inner side.
    depths_m = [sole_vertices_m(motion)[0, 0, :, 1] for motion in (straight, turned_out)]
    assert not np.allclose(*depths_m, atol=1e-3)
