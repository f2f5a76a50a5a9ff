# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the shape of a character's body from its skin, as the edit of the arms needs it. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...character.skin import Skin
from ...core import (
    JOINT_COUNT,
    JOINT_INDEX,
    JOINT_NAMES,
    LEG_PARTS,
    PARENTS,
    TRUNK_PART,
    BodyShape,
    BodySurface,
    BoolArray,
    FloatArray,
    IndexArray,
    SkinPoints,
    surface_of,
    usual_shape,
)
from ...rig.carriers import joints_of_bones
from ...rig.families import RigMapping
from ...rig.home import home_world
from ...rig.measure import RigMeasure
from ...rig.places import joint_place

_TRUNK: Final[tuple[str, ...]] = (
    *("pelvis", "spine1", "spine2", "spine3", "neck", "head"),
    *("left_collar", "right_collar"),
)
_LEGS: Final[tuple[tuple[str, ...], ...]] = (("left_hip", "left_knee"), ("right_hip", "right_knee"))
_ON_LEGS: Final[tuple[str, ...]] = ("left_knee", "right_knee", "left_ankle", "right_ankle")
_FEWEST: Final[int] = 60
"""A body with fewer points of skin has no shape."""
_FEWEST_OF_ARM: Final[int] = 12
_MOST: Final[int] = 45
"""Points of each piece of an arm."""
_MOST_OF_BODY: Final[int] = 900
_UPPER_ARM: Final[float] = 0.5
"""The skin of the upper arm counts from its middle on: above, it is always near the body."""
_INWARDS: Final[float] = -0.2
"""Skin whose normal points to the bone, with this cosine, is the inner side of clothes or a mouth."""


@dataclass(frozen=True, eq=False)
class _JointSkin:
    """Hold the skin of a character by joints instead of bones, in metres in the core frame."""

    joints: IndexArray
    """(N, W)"""
    weights: FloatArray
    """(N, W) with a sum of 1."""
    points_m: FloatArray
    """(N, W, 3) in the frame of each joint, in a T-pose."""
    normals: FloatArray
    """(N, W, 3)"""

    @property
    def main(self) -> IndexArray:
        """Return the joint with the largest weight, (N,)."""
        return self.joints[np.arange(len(self.joints)), self.weights.argmax(axis=1)]

    def main_points_m(self, rows: IndexArray) -> FloatArray:
        """Return some points in the frame of their main joint, (K, 3)."""
        return self.points_m[rows, self.weights[rows].argmax(axis=1)]


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
    arms = (_arm(own, usual, 0, measure), _arm(own, usual, 1, measure))
    return BodyShape(_body(own, measure) or usual.surface, arms)


def _body(own: _JointSkin, measure: RigMeasure) -> BodySurface | None:
    """Return the surface of trunk, head and legs, or None if there is too little skin."""
    part_of_joint = np.full(JOINT_COUNT, -1)
    for names, part in ((_TRUNK, TRUNK_PART), *zip(_LEGS, LEG_PARTS, strict=True)):
        part_of_joint[[JOINT_INDEX[name] for name in names]] = part
    rest_m = measure.skeleton.rest_positions_m
    places_m = (own.weights[..., None] * (own.points_m + rest_m[own.joints])).sum(axis=1)
    outwards = (own.weights[..., None] * own.normals).sum(axis=1)
    parts = part_of_joint[own.main]
    rows = np.flatnonzero((parts >= 0) & _faces_out(places_m, outwards, own.main, rest_m))
    if len(rows) < _FEWEST:
        return None
    rows = rows[_spread(places_m[rows], _MOST_OF_BODY)]
    chosen = (own.joints[rows], own.weights[rows], own.points_m[rows], own.normals[rows], parts[rows])
    return surface_of(*chosen, rest_m)


def _faces_out(places_m: FloatArray, outwards: FloatArray, main: IndexArray, rest_m: FloatArray) -> BoolArray:
    """Return which points of skin face away from their bones, (N,)."""
    after = {PARENTS[index]: index for index in range(JOINT_COUNT) if JOINT_NAMES[index] in (*_TRUNK, *_ON_LEGS)}
    ends = np.array([after.get(joint, joint) for joint in range(JOINT_COUNT)])
    start_m, bone_m = rest_m[main], rest_m[ends[main]] - rest_m[main]
    share = ((places_m - start_m) * bone_m).sum(axis=1) / np.maximum((bone_m**2).sum(axis=1), 1e-9)
    radial_m = places_m - start_m - np.clip(share, 0.0, 1.0)[:, None] * bone_m
    return np.asarray((radial_m * outwards).sum(axis=1) > _INWARDS * np.linalg.norm(radial_m, axis=1))


def _spread(places_m: FloatArray, most: int) -> IndexArray:
    """Return the numbers of at most so many points (N, 3), each as far as possible from those before it."""
    if len(places_m) <= most:
        return np.arange(len(places_m))
    chosen = np.empty(most, np.int64)
    squares = np.full(len(places_m), np.inf)
    # The first one is at an end.
    chosen[0] = places_m[:, 1].argmin()
    for number in range(1, most):
        squares = np.minimum(squares, ((places_m - places_m[chosen[number - 1]]) ** 2).sum(axis=1))
        chosen[number] = squares.argmax()
    return np.sort(chosen)


def _arm(own: _JointSkin, usual: BodyShape, side: int, measure: RigMeasure) -> tuple[SkinPoints, ...]:
    """Return the points of upper arm, forearm and hand."""
    found, offsets_m = [], measure.skeleton.offsets_m
    for piece, after in zip(usual.arms[side], (*usual.arms[side][1:], None), strict=True):
        points_m = own.main_points_m(np.flatnonzero(own.main == piece.joint))
        if piece is usual.arms[side][0] and after is not None:
            elbow_m = offsets_m[after.joint]
            points_m = points_m[points_m @ elbow_m > _UPPER_ARM * (elbow_m**2).sum()]
        if len(points_m) < _FEWEST_OF_ARM:
            found.append(piece)
            continue
        found.append(SkinPoints(piece.joint, points_m[_spread(points_m, _MOST)]))
    return tuple(found)


def _by_joint(armature_object: Any, mapping: RigMapping, measure: RigMeasure, skin: Skin) -> _JointSkin:
    """Return the skin that bones carry, by joints; skin without weights is left out."""
    joint_of = joints_of_bones(armature_object.data, mapping)
    carriers = np.array([JOINT_INDEX[joint_of[name]] for name in skin.bones[:-1]] + [-1])
    joints = carriers[skin.owners]
    weights = np.where(joints >= 0, skin.weights, 0.0)
    rows = np.flatnonzero(weights.sum(axis=1) > 0)
    joints, weights = joints[rows].clip(min=0), weights[rows] / weights[rows].sum(axis=1, keepdims=True)
    world = home_world(armature_object)[:3, :3]
    to_core_m = world.T @ measure.R_world_core * measure.metres_per_unit
    places = np.zeros((JOINT_COUNT, 3))
    for joint in mapping.bones:
        places[JOINT_INDEX[joint]] = joint_place(armature_object.data, mapping, joint)
    to_joint = measure.alignments[joints]
    points_m = (skin.points[rows, None] - places[joints]) @ to_core_m
    normals = skin.normals[rows] @ np.linalg.inv(world) @ measure.R_world_core
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return _JointSkin(
        joints,
        weights,
        np.einsum("nwij,nwj->nwi", to_joint, points_m),
        np.einsum("nwij,nj->nwi", to_joint, normals),
    )
