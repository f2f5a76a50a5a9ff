# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how far knees and elbows move when the channels of an IK limb are a little off.

Inverse kinematics places the knee by the hip, by the foot, and by what turns the limb: its pole, its twist, or the pose
in which it begins. In a limb that is nearly straight, a millimetre at the foot moves the knee by centimetres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ..core import FloatArray, quaternion_to_matrix, rotate_vector
from ..rig.tree import BoneTree
from .axes import channel_rotation
from .properties import AnimatedProperty, EndPoint, Move, chain_of, path_of

_STRAIGHT: Final[float] = 0.02
"""The bend is counted as at least this share of the limb's length from the straight line: there, no formula for small
changes holds."""
_TINY: Final[float] = 1e-9


@dataclass(frozen=True)
class BentPoint:
    """Hold the joint in the middle of an IK limb. All is in the armature frame, at rest."""

    joint: str
    root: EndPoint
    """Where the limb begins, and the bone that carries this place."""
    end: EndPoint
    """The place that the end of the limb reaches, and the control that carries it."""
    lengths: tuple[float, float]
    bend_rest: FloatArray
    """(3,) the direction into which the limb bends, a unit vector."""
    guide: str
    """The bone that says into which plane the limb bends."""
    guided_by: Literal["pole", "twist", "pose"]
    """The limb bends towards the guide; it turns with the guide's own twist; it begins in the guide's pose."""
    pole_angle: float = 0.0
    """From the direction to the pole to the bend, about the line from beginning to end."""


@dataclass(frozen=True)
class BendEffect:
    """Hold what moves the middle of a limb. Matrices are (F, 3, 3)."""

    point: BentPoint
    by_root: FloatArray
    by_end: FloatArray
    by_turn: FloatArray
    """(F, 3) its shift per radian by which the limb turns about the line from its beginning to its end."""
    along: FloatArray
    """(F, 3) the direction of this line."""
    turn_by_root: FloatArray
    """(F, 3) the turn about this line per unit by which its beginning is shifted."""
    turn_by_end: FloatArray
    turn_by_pole: FloatArray
    """The same for its end and for the pole; zeros without a pole."""

    @classmethod
    def of(
        cls, point: BentPoint, moves: Mapping[str, Move], tree: BoneTree, channels: Mapping[str, AnimatedProperty]
    ) -> BendEffect:
        """Compute the effects in all frames.

        Args:
            point: the limb.
            moves: how the bones move.
            tree: the bones.
            channels: the rotation channels by their bones.
        """
        root, end = path_of(point.root, moves, tree), path_of(point.end, moves, tree)
        way = end - root
        distance = np.maximum(np.linalg.norm(way, axis=1), _TINY)
        along = way / distance[:, None]
        upper, lower = point.lengths
        share = (upper**2 - lower**2 + distance**2) / (2 * distance)
        height = np.sqrt(np.maximum(upper**2 - share**2, (_STRAIGHT * (upper + lower)) ** 2))
        longer = 1 - share / distance
        direction, pole = _direction(point, along, root, moves, tree, channels)
        side = np.cross(along, direction)
        grown = longer[:, None] * along - (share * longer / height)[:, None] * direction
        slanted = np.eye(3) - along[:, :, None] * along[:, None]
        turned = share[:, None, None] * slanted - height[:, None, None] * along[:, :, None] * direction[:, None]
        by_end = grown[:, :, None] * along[:, None] + turned @ slanted / distance[:, None, None]
        by_turn = height[:, None] * side
        turn_by_end = turn_by_pole = np.zeros_like(along)
        if pole is not None:
            towards = pole - root
            reach = (towards * along).sum(axis=1)
            away = towards - reach[:, None] * along
            width = np.maximum(np.linalg.norm(away, axis=1), _TINY)
            turn_by_pole = np.cross(along, away) / (width**2)[:, None]
            turn_by_end = -(reach / distance)[:, None] * turn_by_pole
        turn_by_root = -turn_by_end - turn_by_pole
        return cls(point, np.eye(3) - by_end, by_end, by_turn, along, turn_by_root, turn_by_end, turn_by_pole)

    def moved_by(
        self,
        each: AnimatedProperty,
        turn: FloatArray,
        shift: FloatArray,
        moves: Mapping[str, Move],
        tree: BoneTree,
    ) -> tuple[FloatArray, FloatArray] | None:
        """Return what a channel does to the middle per unit of each component: its shift, and its turn about the line
        from beginning to end, in radians, (F, 3, C) each; None if nothing.

        Args:
            each: the channel.
            turn: (F or 1, 3, C) the turn of its bone per unit.
            shift: (F or 1, 3, C) the shift of its bone per unit.
            moves: how the bones move.
            tree: the bones.
        """
        point, head = self.point, moves[each.bone][1]
        places = [(point.root, self.by_root, self.turn_by_root), (point.end, self.by_end, self.turn_by_end)]
        if point.guided_by == "pole":
            pole = EndPoint("", point.guide, tree[point.guide].rest_armature[:3, 3])
            places.append((pole, np.zeros_like(self.by_end), self.turn_by_pole))
        follows = [(place, *effects) for place, *effects in places if each.bone in chain_of(tree, place.bone)]
        is_guided = point.guided_by != "pole" and not each.is_location and each.bone in chain_of(tree, point.guide)
        if not follows and not is_guided:
            return None
        shape = (len(self.along), 3, each.values.shape[1])
        moved, angle = np.zeros(shape), np.zeros((shape[0], 1, shape[2]))
        for place, by_place, turn_by_place in follows:
            arm = path_of(place, moves, tree) - head
            place_moved = np.cross(turn, arm[:, :, None], axis=1) + shift
            moved += by_place @ place_moved
            angle += turn_by_place[:, None] @ place_moved
        if is_guided:
            axis = self.along
            if point.guided_by == "twist" and each.bone == point.guide:  # the rig turns it to the target first
                axis = rotate_vector(moves[each.bone][0], tree[each.bone].rest_armature[:3, 1])
            angle += axis[:, None] @ turn
        return moved + self.by_turn[:, :, None] * angle, self.along[:, :, None] * angle


def _direction(
    point: BentPoint,
    along: FloatArray,
    root: FloatArray,
    moves: Mapping[str, Move],
    tree: BoneTree,
    channels: Mapping[str, AnimatedProperty],
) -> tuple[FloatArray, FloatArray | None]:
    """Return the direction into which the limb bends, (F, 3), and the places of its pole, (F, 3), if it has one."""
    if point.guided_by == "pole":
        pole = moves[point.guide][1]
        return _turned(along, _square(along, pole - root), np.full(len(along), point.pole_angle)), pole
    carrier = tree[point.guide].carrier if point.guided_by == "twist" else point.guide
    turn = moves[carrier][0] if carrier is not None else np.array([[1.0, 0.0, 0.0, 0.0]])
    if point.guided_by == "pose":
        return _square(along, rotate_vector(turn, point.bend_rest)), None
    before = point.end.rest_point - point.root.rest_point
    swing = _arc(rotate_vector(turn, before / np.linalg.norm(before)), along)
    direction = _square(along, (swing @ rotate_vector(turn, point.bend_rest)[:, :, None])[..., 0])
    twist = np.zeros(len(along))
    if point.guide in channels:
        q = channel_rotation(channels[point.guide].values, channels[point.guide].mode)
        twist = 2 * np.arctan2(q[:, 2], q[:, 0])
    return _turned(along, direction, twist), None


def _square(along: FloatArray, vectors: FloatArray) -> FloatArray:
    square = vectors - (vectors * along).sum(axis=1, keepdims=True) * along
    return np.asarray(square / np.maximum(np.linalg.norm(square, axis=1, keepdims=True), _TINY))


def _turned(axis: FloatArray, vectors: FloatArray, angle: FloatArray) -> FloatArray:
    """Turn vectors (F, 3) that are square to an axis (F, 3) about it."""
    return np.asarray(np.cos(angle)[:, None] * vectors + np.sin(angle)[:, None] * np.cross(axis, vectors))


def _arc(before: FloatArray, after: FloatArray) -> FloatArray:
    """Return the smallest rotations (F, 3, 3) from unit vectors to others."""
    before = np.broadcast_to(before, after.shape)
    q = np.concatenate((1 + (before * after).sum(axis=1, keepdims=True), np.cross(before, after)), axis=1)
    q[:, 0] = np.maximum(q[:, 0], _TINY)
    return quaternion_to_matrix(q / np.linalg.norm(q, axis=1, keepdims=True))
