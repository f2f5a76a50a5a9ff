# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert one pose to the values of a rig's bones, fast enough for sixty a second.

The formulas are those of `bake.pose_math`, which converts whole motions with numpy; for one pose, that takes ten times
longer. A test holds both to the same result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ..bake.channels import channel_path
from ..bake.placement import Placement
from ..bake.pose_math import spread_turns
from ..bake.rig_facts import RigFacts
from ..core import JOINT_INDEX, FloatArray, Motion, conjugate_quaternion, matrix_to_quaternion
from ..rig.chains import spread_chains
from ..rig.home import home_basis
from ..rig.prepare import PreparedRig
from ..rig.rotation import rotation_of

_IDENTITY: Final[Quaternion] = Quaternion()


@dataclass(frozen=True)
class BoneValue:
    """Hold the value of one animated property, from the armature object."""

    data_path: str
    value: tuple[float, ...] | float


@dataclass(frozen=True)
class _Bone:
    name: str
    carrier: str | None
    turns_with_carrier: bool
    head: Vector
    arm: Vector
    """From the head of the carrier, in the rest pose."""
    rest: Quaternion


class RigPoser:
    """Pose one rig.

    Args:
        rig: the rig.
        facts: what `rig_facts` says of it, for FK.
        armature_object: the armature object.
    """

    def __init__(self, rig: PreparedRig, facts: RigFacts, armature_object: Any) -> None:
        self._facts, self._measure, self._mapping = facts, rig.measure, rig.mapping
        tree = facts.tree
        self._bones = tuple(
            _Bone(
                name,
                bone.carrier,
                bone.turns_with_carrier,
                Vector(bone.rest_armature[:3, 3]),
                Vector(bone.rest_armature[:3, 3] - (tree[bone.carrier].rest_armature[:3, 3] if bone.carrier else 0.0)),
                Quaternion(matrix_to_quaternion(rotation_of(bone.rest_armature))),
            )
            for name, bone in tree.items()
        )
        q_armature_core = matrix_to_quaternion(rotation_of(facts.world).T @ rig.measure.R_world_core)
        self._from_core = Quaternion(q_armature_core)
        to_core = Quaternion(conjugate_quaternion(q_armature_core))
        self._joints = tuple(
            (
                bone,
                JOINT_INDEX[joint],
                Quaternion(matrix_to_quaternion(rig.measure.alignments[JOINT_INDEX[joint]])) @ to_core,
            )
            for joint, bone in rig.mapping.bones.items()
        )
        self._chains = spread_chains(tree, rig.mapping) if rig.measure.rest_is_human else ()
        self._location_axes = {name: Matrix(np.linalg.inv(axes).tolist()) for name, axes in facts.location_axes.items()}
        self._pelvis = rig.mapping.bones["pelvis"]
        self._pelvis_arm = Vector(facts.pelvis_rest - tree[self._pelvis].rest_armature[:3, 3])
        to_armature = np.linalg.inv(facts.world[:3, :3])
        self._armature_from_core = Matrix(
            (to_armature @ rig.measure.R_world_core / rig.measure.metres_per_unit).tolist()
        )
        self._origin = Vector(to_armature @ (rig.measure.origin_world - facts.world[:3, 3]))
        self._constant = tuple(_constants(facts, armature_object))

    def values(self, rotations_wxyz: FloatArray, root_m: FloatArray, placement: Placement) -> list[BoneValue]:
        """Return the values of a pose: (22, 4) global rotations and the pelvis, (3,), in the recorded room."""
        turns = self._turns(rotations_wxyz, Quaternion(placement.turn_wxyz))
        pelvis = self._in_armature(placement.places(root_m))
        carried, heads = self._carried(turns)
        shift = pelvis - heads[self._pelvis] - carried[self._pelvis] @ self._pelvis_arm
        shifts = {self._facts.root_bone: shift}
        if self._facts.loose_bones:
            shifts |= self._loose_shifts(rotations_wxyz, root_m, placement, carried, shift)
        found = [self._rotation(bone, turns, carried) for bone in self._bones if bone.name in turns]
        found += [
            BoneValue(channel_path(name, "location"), tuple(self._location_axes[name] @ shift))
            for name, shift in shifts.items()
        ]
        moved = {each.data_path for each in found}
        return [*(each for each in self._constant if each.data_path not in moved), *found]

    def _turns(self, rotations_wxyz: FloatArray, placed: Quaternion) -> dict[str, Quaternion]:
        """Return the turns of bones away from rest, in the armature frame."""
        to_armature = self._from_core @ placed
        rows = rotations_wxyz.tolist()
        turns = {bone: to_armature @ Quaternion(rows[joint]) @ rest_side for bone, joint, rest_side in self._joints}
        if self._chains:
            arrays = {bone: np.array([tuple(turn)]) for bone, turn in turns.items()}
            spread = spread_turns(self._chains, self._mapping, arrays)
            turns = {bone: Quaternion(turn[0]) for bone, turn in spread.items()}
        if self._facts.root_turns:
            turns[self._facts.root_bone] = turns[self._pelvis]
        return turns

    def _carried(self, turns: dict[str, Quaternion]) -> tuple[dict[str, Quaternion], dict[str, Vector]]:
        """Return the turns and the heads of all bones of the tree, where no bone is shifted."""
        carried: dict[str, Quaternion] = {}
        heads: dict[str, Vector] = {}
        for bone in self._bones:
            own = turns.get(bone.name)
            if own is None:
                own = carried[bone.carrier] if bone.carrier and bone.turns_with_carrier else _IDENTITY
            carried[bone.name] = own
            heads[bone.name] = heads[bone.carrier] + carried[bone.carrier] @ bone.arm if bone.carrier else bone.head
        return carried, heads

    def _rotation(self, bone: _Bone, turns: dict[str, Quaternion], carried: dict[str, Quaternion]) -> BoneValue:
        carrier = carried[bone.carrier] if bone.carrier and bone.turns_with_carrier else _IDENTITY
        back = bone.rest.conjugated()
        basis = back @ carrier.conjugated() @ turns[bone.name] @ bone.rest
        basis.normalize()
        mode = self._facts.modes[bone.name]
        if mode == "QUATERNION":
            return BoneValue(channel_path(bone.name, "rotation_quaternion"), tuple(basis))
        if mode == "AXIS_ANGLE":
            axis, angle = basis.to_axis_angle()
            return BoneValue(channel_path(bone.name, "rotation_axis_angle"), (angle, *axis))
        return BoneValue(channel_path(bone.name, "rotation_euler"), tuple(basis.to_euler(mode)))

    def _loose_shifts(
        self,
        rotations_wxyz: FloatArray,
        root_m: FloatArray,
        placement: Placement,
        carried: dict[str, Quaternion],
        root_shift: Vector,
    ) -> dict[str, Vector]:
        """Return the shifts of bones that no parent carries to their joint."""
        measure = self._measure
        joints_m = Motion(rotations_wxyz[None], root_m[None], measure.skeleton, 1.0).joint_positions_m[0]
        heads: dict[str, Vector] = {}
        shifts = {}
        for bone in self._bones:
            head = heads[bone.carrier] + carried[bone.carrier] @ bone.arm if bone.carrier else bone.head
            if bone.name == self._facts.root_bone:
                head = head + root_shift
            joint = self._facts.loose_bones.get(bone.name)
            if joint is not None:
                place = self._in_armature(placement.places(joints_m[JOINT_INDEX[joint]]))
                frame = carried[bone.carrier].conjugated() if bone.carrier else _IDENTITY
                shifts[bone.name] = frame @ (place - head)
                head = place
            heads[bone.name] = head
        return shifts

    def _in_armature(self, place_m: FloatArray) -> Vector:
        return self._origin + self._armature_from_core @ Vector(place_m)


def _constants(facts: RigFacts, armature_object: Any) -> Iterator[BoneValue]:
    """Yield what holds while the rig is posed: bones at rest, switches, constraints; the object where it stands."""
    for channel in facts.rest_channels:
        row = channel.values[0].tolist()
        yield BoneValue(channel.data_path, row[0] if len(row) == 1 else tuple(row))
    if home_basis(armature_object) is not None:  # an earlier bake moves the object
        place, turn, _ = Matrix(facts.place.basis.tolist()).decompose()
        yield BoneValue("location", tuple(place))
        mode = facts.place.rotation_mode
        if mode == "QUATERNION":
            yield BoneValue("rotation_quaternion", tuple(turn))
        elif mode == "AXIS_ANGLE":
            axis, angle = turn.to_axis_angle()
            yield BoneValue("rotation_axis_angle", (angle, *axis))
        else:
            yield BoneValue("rotation_euler", tuple(turn.to_euler(mode)))
