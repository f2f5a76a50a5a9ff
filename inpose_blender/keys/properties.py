# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the channels of bones, and follow the bones through them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import (
    FloatArray,
    conjugate_quaternion,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
)
from ..rig.rotation import rotation_of
from ..rig.tree import BoneTree
from .axes import channel_rotation

NO_TURN: Final[FloatArray] = np.array([[1.0, 0.0, 0.0, 0.0]])


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
    moved_by: str = ""
    """The bone without whose rotation channel the joint does not follow these bones; empty: the bone itself."""

    def is_moved(self, turning: Collection[str]) -> bool:
        """Return whether the joint follows its bone, if these bones have rotation channels."""
        return (self.moved_by or self.bone) in turning


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
        carrier, turned = np.tile(NO_TURN, (count, 1)), np.tile(head, (count, 1))
        if bone.carrier is not None:
            carrier, carrier_head = moves[bone.carrier]
            turned = carrier_head + rotate_vector(carrier, head - tree[bone.carrier].rest_armature[:3, 3])
        if name in locations:
            axes = location_axes.get(name, rotation_of(bone.rest_armature))
            turned = turned + rotate_vector(carrier, locations[name] @ axes.T)
        own = carrier if bone.turns_with_carrier else np.tile(NO_TURN, (count, 1))
        if name in rotations:
            q_rest = matrix_to_quaternion(rotation_of(bone.rest_armature))
            basis = multiply_quaternions(multiply_quaternions(q_rest, rotations[name]), conjugate_quaternion(q_rest))
            own = multiply_quaternions(own, basis)
        moves[name] = own, turned
    return moves


def path_of(point: EndPoint, moves: Mapping[str, Move], tree: BoneTree) -> FloatArray:
    """Return where a joint goes, (F, 3), in the armature frame."""
    turn, head = moves[point.bone]
    return head + rotate_vector(turn, point.rest_point - tree[point.bone].rest_armature[:3, 3])


def chain_of(tree: BoneTree, bone: str) -> set[str]:
    """Return a bone and all that carry it."""
    chain = set()
    name: str | None = bone
    while name is not None:
        chain.add(name)
        name = tree[name].carrier
    return chain
