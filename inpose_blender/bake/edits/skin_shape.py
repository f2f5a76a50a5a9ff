# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the shape of a character's body from its skin, as the edit of the arms needs it. Does not import bpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ...character.skin import Skin
from ...core import JOINT_INDEX, BodyShape, FloatArray, SkinPoints, tube_around, usual_shape
from ...rig.carriers import joints_of_bones
from ...rig.families import RigMapping
from ...rig.measure import RigMeasure
from ...rig.places import joint_place

_TRUNK: Final[tuple[str, ...]] = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
_FEWEST: Final[int] = 12
"""A part with fewer points of skin has no shape."""
_MOST: Final[int] = 40
"""Points of each part of an arm."""
_UPPER_ARM: Final[float] = 0.5
"""The skin of the upper arm counts from its middle on: above, it is always near the body."""
_SHORTEST_M: Final[float] = 0.01
_SKIN_ENDS: Final[tuple[float, float]] = (0.02, 0.98)
_BEYOND: Final[float] = 0.3
"""A tube is longer than its bone by no more than this part at each end."""


def skin_shape(armature_object: Any, mapping: RigMapping, measure: RigMeasure, skin: Skin | None) -> BodyShape:
    """Return the shape of a character; without enough skin, parts of an adult of average proportions.

    Args:
        armature_object: the character, in any pose: its rest pose is measured.
        mapping: which bones are its joints.
        measure: the rig.
        skin: a sample of its skin.
    """
    usual = usual_shape(measure.skeleton)
    if skin is None:
        return usual
    own = _by_joint(armature_object, mapping, measure, skin)
    rest_m = measure.skeleton.rest_positions_m
    tubes = []
    for tube in usual.tubes:
        points_m = own.get(tube.joint)
        if points_m is None or len(points_m) < _FEWEST:
            continue
        start_m, end_m = tube.start_m, tube.start_m + tube.length_m * tube.axis
        if tube.joint == JOINT_INDEX["head"]:
            end_m = np.array((0.0, float(points_m[:, 1].max()), 0.0))
        if np.linalg.norm(end_m - start_m) > _SHORTEST_M:
            tubes.append(tube_around(tube.joint, *_as_far_as_skin(start_m, end_m, points_m), points_m))
    arms = []
    for pieces in usual.arms:
        found = []
        for piece in pieces:
            points_m = own.get(piece.joint, np.zeros((0, 3)))
            if piece.joint in (JOINT_INDEX["left_shoulder"], JOINT_INDEX["right_shoulder"]):
                elbow = JOINT_INDEX["left_elbow"] if rest_m[piece.joint, 0] > 0 else JOINT_INDEX["right_elbow"]
                along = points_m @ measure.skeleton.offsets_m[elbow]
                points_m = points_m[along > _UPPER_ARM * (measure.skeleton.offsets_m[elbow] ** 2).sum()]
            some = points_m[:: max(1, -(-len(points_m) // _MOST))]
            found.append(SkinPoints(piece.joint, some) if len(some) else piece)
        arms.append(tuple(found))
    return BodyShape(tuple(tubes) or usual.tubes, (arms[0], arms[1]))


def _as_far_as_skin(start_m: FloatArray, end_m: FloatArray, points_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return start and end of a tube, further apart if its skin goes beyond them, as above the hip joint."""
    length_m = float(np.linalg.norm(end_m - start_m))
    axis = (end_m - start_m) / length_m
    low_m, high_m = np.quantile((points_m - start_m) @ axis, _SKIN_ENDS)
    most_m = _BEYOND * length_m
    return start_m + max(min(low_m, 0.0), -most_m) * axis, end_m + min(max(high_m - length_m, 0.0), most_m) * axis


def _by_joint(armature_object: Any, mapping: RigMapping, measure: RigMeasure, skin: Skin) -> Mapping[int, FloatArray]:
    """Return the skin that each joint carries, (N, 3) in the frame of the joint in a T-pose, in metres."""
    joint_of = joints_of_bones(armature_object.data, mapping)
    world = np.array(armature_object.matrix_world, dtype=np.float64)
    owner = np.full(len(skin.bones), -1)
    for number, name in enumerate(skin.bones[:-1]):
        owner[number] = JOINT_INDEX[joint_of[name]]
    of_point = owner[skin.main_owner]
    found = {}
    for joint in mapping.bones:
        index = JOINT_INDEX[joint]
        points = skin.points[of_point == index]
        if not len(points):
            continue
        from_joint = (points - joint_place(armature_object.data, mapping, joint)) @ world[:3, :3].T
        core_m = from_joint @ measure.R_world_core * measure.metres_per_unit
        found[index] = core_m @ measure.alignments[index].T
    return found
