# SPDX-License-Identifier: Apache-2.0
"""Turn BVH files whose bodies do not stand along Y, or do not face +Z, into bodies that do.

3ds Max and Blender write Z up. The rest pose shows it: the head is above the ankles and the left hip to the left. The
motion must agree, because some files have a lying rest pose that the root's rotation raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import matrix_to_quaternion, multiply_quaternions, rotate_vector
from ..noted import Noted
from .bvh import BvhAnimation

_CLEAR: Final[float] = 0.8
"""Share of a direction's length along its nearest axis from which this axis is meant."""


def stand_along_y(animation: BvhAnimation, joints: Mapping[str, int]) -> Noted[BvhAnimation]:
    """Return the animation with Y up and a rest pose that faces +Z; a note says which axis was up.

    Args:
        animation: a body.
        joints: the animation's joint of each of the 22 joints.
    """
    rest = _rest_positions(animation)
    ankles = [joints["left_ankle"], joints["right_ankle"]]
    rest_up = _nearest_axis(rest[joints["head"]] - rest[ankles].mean(axis=0))
    across = _nearest_axis(rest[joints["left_hip"]] - rest[joints["right_hip"]])
    if rest_up is None or across is None or abs(rest_up @ across) > 0.5 or rest_up[1] > 0.5:
        return Noted(animation)
    R_rest = np.stack((across, rest_up, np.cross(across, rest_up)))
    moving = _joint_positions(animation)
    body_up = (moving[:, joints["head"]] - moving[:, ankles].mean(axis=1)).mean(axis=0)
    upright_in_y = _nearest_axis(body_up)
    stands_in_y = upright_in_y is not None and upright_in_y[1] > 0.5
    R_world = np.eye(3) if stands_in_y else R_rest
    note = "" if stands_in_y else f"The file has {_name(rest_up)} up instead of Y. InPose turned it upright."
    return Noted(_turned(animation, R_world, R_rest), (note,) if note else ())


def _turned(animation: BvhAnimation, R_world: FloatArray, R_rest: FloatArray) -> BvhAnimation:
    """Return the animation with its world turned by one matrix and its rest pose by another one.

    A global rotation ``G`` becomes ``R_world G R_rest^T``: at the root from both sides, below it from the rest pose's.
    """
    world, rest = matrix_to_quaternion(R_world), matrix_to_quaternion(R_rest)
    back = matrix_to_quaternion(R_rest.T)
    local = multiply_quaternions(multiply_quaternions(rest, animation.local_rotations_wxyz), back)
    roots = [joint for joint, parent in enumerate(animation.parents) if parent < 0]
    for root in roots:
        own = multiply_quaternions(world, animation.local_rotations_wxyz[:, root])
        local[:, root] = multiply_quaternions(own, back)
    return replace(
        animation,
        offsets=animation.offsets @ R_rest.T,
        end_offsets={name: R_rest @ offset for name, offset in animation.end_offsets.items()},
        local_rotations_wxyz=local,
        root_positions=animation.root_positions @ R_world.T,
    )


def _rest_positions(animation: BvhAnimation) -> FloatArray:
    positions = np.zeros((len(animation.parents), 3))
    for joint, parent in enumerate(animation.parents):
        if parent >= 0:
            positions[joint] = positions[parent] + animation.offsets[joint]
    return positions


def _joint_positions(animation: BvhAnimation) -> FloatArray:
    """Return positions relative to the root in at most a few hundred frames, (F, J, 3)."""
    step = max(1, len(animation) // 300)
    R = animation.global_rotations_wxyz[::step]
    positions = np.zeros((*R.shape[:2], 3))
    for joint, parent in enumerate(animation.parents):
        if parent >= 0:
            positions[:, joint] = positions[:, parent] + rotate_vector(R[:, parent], animation.offsets[joint])
    return positions


def _nearest_axis(direction: FloatArray) -> FloatArray | None:
    """Return the unit vector of the axis along which a direction points; None if none is near."""
    length = float(np.linalg.norm(direction))
    place = int(np.argmax(np.abs(direction)))
    if length <= 0 or abs(direction[place]) < _CLEAR * length:
        return None
    axis = np.zeros(3)
    axis[place] = np.sign(direction[place])
    return axis


def _name(axis: FloatArray) -> str:
    place = int(np.argmax(np.abs(axis)))
    return ("-" if axis[place] < 0 else "") + "XYZ"[place]
