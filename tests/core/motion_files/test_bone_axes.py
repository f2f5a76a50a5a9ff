# SPDX-License-Identifier: Apache-2.0
"""Read BVH files in whose rest pose all bones lie in one line, as LaFAN1 and Rokoko write them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
)
from inpose_core.body.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, SENSOR_JOINTS
from inpose_core.errors import InPoseError
from inpose_core.motion_files.bvh import BvhAnimation, load_bvh, save_bvh_animation
from inpose_core.motion_files.bvh_motion import load_bvh_motion, read_bvh_motion
from inpose_core.recording import load_recording
from tests.core.synthetic import smooth_motion
from tests.shared_files import shared_or_skip

Y_TO_Z = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
FIRST_AND_LAST = {
    "hip": ((0, -1, 0), (1, 0, 0)),
    "knee": ((0, -1, 0), (1, 0, 0)),
    "ankle": ((0, 0, 1), (1, 0, 0)),
    "foot": ((0, 0, 1), (1, 0, 0)),
}
"""Where the first and the last axis of a leg's joints point in the T-pose: along the bone, and to the left."""


def axes_in_t_pose(name: str) -> np.ndarray:  # type: ignore[type-arg]
    """Return the matrix from a joint's axes to those of the T-pose, as in LaFAN1."""
    side, _, part = name.rpartition("_")
    mirror = 1 if side == "left" else -1
    trunk, arm = ((0, 1, 0), (1, 0, 0)), ((mirror, 0, 0), (0, 0, mirror))
    first, last = FIRST_AND_LAST.get(part, arm if side else trunk)
    return np.stack((first, np.cross(last, first), last), axis=-1).astype(np.float64)


def in_one_line(motion: Motion, R_world: np.ndarray) -> BvhAnimation:  # type: ignore[type-arg]
    """Return a motion with the axes of LaFAN1, in a world that is turned."""
    to_joint = conjugate_quaternion(matrix_to_quaternion(np.stack([axes_in_t_pose(name) for name in JOINT_NAMES])))
    back = conjugate_quaternion(to_joint)
    turns = multiply_quaternions(matrix_to_quaternion(R_world), multiply_quaternions(motion.rotations_wxyz, back))
    local, offsets = turns.copy(), 100 * motion.skeleton.offsets_m
    for joint, parent in enumerate(PARENTS[1:], start=1):
        local[:, joint] = multiply_quaternions(conjugate_quaternion(turns[:, parent]), turns[:, joint])
        offsets[joint] = rotate_vector(to_joint[parent], offsets[joint])
    ends = {name: np.array((5.0, 0.0, 0.0)) for name in JOINT_NAMES}
    places = 100 * motion.root_translation_m @ R_world.T
    return BvhAnimation(JOINT_NAMES, PARENTS, offsets, ends, local, places, motion.fps)


def with_bent_elbows(motion: Motion) -> Motion:
    """Bend both elbows by 50 degrees, as people do who stand about."""
    turns = motion.rotations_wxyz.copy()
    for side, sign in (("left", -1.0), ("right", 1.0)):
        shoulder, elbow, wrist = (JOINT_INDEX[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist"))
        bend = np.array((np.cos(0.45), 0.0, sign * np.sin(0.45), 0.0))
        above = motion.rotations_wxyz[:, shoulder]
        turn = multiply_quaternions(multiply_quaternions(above, bend), conjugate_quaternion(above))
        turns[:, [elbow, wrist]] = multiply_quaternions(turn[:, None], turns[:, [elbow, wrist]])
    return replace(motion, rotations_wxyz=turns)


@pytest.mark.parametrize("R_world", [np.eye(3), Y_TO_Z])
def test_bones_in_one_line_get_their_t_pose(tmp_path: Path, R_world: np.ndarray) -> None:  # type: ignore[type-arg]
    truth = with_bent_elbows(smooth_motion(120))
    save_bvh_animation(in_one_line(truth, R_world), tmp_path / "line.bvh")
    read = read_bvh_motion(tmp_path / "line.bvh")
    assert "no body" in read.notes[-1]
    assert len(read.notes) == (1 if R_world is not Y_TO_Z else 2)
    joints = [*SENSOR_JOINTS, JOINT_INDEX["pelvis"], JOINT_INDEX["left_knee"], JOINT_INDEX["right_shoulder"]]
    assert geodesic_angle(read.value.rotations_wxyz[:, joints], truth.rotations_wxyz[:, joints]).max() < 1e-4
    places_m, true_m = (motion.joint_positions_m - motion.joint_positions_m[:, :1] for motion in (read.value, truth))
    np.testing.assert_allclose(places_m, true_m, atol=1e-4)


def test_arms_that_never_bend_are_refused(tmp_path: Path) -> None:
    truth = smooth_motion(60, swing=0.0001)
    save_bvh_animation(in_one_line(truth, np.eye(3)), tmp_path / "stiff.bvh")
    with pytest.raises(InPoseError, match="no body") as refused:
        load_bvh_motion(tmp_path / "stiff.bvh")
    assert "T-pose as the rest pose" in refused.value.hint


def test_thumbs_of_a_real_file_point_forward_in_the_t_pose() -> None:
    path = shared_or_skip("rigs/rokoko_jesse_dance.bvh")
    animation, motion = load_bvh(path), load_bvh_motion(path)
    index = animation.joint_names.index
    for side, wrist in (("Left", "left_wrist"), ("Right", "right_wrist")):
        hand, thumb = index(f"{side}Hand"), index(f"{side}HandThumb1")
        to_thumb = rotate_vector(animation.global_rotations_wxyz[:, hand], animation.offsets[thumb])
        turns = motion.rotations_wxyz[:, JOINT_INDEX[wrist]]
        count = round(len(motion) / motion.fps * 10)
        at = np.arange(count) / 10
        seen = rotate_vector(
            conjugate_quaternion(turns[np.round(at * motion.fps).astype(int)]),
            to_thumb[np.round(at * animation.fps).astype(int)],
        )
        across = seen * (0.0, 1.0, 1.0) / np.linalg.norm(seen * (0.0, 1.0, 1.0), axis=-1, keepdims=True)
        assert np.median(across[:, 2]) > 0.9
    assert any("no body" in finding.sentence for finding in load_recording(path).findings)
