# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the bone that moves each mapped bone: its parent in ordinary rigs; in control rigs, it is found by a test
rotation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix, Quaternion
from numpy.typing import NDArray

from ..core import RigError
from .families import RigMapping
from .shown import shown_copy

_PROBE_ANGLE: Final[float] = math.radians(30)
_FOLLOWS: Final[float] = 0.99
_STAYS: Final[float] = 0.01


@dataclass(frozen=True)
class CarriedBone:
    """Say how a bone rests and what moves it when it has no keyframes of its own."""

    name: str
    carrier: str | None
    """The bone that this one is rigidly fixed to, or None: fixed to the armature."""
    turns_with_carrier: bool
    rest_armature: NDArray[np.float64]
    """(4, 4) rest matrix in the armature frame."""


BoneTree = dict[str, CarriedBone]
"""The mapped bones and the bones that carry them, carriers first."""


def bone_tree(armature_object: Any, mapping: RigMapping, scene: Any, body: str | None = None) -> BoneTree:
    """Return the mapped bones of a rig and all bones that carry them.

    Args:
        armature_object: the rig.
        mapping: its joints.
        scene: a scene to try a control rig in.
        body: a further control of a control rig that turns the body.

    Raises:
        RigError: a control follows another one only partly, so there is no formula for its keyframes.
    """
    if mapping.family.is_control_rig:
        return _probed_tree(armature_object, mapping, scene, body)
    return parent_tree(armature_object.data, mapping)


def parent_tree(armature_data: Any, mapping: RigMapping) -> BoneTree:
    """Return the mapped bones with all their parents, which carry them in an ordinary rig."""
    wanted = set(mapping.bones.values())
    bones = armature_data.bones
    wanted |= {parent.name for name in tuple(wanted) for parent in bones[name].parent_recursive}
    # Blender keeps parents before children in this collection only while no bone was reparented: sort by depth.
    ordered = sorted((bone for bone in bones if bone.name in wanted), key=lambda bone: len(bone.parent_recursive))
    return {
        bone.name: CarriedBone(
            bone.name,
            bone.parent.name if bone.parent else None,
            bone.use_inherit_rotation,
            np.array(bone.matrix_local, dtype=np.float64),
        )
        for bone in ordered
    }


def _probed_tree(armature_object: Any, mapping: RigMapping, scene: Any, body: str | None) -> BoneTree:
    """On a temporary copy of the rig, turn one control after the other, and look which others turn with it.

    A generated Rigify spine, for example, is no chain of parents: its lowest control hangs on the second lowest.
    """
    names = [*mapping.bones.values(), *([body] if body else [])]
    way_bone = mapping.family.way_bone
    if way_bone is not None and way_bone in armature_object.data.bones:
        names.append(way_bone)
    with posable_copy(armature_object, scene) as copy:
        pose = copy.pose.bones
        for bone, key, value in mapping.family.settings:
            if bone in pose and key in pose[bone]:
                pose[bone][key] = value
        _check_followers(copy, mapping, scene)
        rest = posed_matrices(copy, names, scene)
        follows = np.zeros((len(names), len(names)))
        for j, name in enumerate(names):
            pose[name].matrix_basis = Quaternion((1.0, 1.0, 1.0), _PROBE_ANGLE).to_matrix().to_4x4()
            turned = posed_matrices(copy, names, scene)
            pose[name].matrix_basis = Matrix.Identity(4)
            for i in range(len(names)):
                follows[i, j] = turned_share(turned[i], rest[i], _PROBE_ANGLE)
    np.fill_diagonal(follows, 0.0)
    if names[-1] == way_bone and (follows[:-1, -1] < _FOLLOWS).any():  # it does not move the whole body: not a root
        names, follows = names[:-1], follows[:-1, :-1]
    partly = np.argwhere((follows > _STAYS) & (follows < _FOLLOWS))
    if len(partly):
        follower, leader = (names[index] for index in partly[0])
        raise RigError(
            f"The control {follower} follows {leader} only partly.",
            "Set the follow and parent settings of this rig to 0 or 1.",
        )
    leaders = follows >= _FOLLOWS
    depth = leaders.sum(axis=1)
    tree: BoneTree = {}
    for i in np.argsort(depth, kind="stable"):
        own = np.flatnonzero(leaders[i])
        carrier = names[own[np.argmax(depth[own])]] if len(own) else None
        tree[names[i]] = CarriedBone(names[i], carrier, True, rest[i])
    return tree


def _check_followers(copy: Any, mapping: RigMapping, scene: Any) -> None:
    """Check on the posable copy that the character's bones do follow the mapped controls.

    Raises:
        RigError: a bone does not follow, so the animated controls would move nothing.
    """
    for joint, follower in mapping.family.followers:
        control = mapping.bones.get(joint)
        if control is None or follower not in copy.pose.bones:
            continue
        (before,) = posed_matrices(copy, [follower], scene)
        copy.pose.bones[control].matrix_basis = Quaternion((1.0, 1.0, 1.0), _PROBE_ANGLE).to_matrix().to_4x4()
        (after,) = posed_matrices(copy, [follower], scene)
        copy.pose.bones[control].matrix_basis = Matrix.Identity(4)
        if _angle(after @ np.linalg.inv(before)) < _FOLLOWS * _PROBE_ANGLE:
            raise RigError(
                f"The bone {follower} does not follow the control {control}.",
                "Switch the limb from IK to FK, and remove constraints that hold it.",
            )


@contextmanager
def posable_copy(armature_object: Any, scene: Any) -> Iterator[Any]:
    """Yield a temporary copy of an armature object, without animation, in its rest pose."""
    copy = shown_copy(armature_object)
    try:
        scene.collection.objects.link(copy)
        if copy.animation_data:  # its drivers stay: they are the rig's switches
            copy.animation_data.action = None
            copy.animation_data.use_nla = False
        for bone in copy.pose.bones:
            bone.matrix_basis = Matrix.Identity(4)
        yield copy
    finally:
        bpy.data.objects.remove(copy)


def posed_matrices(armature_object: Any, names: Sequence[str], scene: Any) -> list[NDArray[np.float64]]:
    """Return where bones of a posable copy are in the armature frame, (4, 4) each."""
    # A copy has its data tagged only when something tells the dependency graph that custom properties changed.
    armature_object.update_tag()
    for layer in scene.view_layers[:1]:
        layer.update()
    return [np.array(armature_object.pose.bones[name].matrix, dtype=np.float64) for name in names]


def turned_share(now: NDArray[np.float64], rest: NDArray[np.float64], angle_rad: float) -> float:
    """Return how much of a turn by this angle a bone has made, by its matrices (4, 4) before and after it."""
    return float(_angle(now @ np.linalg.inv(rest)) / angle_rad)


def _angle(matrix: NDArray[np.float64]) -> float:
    R = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    sine = np.linalg.norm((R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1])) / 2
    return math.atan2(sine, (np.trace(R) - 1) / 2)
