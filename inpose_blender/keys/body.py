# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow a rig's bones through its channels, to know what a change of each channel does to the end joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from ..core import (
    FloatArray,
    conjugate_quaternion,
    matrix_to_quaternion,
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
)
from ..rig.rotation import rotation_of
from ..rig.tree import BoneTree
from .axes import channel_rotation, turn_axes
from .ends import EndEffect, Tolerance

END_JOINTS: Final[tuple[str, ...]] = (
    "pelvis", "head", "left_wrist", "right_wrist", "left_ankle", "right_ankle", "left_foot", "right_foot",
)  # fmt: skip
"""The joints that stay within the tolerance."""
MIDDLE_JOINTS: Final[tuple[str, ...]] = ("left_knee", "right_knee", "left_elbow", "right_elbow")
_LOOSE: Final[float] = 2.0
"""Tolerances of the middle joints, and of bones that carry no end joint: fingers, twists, poles."""

_NO_TURN: Final[FloatArray] = np.array([[1.0, 0.0, 0.0, 0.0]])


@dataclass(frozen=True)
class AnimatedProperty:
    """Hold one channel: a location or a rotation of a bone, or of the whole object."""

    bone: str
    """Empty: the object."""
    is_location: bool
    mode: str
    """The rotation mode; of no meaning for a location."""
    values: FloatArray
    """(F, C)"""


@dataclass(frozen=True)
class EndPoint:
    """Hold a joint whose place is watched."""

    joint: str
    bone: str
    rest_point: FloatArray
    """(3,) in the armature frame."""


@dataclass(frozen=True)
class BodyEffects:
    """Hold what each channel does, and how far each end joint may be off."""

    reaches: tuple[EndEffect, ...]
    tolerances: tuple[Tolerance, ...]
    feet: tuple[str, ...]
    """For each channel ``left`` or ``right`` if it moves the end joints of one foot only, else an empty text."""


def body_effects(
    properties: Sequence[AnimatedProperty],
    tree: BoneTree,
    points: Sequence[EndPoint],
    location_axes: Mapping[str, FloatArray],
    metres_per_unit: float,
    tolerance: Tolerance,
    bone_angle_rad: float = 0.0,
    *,
    still: Sequence[AnimatedProperty] = (),
    levers: Mapping[str, FloatArray] = MappingProxyType({}),
) -> BodyEffects:
    """Return what the channels do to the end joints. All is seen from the armature object.

    An end joint whose bone has no rotation channel is moved by something else, by an IK control for example. A bone
    outside the tree moves only itself; if it has a location, it is such a control, and stays within the tolerance.

    Args:
        properties: the channels, all with the same number of frames.
        tree: the bones, and what carries them.
        points: the end joints and the middle joints.
        location_axes: what one unit of each component of a bone's location does in its rest pose, as columns.
        metres_per_unit: metres of one unit of the armature frame.
        tolerance: how far an end joint may be off.
        bone_angle_rad: how far each bone may be turned away from its own rotation; 0 is no limit.
        still: constant channels, which only carry what hangs on their bones.
        levers: for bones outside the tree whose turn is seen elsewhere: the way there in their own axes, (3,).
    """
    count = len(properties[0].values)
    turning = {each.bone for each in properties if not each.is_location}
    placed = {each.bone for each in properties if each.is_location}
    points = [point for point in points if point.bone in turning]
    moves = bone_moves_of((*still, *properties), tree, location_axes, count)
    loose = Tolerance(_LOOSE * tolerance.distance_m, _LOOSE * tolerance.angle_rad)
    tolerances = [tolerance if point.joint in END_JOINTS else loose for point in points]
    paths = [path_of(point, moves, tree) for point in points]
    carried_by = [_chain(tree, point.bone) for point in points]
    reaches, feet = [], []
    for each in properties:
        move = moves.get(each.bone)
        ends = np.array([i for i, chain in enumerate(carried_by) if each.bone in chain], np.int64)
        if move is not None and len(ends):
            arms_m = np.stack([paths[end] - move[1] for end in ends.tolist()], axis=1) * metres_per_unit
            joints = {points[end].joint for end in ends.tolist()}
            feet.append(next((side for side in ("left", "right") if joints <= _leg(side)), ""))
        else:  # it is its own end joint
            is_object = not each.bone
            arms = paths[0] if is_object and paths else levers.get(each.bone, np.zeros(3))[None]
            arms_m, ends = arms[:, None] * metres_per_unit, np.array([len(tolerances)])
            is_seen = is_object or each.bone in levers or (move is None and each.bone in placed)
            tolerances.append(tolerance if is_seen else loose)
            feet.append("")
        if bone_angle_rad > 0 and not each.is_location:
            ends, arms_m = np.append(ends, len(tolerances)), np.append(arms_m, np.zeros((len(arms_m), 1, 3)), axis=1)
            tolerances.append(Tolerance(np.inf, bone_angle_rad))
        turn, shift = _axes(each, tree, moves, location_axes, metres_per_unit)
        reaches.append(EndEffect(turn, shift, ends, arms_m))
    return BodyEffects(tuple(reaches), tuple(tolerances), tuple(feet))


Move = tuple[FloatArray, FloatArray]
"""How a bone is turned away from rest, (F, 4), and where its head is, (F, 3), in the armature frame."""


def bone_moves_of(
    properties: Sequence[AnimatedProperty], tree: BoneTree, location_axes: Mapping[str, FloatArray], count: int
) -> dict[str, Move]:
    """Return how the bones of a tree move, by channels that all have ``count`` frames."""
    rotations = {each.bone: channel_rotation(each.values, each.mode) for each in properties if not each.is_location}
    locations = {each.bone: each.values for each in properties if each.is_location}
    moves: dict[str, Move] = {}
    for name, bone in tree.items():
        head = bone.rest_armature[:3, 3]
        carrier, turned = np.tile(_NO_TURN, (count, 1)), np.tile(head, (count, 1))
        if bone.carrier is not None:
            carrier, carrier_head = moves[bone.carrier]
            turned = carrier_head + rotate_vector(carrier, head - tree[bone.carrier].rest_armature[:3, 3])
        if name in locations:
            axes = location_axes.get(name, rotation_of(bone.rest_armature))
            turned = turned + rotate_vector(carrier, locations[name] @ axes.T)
        own = carrier if bone.turns_with_carrier else np.tile(_NO_TURN, (count, 1))
        if name in rotations:
            q_rest = matrix_to_quaternion(rotation_of(bone.rest_armature))
            basis = multiply_quaternions(multiply_quaternions(q_rest, rotations[name]), conjugate_quaternion(q_rest))
            own = multiply_quaternions(own, basis)
        moves[name] = own, turned
    return moves


def _axes(
    each: AnimatedProperty,
    tree: BoneTree,
    moves: Mapping[str, Move],
    location_axes: Mapping[str, FloatArray],
    metres_per_unit: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the turn in radians and the shift in metres per unit of each component, both (F or 1, 3, C)."""
    bone = tree.get(each.bone)
    carrier = moves[bone.carrier][0] if bone is not None and bone.carrier is not None else _NO_TURN
    nothing = np.zeros((1, 3, each.values.shape[1]))
    if each.is_location:
        axes = location_axes.get(each.bone, np.eye(3) if bone is None else rotation_of(bone.rest_armature))
        return nothing, quaternion_to_matrix(carrier) @ axes * metres_per_unit
    if bone is None:
        return turn_axes(each.values, each.mode), nothing
    frame = quaternion_to_matrix(carrier if bone.turns_with_carrier else _NO_TURN)
    return frame @ rotation_of(bone.rest_armature) @ turn_axes(each.values, each.mode), nothing


def path_of(point: EndPoint, moves: Mapping[str, Move], tree: BoneTree) -> FloatArray:
    """Return where a joint goes, (F, 3), in the armature frame."""
    turn, head = moves[point.bone]
    return head + rotate_vector(turn, point.rest_point - tree[point.bone].rest_armature[:3, 3])


def _chain(tree: BoneTree, bone: str) -> set[str]:
    """Return a bone and all that carry it."""
    chain = set()
    name: str | None = bone
    while name is not None:
        chain.add(name)
        name = tree[name].carrier
    return chain


def _leg(side: str) -> set[str]:
    return {f"{side}_{joint}" for joint in ("knee", "ankle", "foot")}
