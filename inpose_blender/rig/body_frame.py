# SPDX-License-Identifier: GPL-3.0-or-later
"""Find up, left and forward of a body in its rest pose, and refuse bodies that stand on four legs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..core import JOINT_NAMES, FloatArray, RigError, rotation_between
from .home import home_world

_BLENDER_UP: Final[tuple[float, float, float]] = (0.0, 0.0, 1.0)
_LARGEST_LEAN_COSINE: Final[float] = 0.7
_PREFERRED_BY_RAD: Final[float] = np.radians(3.0)
"""Another axis must be nearer to the trunk by this much than Blender's Z."""
_OPPOSITE_COSINE: Final[float] = -0.5
"""Limit between trunk and legs; in a sitting rest pose, they are at right angles."""
_SHORTEST_TRUNK_M: Final[float] = 1e-4
_STEEPEST_TRUNK_ON_FOURS: Final[float] = 0.5
"""Sine of the slope of a trunk on four legs. A gorilla's is steeper, and it can stand up."""
_STEEP_LIMB: Final[float] = 0.7
"""Sine of the slope from the hip to the ankle and from the shoulder to the wrist, where they carry the body."""
_HIGHEST_WRIST_ON_FOURS: Final[float] = 0.5
"""Height of the wrists above the ankles over that of the shoulders."""
_SHORTEST_FOOT: Final[float] = 0.02
"""Of the length from the head to the hips: a foot that is shorter from above does not tell where the body looks."""
_BACKWARDS_COSINE: Final[float] = -0.5


@dataclass(frozen=True)
class BodyFrame:
    """Hold the orientation of a rest pose, and that of the motion in the world."""

    R_world_rest: FloatArray
    """(3, 3) the axes left, up and forward of the body in its rest pose, as columns."""
    R_world_core: FloatArray
    """(3, 3) the same after InPose has made it stand."""
    is_human: bool
    notes: tuple[str, ...] = ()


def frame_of_body(armature_object: Any, world_m: FloatArray) -> BodyFrame:
    """Find left, up and forward of the rest pose.

    Up is the axis of the world or of the object that is nearest to the trunk. That is Blender's Z for most. Left is the
    direction from the right hip and shoulder to the left ones. BVH files with another up axis, and characters that were
    turned, lie on the floor, and tilted objects lean: the motion makes them stand. If legs and trunk do not point in
    opposite directions, the rest pose is not a human pose.

    Raises:
        RigError: the rig has no size, stands on four legs, or left and right are in the same place.
    """
    rig_name = armature_object.name
    by_name = dict(zip(JOINT_NAMES, world_m, strict=True))
    hips = (by_name["left_hip"] + by_name["right_hip"]) / 2
    trunk = by_name["head"] - hips
    legs = (by_name["left_ankle"] + by_name["right_ankle"]) / 2 - hips
    length_m = float(np.linalg.norm(trunk))
    if length_m < _SHORTEST_TRUNK_M or not np.linalg.norm(legs) > _SHORTEST_TRUNK_M:
        raise RigError(f"All joints of {rig_name} are in the same place.", "Check the object's scale.")
    if _stands_on_four_legs(by_name):
        raise RigError(
            f"{rig_name} stands on four legs in its rest pose. InPose animates bodies with two arms and two legs.",
            "Choose another armature. If it is a person on hands and knees, give it an upright rest pose "
            "(Pose > Apply > Apply Pose as Rest Pose).",
        )
    is_human = bool(trunk @ legs / np.linalg.norm(trunk) / np.linalg.norm(legs) < _OPPOSITE_COSINE)
    left = by_name["left_hip"] - by_name["right_hip"]
    notes: tuple[str, ...] = ()
    if is_human:
        left = left + by_name["left_shoulder"] - by_name["right_shoulder"]
        up = _nearest_axis(armature_object, trunk / length_m)
        if up[2] < 1.0:
            notes = (f"{rig_name} does not stand upright in its rest pose. InPose stands it up in the motion.",)
    else:
        spine = next(name for name in ("spine1", "spine2", "spine3", "head") if _is_apart(by_name, name))
        up = by_name[spine] - by_name["pelvis"]
        up = up / np.linalg.norm(up)
        notes = (
            f"The rest pose of {rig_name} is not a human pose. InPose straightened the limbs by the shortest rotation.",
        )
    left = left - (left @ up) * up
    if np.linalg.norm(left) < 1e-3 * length_m:
        raise RigError(
            f"Left and right of {rig_name} are in the same place.", "Check that the left bones are on the left side."
        )
    left = left / np.linalg.norm(left)
    if is_human and feet_point_backwards(by_name):
        notes += (
            f"The feet of {rig_name} point backwards: the left bones seem to be on its right side. Exchange the bones "
            "of left and right under Joints and Bones.",
        )
    R_world_rest = np.stack((left, up, np.cross(left, up)), axis=1)
    R_world_core = rotation_between(up, _BLENDER_UP) @ R_world_rest
    return BodyFrame(R_world_rest, R_world_core, is_human, notes)


def feet_point_backwards(by_name: dict[str, FloatArray]) -> bool:
    """Say whether both feet clearly point to where the back is, if left and right are as given.

    Args:
        by_name: the place of each joint; toes are NaN or absent if the rig has none.
    """
    if not {"left_foot", "right_foot"} <= by_name.keys():
        return False
    hips = (by_name["left_hip"] + by_name["right_hip"]) / 2
    trunk = by_name["head"] - hips
    length = float(np.linalg.norm(trunk))
    up = trunk / max(length, 1e-12)
    left = by_name["left_hip"] - by_name["right_hip"] + by_name["left_shoulder"] - by_name["right_shoulder"]
    forward = np.cross(left, up)
    forward = forward / max(float(np.linalg.norm(forward)), 1e-12)
    legs = (by_name["left_ankle"] + by_name["right_ankle"]) / 2 - hips
    if not legs @ up < _OPPOSITE_COSINE * np.linalg.norm(legs):
        return False
    for side in ("left", "right"):
        foot = by_name[f"{side}_foot"] - by_name[f"{side}_ankle"]
        level = foot - (foot @ up) * up
        reach = float(np.linalg.norm(level))
        if not (reach > _SHORTEST_FOOT * length and level @ forward < _BACKWARDS_COSINE * reach):
            return False
    return True


def _stands_on_four_legs(by_name: dict[str, FloatArray]) -> bool:
    """Say whether arms and legs carry a level trunk. Arms that hang or reach forward carry nothing."""
    hips, shoulders, ankles, wrists = (
        (by_name[f"left_{name}"] + by_name[f"right_{name}"]) / 2 for name in ("hip", "shoulder", "ankle", "wrist")
    )
    trunk, legs, arms = shoulders - hips, ankles - hips, wrists - shoulders
    height = shoulders[2] - ankles[2]
    return bool(
        abs(trunk[2]) < _STEEPEST_TRUNK_ON_FOURS * np.linalg.norm(trunk)
        and -legs[2] > _STEEP_LIMB * np.linalg.norm(legs)
        and -arms[2] > _STEEP_LIMB * np.linalg.norm(arms)
        and wrists[2] - ankles[2] < _HIGHEST_WRIST_ON_FOURS * height
    )


def _is_apart(by_name: dict[str, FloatArray], joint: str) -> bool:
    return joint == "head" or bool(np.linalg.norm(by_name[joint] - by_name["pelvis"]) > _SHORTEST_TRUNK_M)


def _nearest_axis(armature_object: Any, direction: FloatArray) -> FloatArray:
    """Return the axis of the object or of the world that is nearest to a direction; the direction itself if none is
    near. Blender's Z comes first: a rest pose may lean a little."""
    axes = home_world(armature_object)[:3, :3]
    axes = axes / np.linalg.norm(axes, axis=0)
    vertical = np.array(_BLENDER_UP)
    candidates = np.vstack((axes.T, -axes.T, np.eye(3), -np.eye(3)))
    best = candidates[int(np.argmax(candidates @ direction))]
    angles = np.arccos(np.clip((best @ direction, vertical @ direction), -1.0, 1.0))
    if angles[1] < angles[0] + _PREFERRED_BY_RAD and vertical @ direction > _LARGEST_LEAN_COSINE:
        return vertical
    return best if best @ direction > _LARGEST_LEAN_COSINE else direction
