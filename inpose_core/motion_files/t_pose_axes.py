# SPDX-License-Identifier: Apache-2.0
"""Turn the rest pose of captured bodies into our T-pose: limbs along the axes, trunk and feet as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
    rotation_between,
)
from ..body.skeleton import JOINT_COUNT, JOINT_INDEX, PARENTS, Skeleton

LIMB_AXES: Final[Mapping[str, tuple[str, tuple[float, float, float]]]] = {
    "left_hip": ("left_knee", (0, -1, 0)),
    "right_hip": ("right_knee", (0, -1, 0)),
    "left_knee": ("left_ankle", (0, -1, 0)),
    "right_knee": ("right_ankle", (0, -1, 0)),
    "left_shoulder": ("left_elbow", (1, 0, 0)),
    "right_shoulder": ("right_elbow", (-1, 0, 0)),
    "left_elbow": ("left_wrist", (1, 0, 0)),
    "right_elbow": ("right_wrist", (-1, 0, 0)),
}
"""Direction of each limb bone in the T-pose."""


def t_pose_to_rest(rest_m: FloatArray) -> FloatArray:
    """Return the smallest rotation from each joint's T-pose bone to its rest bone, (22, 4); hands follow forearms.

    Args:
        rest_m: joint positions of the rest pose, (22, 3).
    """
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (JOINT_COUNT, 1))
    for name, (child, axis) in LIMB_AXES.items():
        bone_m = rest_m[JOINT_INDEX[child]] - rest_m[JOINT_INDEX[name]]
        wxyz[JOINT_INDEX[name]] = matrix_to_quaternion(rotation_between(np.array(axis, dtype=np.float64), bone_m))
    for side in ("left", "right"):
        wxyz[JOINT_INDEX[f"{side}_wrist"]] = wxyz[JOINT_INDEX[f"{side}_elbow"]]
    return wxyz


def offsets_in_t_pose_m(offsets_m: FloatArray, to_rest_wxyz: FloatArray) -> FloatArray:
    """Return rest offsets (22, 3) as the T-pose has them."""
    parents = to_rest_wxyz[[max(parent, 0) for parent in PARENTS]]
    return np.asarray(rotate_vector(conjugate_quaternion(parents), offsets_m))


def with_t_pose(motion: Motion, to_rest_wxyz: FloatArray) -> Motion:
    """Return the same motion, with rotations (F, 22, 4) that count from the T-pose instead of its rest pose."""
    wxyz = continuous_signs(multiply_quaternions(motion.rotations_wxyz, to_rest_wxyz))
    skeleton = Skeleton(offsets_in_t_pose_m(motion.skeleton.offsets_m, to_rest_wxyz))
    return Motion(wxyz, motion.root_translation_m, skeleton, motion.fps, fingers=motion.fingers)


def with_rest_pose(motion: Motion, to_rest_wxyz: FloatArray) -> Motion:
    """Return the inverse of `with_t_pose`: rotations that count from the rest pose again."""
    parents = to_rest_wxyz[[max(parent, 0) for parent in PARENTS]]
    wxyz = continuous_signs(multiply_quaternions(motion.rotations_wxyz, conjugate_quaternion(to_rest_wxyz)))
    skeleton = Skeleton(np.asarray(rotate_vector(parents, motion.skeleton.offsets_m)))
    return Motion(wxyz, motion.root_translation_m, skeleton, motion.fps, fingers=motion.fingers)
