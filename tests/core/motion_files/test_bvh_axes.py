# SPDX-License-Identifier: Apache-2.0
"""Turn BVH bodies whose third axis is up or whose rest pose faces elsewhere, and leave the others as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, quaternion_to_matrix, rotvec_to_quaternion
from inpose_core.body.skeleton import JOINT_INDEX
from inpose_core.motion_files.bvh import BvhAnimation, load_bvh, save_bvh
from inpose_core.motion_files.bvh_axes import _turned, stand_along_y
from tests.core.synthetic import smooth_motion

Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
Z_UP_TURNED = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def body(folder: Path) -> tuple[BvhAnimation, dict[str, int]]:
    save_bvh(smooth_motion(60), folder / "body.bvh")
    animation = load_bvh(folder / "body.bvh")
    return animation, {name: animation.joint_names.index(name) for name in JOINT_INDEX}


def test_a_body_that_stands_along_y_is_left_alone(tmp_path: Path) -> None:
    animation, joints = body(tmp_path)
    stood = stand_along_y(animation, joints)
    assert stood.value is animation
    assert not stood.notes


@pytest.mark.parametrize("R", [Z_UP, Z_UP_TURNED])
def test_a_body_with_z_up_is_turned_and_told(tmp_path: Path, R: np.ndarray) -> None:  # type: ignore[type-arg]
    animation, joints = body(tmp_path)
    stood = stand_along_y(_turned(animation, R, R), joints)
    assert "Z up" in stood.notes[0]
    np.testing.assert_allclose(stood.value.offsets, animation.offsets, atol=1e-9)
    np.testing.assert_allclose(stood.value.root_positions, animation.root_positions, atol=1e-9)
    assert geodesic_angle(stood.value.global_rotations_wxyz, animation.global_rotations_wxyz).max() < 1e-6


def test_only_the_rest_pose_is_turned_where_the_root_raises_it(tmp_path: Path) -> None:
    animation, joints = body(tmp_path)
    stood = stand_along_y(_turned(animation, np.eye(3), Z_UP), joints)
    assert not stood.notes
    assert geodesic_angle(stood.value.global_rotations_wxyz, animation.global_rotations_wxyz).max() < 1e-6


@pytest.mark.parametrize("facing_deg", [90.0, 180.0, -90.0, 35.0])
def test_a_rest_pose_that_faces_elsewhere_is_turned(tmp_path: Path, facing_deg: float) -> None:
    animation, joints = body(tmp_path)
    turn = rotvec_to_quaternion(np.array((0.0, np.radians(facing_deg), 0.0)))
    stood = stand_along_y(_turned(animation, np.eye(3), quaternion_to_matrix(turn)), joints)
    assert not stood.notes
    np.testing.assert_allclose(stood.value.offsets, animation.offsets, atol=0.05)
    np.testing.assert_array_equal(stood.value.root_positions, animation.root_positions)
    assert np.degrees(geodesic_angle(stood.value.global_rotations_wxyz, animation.global_rotations_wxyz).max()) < 0.5
