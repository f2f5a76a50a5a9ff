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
from ..body.quaternions import matrix_to_quaternion, multiply_quaternions, rotate_vector, rotation_between
from ..noted import Noted
from .bvh import BvhAnimation

_CLEAR: Final[float] = 0.8
"""Share of a direction's length along its nearest axis from which this axis is meant."""
_ALONG: Final[float] = 0.98
"""The same for hips, which face exactly where the rest pose faces: 11 degrees."""
_LEAN: Final[float] = 0.5


def stand_along_y(animation: BvhAnimation, joints: Mapping[str, int]) -> Noted[BvhAnimation]:
    """Return the animation with Y up and a rest pose that faces +Z; a note says which axis was up.

    Args:
        animation: a body that stands in its rest pose.
        joints: the animation's joint of each of the 22 joints.
    """
    rest = rest_positions(animation)
    ankles = [joints["left_ankle"], joints["right_ankle"]]
    rest_up = nearest_axis(rest[joints["head"]] - rest[ankles].mean(axis=0))
    across = rest[joints["left_hip"]] - rest[joints["right_hip"]]
    if rest_up is None or abs(rest_up @ across) > _LEAN * np.linalg.norm(across):
        return Noted(animation)
    along = nearest_axis(across, _ALONG)
    if along is None:
        level = across - (across @ rest_up) * rest_up
        along = level / np.linalg.norm(level)
    R_rest = np.stack((along, rest_up, np.cross(along, rest_up)))
    if np.array_equal(R_rest, np.eye(3)):
        return Noted(animation)
    stands_in_y = rest_up[1] > _LEAN or up_axis(animation, joints)[1] > _LEAN
    R_world = np.eye(3) if stands_in_y else R_rest
    return Noted(_turned(animation, R_world, R_rest), () if stands_in_y else (_note(rest_up),))


def with_y_up(animation: BvhAnimation, joints: Mapping[str, int]) -> Noted[BvhAnimation]:
    """Return the animation with Y up in its motion, and the same rest pose; a note says which axis was up."""
    up = up_axis(animation, joints)
    if up[1] > _LEAN:
        return Noted(animation)
    return Noted(_turned(animation, rotation_between(up, (0.0, 1.0, 0.0)), np.eye(3)), (_note(up),))


def up_axis(animation: BvhAnimation, joints: Mapping[str, int]) -> FloatArray:
    """Return the axis that is up in the motion, (3,): Y unless the head is mostly away from the feet along another."""
    _, places = sampled(animation)
    ankles = places[:, [joints["left_ankle"], joints["right_ankle"]]].mean(axis=1)
    away = places[:, joints["head"]] - ankles
    mean = away.mean(axis=0)
    # Of who crawls or rolls about, the mean is short.
    clear = np.linalg.norm(mean) > _CLEAR * np.linalg.norm(away, axis=-1).mean()
    up = nearest_axis(mean) if clear else None
    return np.array((0.0, 1.0, 0.0)) if up is None else up


def _note(up: FloatArray) -> str:
    return f"The file has {_name(up)} up instead of Y. InPose turned it upright. If this is wrong, use --axes openxr."


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


def rest_positions(animation: BvhAnimation) -> FloatArray:
    """Return where the joints are in the rest pose, relative to the root, (J, 3)."""
    positions = np.zeros((len(animation.parents), 3))
    for joint, parent in enumerate(animation.parents):
        if parent >= 0:
            positions[joint] = positions[parent] + animation.offsets[joint]
    return positions


def sampled(animation: BvhAnimation) -> tuple[FloatArray, FloatArray]:
    """Return global rotations, (F, J, 4), and positions relative to the root, (F, J, 3), of a few hundred frames."""
    step = max(1, len(animation) // 300)
    R = animation.global_rotations_wxyz[::step]
    positions = np.zeros((*R.shape[:2], 3))
    for joint, parent in enumerate(animation.parents):
        if parent >= 0:
            positions[:, joint] = positions[:, parent] + rotate_vector(R[:, parent], animation.offsets[joint])
    return R, positions


def nearest_axis(direction: FloatArray, share: float = _CLEAR) -> FloatArray | None:
    """Return the unit vector of the axis along which a direction has this share of its length; None if there is
    none."""
    length = float(np.linalg.norm(direction))
    place = int(np.argmax(np.abs(direction)))
    if length <= 0 or abs(direction[place]) < share * length:
        return None
    axis = np.zeros(3)
    axis[place] = np.sign(direction[place])
    return axis


def _name(axis: FloatArray) -> str:
    place = int(np.argmax(np.abs(axis)))
    return ("-" if axis[place] < 0 else "") + "XYZ"[place]
