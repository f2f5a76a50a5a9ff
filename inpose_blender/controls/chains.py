# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the IK constraints of an armature: chain, target, pole, and how its bones may bend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..core import FloatArray
from .limbs import Hinge
from .planes import square_to, unit

_STRAIGHT: Final[float] = 2e-3
"""A limb whose bend is this share of its length from the line between its ends, or less, is straight at rest."""
_FOLLOWING: Final[frozenset[str]] = frozenset({"COPY_LOCATION", "COPY_TRANSFORMS", "CHILD_OF"})
_ACTIVE_INFLUENCE: Final[float] = 1e-6


@dataclass(frozen=True)
class IkChain:
    """Hold one IK constraint of an armature."""

    owner: str
    constraint: str
    bones: tuple[str, ...]
    """The bones that it moves, from the body outwards."""
    places: FloatArray
    """(bones + 1, 3) the heads of the bones at rest, and the end that reaches the target."""
    target: str
    pole: str | None
    pole_angle: float


def ik_chains(armature_object: Any) -> list[IkChain]:
    """Return the IK constraints that are on and whose targets are bones of the armature itself."""
    chains = []
    for owner in armature_object.pose.bones:
        for constraint in owner.constraints:
            if constraint.type != "IK" or constraint.mute or constraint.influence < _ACTIVE_INFLUENCE:
                continue
            bones = armature_object.data.bones
            if constraint.target != armature_object or constraint.subtarget not in bones:
                continue
            up = [owner, *owner.parent_recursive]
            up = up if constraint.use_tail else up[1:]
            up = up[: constraint.chain_count] if constraint.chain_count else up
            if not up:
                continue
            names = tuple(bone.name for bone in reversed(up))
            end = bones[names[-1]].tail_local  # also without use_tail: Blender then leaves out the owner, no more
            has_pole = constraint.pole_target == armature_object and constraint.pole_subtarget in bones
            chains.append(
                IkChain(
                    owner.name,
                    constraint.name,
                    names,
                    np.array([*(bones[name].head_local for name in names), end], dtype=np.float64),
                    constraint.subtarget,
                    constraint.pole_subtarget if has_pole else None,
                    constraint.pole_angle,
                )
            )
    return chains


def user_control(armature_object: Any, target: str) -> str:
    """Return the bone by which an animator moves the target of a chain: mechanism bones are locked."""
    bones = armature_object.pose.bones
    bone = bones[target]
    for _ in range(len(bones)):
        if not (all(bone.lock_location) and all(bone.lock_rotation)):
            return bone.name
        followed = next(
            (
                constraint.subtarget
                for constraint in bone.constraints
                if constraint.type in _FOLLOWING and not constraint.mute and constraint.subtarget in bones
            ),
            bone.parent.name if bone.parent else None,
        )
        if followed is None:
            break
        bone = bones[followed]
    return target


def chain_bend(armature_object: Any, chain: IkChain, places: FloatArray, kind: str) -> FloatArray:
    """Return the direction into which a chain bends at rest, (3,), square to the line between its ends.

    A chain that is straight at rest bends towards its pole, or else as the body does: knees forward, elbows back.
    """
    along = unit(places[2] - places[0])
    offset = square_to(along, places[1] - places[0])
    if np.linalg.norm(offset) > _STRAIGHT * np.linalg.norm(places[2] - places[0]):
        return unit(offset)
    if chain.pole is not None:
        towards = np.array(armature_object.data.bones[chain.pole].head_local) - places[0]
        return unit(square_to(along, towards))
    bone = armature_object.data.bones[chain.bones[0]]
    toes = np.array([0.0, -1.0, 0.0]) if kind == "leg" else np.array([0.0, 1.0, 0.0])
    across = square_to(along, toes)
    if np.linalg.norm(across) < _STRAIGHT:
        across = square_to(along, np.array(bone.z_axis))
    return unit(across)


def chain_hinge(armature_object: Any, bone_name: str, places: FloatArray, bend: FloatArray) -> Hinge | None:
    """Return the axis of a bone that IK may turn about one of its axes only, or None."""
    bone = armature_object.pose.bones[bone_name]
    free = [axis for axis in "xyz" if not _is_locked(bone, axis)]
    if len(free) != 1 or free == ["y"]:
        return None
    axis = np.array(bone.bone.matrix_local, dtype=np.float64)[:3, "xyz".index(free[0])]
    normal = np.cross(places[2] - places[0], bend)
    return Hinge(bone_name, axis if axis @ normal > 0 else -axis)


def _is_locked(bone: Any, axis: str) -> bool:
    if getattr(bone, f"lock_ik_{axis}"):
        return True
    limits = (getattr(bone, f"ik_min_{axis}"), getattr(bone, f"ik_max_{axis}"))
    return bool(getattr(bone, f"use_ik_limit_{axis}") and max(map(abs, limits)) < 1e-4)
