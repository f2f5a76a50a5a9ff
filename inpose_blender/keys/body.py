# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow a rig's bones through its channels, to know what a change of each channel does to the end joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import FloatArray, quaternion_to_matrix
from ..rig.rotation import rotation_of
from ..rig.tree import BoneTree
from .axes import turn_axes
from .bends import BendEffect, BentPoint
from .ends import EndEffect, Tolerance
from .properties import NO_TURN, AnimatedProperty, EndPoint, Move, bone_moves_of, chain_of, path_of

END_JOINTS: Final[tuple[str, ...]] = (
    "pelvis", "head", "left_wrist", "right_wrist", "left_ankle", "right_ankle", "left_foot", "right_foot",
)  # fmt: skip
"""The joints that stay within the tolerance."""
MIDDLE_JOINTS: Final[tuple[str, ...]] = ("left_knee", "right_knee", "left_elbow", "right_elbow")
_LOOSE: Final[float] = 2.0
"""Tolerances of the middle joints, and of bones that carry no end joint: fingers, twists, poles."""


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
    bends: Sequence[BentPoint] = (),
) -> BodyEffects:
    """Return what the channels do to the end joints. All is seen from the armature object.

    An end joint whose bone has no channel is moved by something else. A bone outside the tree moves only itself; if it
    has a location, it is a control for a hand or a foot, and stays within the tolerance.

    Args:
        properties: the channels, all with the same number of frames.
        tree: the bones, and what carries them.
        points: the end joints and the middle joints, and the places where IK controls hold hands and feet.
        location_axes: what one unit of each component of a bone's location does in its rest pose, as columns.
        metres_per_unit: metres of one unit of the armature frame.
        tolerance: how far an end joint may be off.
        bone_angle_rad: how far each bone may be turned away from its own rotation; 0 is no limit.
        still: constant channels, which only carry what hangs on their bones.
        bends: the middle joints of IK limbs.
    """
    count = len(properties[0].values)
    turning = {each.bone: each for each in properties if not each.is_location}
    placed = {each.bone for each in properties if each.is_location}
    points = [point for point in points if point.is_moved(turning)]
    moves = bone_moves_of((*still, *properties), tree, location_axes, count)
    loose = Tolerance(_LOOSE * tolerance.distance_m, _LOOSE * tolerance.angle_rad)
    tolerances = [tolerance if point.joint in END_JOINTS else loose for point in points]
    paths = [path_of(point, moves, tree) for point in points]
    carried_by = [chain_of(tree, point.bone) for point in points]
    bent = [BendEffect.of(point, moves, tree, turning) for point in bends if point.end.is_moved(turning)]
    first_bent = len(tolerances)
    tolerances += [loose] * len(bent)
    reaches, feet = [], []
    for each in properties:
        move = moves.get(each.bone)
        turn, shift = _axes(each, tree, moves, location_axes, metres_per_unit)
        ends = np.array([i for i, chain in enumerate(carried_by) if each.bone in chain], np.int64)
        bent_by = _bent_by(each, turn, shift, bent, moves, tree, metres_per_unit) if move is not None else {}
        joints = {points[end].joint for end in ends.tolist()}
        feet.append(next((side for side in ("left", "right") if joints and joints <= _leg(side)), ""))
        if move is not None and len(ends):
            arms_m = np.stack([paths[end] - move[1] for end in ends.tolist()], axis=1) * metres_per_unit
        elif bent_by:
            arms_m = np.zeros((1, 0, 3))
        else:  # it is its own end joint
            is_object = not each.bone
            arms = paths[0] if is_object and paths else np.zeros((1, 3))
            arms_m, ends = arms[:, None] * metres_per_unit, np.array([len(tolerances)])
            tolerances.append(tolerance if is_object or (move is None and each.bone in placed) else loose)
        if bone_angle_rad > 0 and not each.is_location:
            ends, arms_m = np.append(ends, len(tolerances)), np.append(arms_m, np.zeros((len(arms_m), 1, 3)), axis=1)
            tolerances.append(Tolerance(np.inf, bone_angle_rad))
        ends = np.append(ends, [first_bent + index for index in bent_by]).astype(np.int64)
        nothing = np.zeros((1, 0, *turn.shape[1:]))
        bent_m, bent_turns = (
            (np.stack(effects, axis=1) for effects in zip(*bent_by.values(), strict=True))
            if bent_by
            else (nothing, nothing)
        )
        reaches.append(EndEffect(turn, shift, ends, arms_m, bent_m, bent_turns))
    return BodyEffects(tuple(reaches), tuple(tolerances), tuple(feet))


def _bent_by(
    each: AnimatedProperty,
    turn: FloatArray,
    shift_m: FloatArray,
    bent: Sequence[BendEffect],
    moves: Mapping[str, Move],
    tree: BoneTree,
    metres_per_unit: float,
) -> dict[int, tuple[FloatArray, FloatArray]]:
    """Return the shifts of the middle joints that a channel moves, in metres per unit, and the turns of their limbs, in
    radians per unit, (F, 3, C) each, by the index of the joint."""
    found = {}
    for index, effect in enumerate(bent):
        moved = effect.moved_by(each, turn, shift_m / metres_per_unit, moves, tree)
        if moved is not None:
            found[index] = moved[0] * metres_per_unit, moved[1]
    return found


def _axes(
    each: AnimatedProperty,
    tree: BoneTree,
    moves: Mapping[str, Move],
    location_axes: Mapping[str, FloatArray],
    metres_per_unit: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the turn in radians and the shift in metres per unit of each component, both (F or 1, 3, C)."""
    bone = tree.get(each.bone)
    carrier = moves[bone.carrier][0] if bone is not None and bone.carrier is not None else NO_TURN
    nothing = np.zeros((1, 3, each.values.shape[1]))
    if each.is_location:
        axes = location_axes.get(each.bone, np.eye(3) if bone is None else rotation_of(bone.rest_armature))
        return nothing, quaternion_to_matrix(carrier) @ axes * metres_per_unit
    if bone is None:
        return turn_axes(each.values, each.mode), nothing
    frame = quaternion_to_matrix(carrier if bone.turns_with_carrier else NO_TURN)
    return frame @ rotation_of(bone.rest_armature) @ turn_axes(each.values, each.mode), nothing


def _leg(side: str) -> set[str]:
    return {f"{side}_{joint}" for joint in ("knee", "ankle", "foot")}
