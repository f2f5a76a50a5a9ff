# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the IK limbs of a rig: by its IK constraints, and by what is known of its family.

Everything is read from a temporary copy of the rig that is switched to IK. What carries a control is found by trial:
one bone after the other is turned on the copy, and the controls that move with it follow it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Quaternion

from ..core import FloatArray, RigError
from ..rig.families import RigMapping
from ..rig.places import joint_place, location_axes
from ..rig.switched_off import SwitchedOff
from ..rig.tree import BoneTree, posable_copy, posed_matrices
from .bends import with_tried_bends
from .chains import IkChain, chain_bend, chain_hinge, ik_chains, user_control
from .heel import tried_roll
from .limbs import Control, IkControls, IkLimb, LimbKind, Swing
from .names import LIMBS, ControlNames, LimbNames, control_names
from .stretch import stretch_of

_TRIAL_ANGLE: Final[float] = math.radians(30)
_STAYS: Final[float] = 1e-3
_NEAR: Final[float] = 0.12
"""How far a chain's ends may be from the joints of a limb, as share of the limb's length."""


def body_control(mapping: RigMapping, bones: Any) -> str | None:
    """Return the control of a rig that turns and moves the body as a whole, if its family has one."""
    body = control_names(mapping.family.name).body
    return body if body is not None and body in bones else None


@dataclass(frozen=True)
class _Found:
    """Hold a limb whose chain is found, before it is known what carries its controls."""

    side: str
    kind: LimbKind
    names: LimbNames
    chain: IkChain
    target: str
    end: str


def find_controls(
    armature_object: Any,
    mapping: RigMapping,
    scene: Any,
    tree: BoneTree,
    switched_off: Sequence[SwitchedOff] = (),
) -> IkControls:
    """Find the IK controls of a rig.

    Args:
        armature_object: the rig.
        mapping: its joints.
        scene: a scene to try the rig in.
        tree: the bones of the body.
        switched_off: the constraints that a bake of FK switches off.

    Raises:
        RigError: a control follows another bone only partly.
    """
    names = control_names(mapping.family.name)
    pose = armature_object.pose.bones
    with posable_copy(armature_object, scene) as copy:
        influences = _switch_to_ik(copy, mapping, names, switched_off)
        posed_matrices(copy, (), scene)
        found = list(_found_limbs(copy, mapping, names))
        for each in found:
            copy.pose.bones[each.chain.owner].constraints[each.chain.constraint].use_stretch = False
        copies = [
            (bone, mapping.bones[joint]) for bone, joint in names.copies if bone in pose and joint in mapping.bones
        ]
        copies = [(bone, joint) for bone, joint in copies if bone not in {each.target for each in found}]
        carried = _Carriers.tried(copy, scene, tree, found, [bone for bone, _ in copies])
        limbs = with_tried_bends(copy, scene, [_limb(copy, mapping, tree, each, carried) for each in found])
        rolls = [tried_roll(copy, scene, each.target, each.end, each.names.heel, each.names.ball) for each in found]
    limbs = tuple(
        replace(limb, roll=roll, settings=tuple(_settings(armature_object, each, influences)))
        for each, limb, roll in zip(found, limbs, rolls, strict=True)
    )
    held = [bone for limb in found for bone in limb.names.held if bone in pose]
    return IkControls(
        limbs=limbs,
        copies=tuple((carried.control(bone), joint) for bone, joint in copies),
        body=names.body if names.body in tree else None,
        centre=_centre(armature_object, names, tree),
        held=tuple(held),
    )


def _switch_to_ik(
    copy: Any, mapping: RigMapping, names: ControlNames, switched_off: Sequence[SwitchedOff]
) -> dict[str, float]:
    """Switch the copy to IK, limits off; return the influences that IK constraints have in IK, by data path."""
    pose = copy.pose.bones
    settings = [*mapping.family.settings]
    for _, limb in names.limbs:
        settings += [(limb.switch.bone, limb.switch.key, limb.switch.ik)] if limb.switch else []
        settings += limb.settings
    for bone, key, value in settings:
        if bone in pose and key in pose[bone]:
            pose[bone][key] = type(pose[bone][key])(value)
    influences = {}
    for off in switched_off:
        constraint = off.find(copy)
        is_ik = constraint.type == "IK"
        constraint.influence = off.influence if is_ik else 0.0
        if is_ik:
            influences[off.data_path] = off.influence
    return influences


def _found_limbs(copy: Any, mapping: RigMapping, names: ControlNames) -> Iterator[_Found]:
    """Yield the limbs whose joints lie on an IK chain; of several chains on one limb, the one that is on."""
    followers = dict(mapping.family.followers)
    chains = ik_chains(copy)
    for side in ("left", "right"):
        for kind, joints in LIMBS.items():
            known = names.limb(side, kind)
            if any(f"{side}_{joint}" not in mapping.bones for joint in joints):
                continue
            places = [joint_place(copy.data, mapping, f"{side}_{joint}") for joint in joints]
            chain = _nearest(chains, places[0], places[2])
            if chain is None or len(chain.bones) < 2:
                continue
            end = known.end or followers.get(f"{side}_{joints[2]}") or mapping.bones[f"{side}_{joints[2]}"]
            target = _own(copy, known.target) or user_control(copy, chain.target)
            yield _Found(side, kind, known, chain, target, end)
        ankle = mapping.bones.get(f"{side}_ankle")
        if ankle is None or mapping.family.is_control_rig:
            continue
        for chain in chains:
            if chain.bones == (ankle,):
                yield _Found(side, "aim", LimbNames(), chain, user_control(copy, chain.target), ankle)
                break


def _nearest(chains: Iterable[IkChain], first: FloatArray, last: FloatArray) -> IkChain | None:
    length = float(np.linalg.norm(last - first))
    best, best_away = None, _NEAR * length
    for chain in chains:
        away = max(np.linalg.norm(chain.places[0] - first), np.linalg.norm(chain.places[-1] - last))
        if away < best_away - 1e-4 * length:
            best, best_away = chain, float(away)
    return best


@dataclass(frozen=True)
class _Carriers:
    """Hold what carries each control, and where the controls are when everything rests."""

    rests: Mapping[str, FloatArray]
    axes: Mapping[str, FloatArray]
    """What the location of each control does, as `location_axes` says."""
    carriers: Mapping[str, str | None]
    partly: Mapping[str, str]
    """Bones that move in another way when a bone is turned, and this bone."""
    leaders: frozenset[str]
    """The bones that were turned: these carry others."""
    turned_by: Mapping[str, frozenset[str]]
    """For each end of a limb the bones that turn it."""

    @classmethod
    def tried(cls, copy: Any, scene: Any, tree: BoneTree, found: Sequence[_Found], others: Sequence[str]) -> _Carriers:
        """Turn one bone after the other, and look what moves with it."""
        pose = copy.pose.bones
        moved_by_ik = {bone for each in found for bone in each.chain.bones}
        targets = [each.target for each in found]
        leaders = list(dict.fromkeys([*(name for name in tree if name not in moved_by_ik), *targets]))
        controls = list(dict.fromkeys([*targets, *others, *(name for each in found for name in _further(copy, each))]))
        names = list(dict.fromkeys([*leaders, *controls, *(each.end for each in found)]))
        before = dict(zip(names, posed_matrices(copy, names, scene), strict=True))
        size = max(float(np.linalg.norm(bone.head_local)) for bone in copy.data.bones)
        rigid: dict[str, set[str]] = {name: set() for name in names}
        partly: dict[str, str] = {}
        turned: dict[str, set[str]] = {name: set() for name in names}
        for leader in leaders:
            basis = pose[leader].matrix_basis.copy()
            turn = Quaternion((1.0, 1.0, 1.0), _TRIAL_ANGLE).to_matrix().to_4x4()
            pose[leader].matrix_basis = turn
            after = dict(zip(names, posed_matrices(copy, names, scene), strict=True))
            pose[leader].matrix_basis = basis
            move = after[leader] @ np.linalg.inv(before[leader])
            for name in names:
                if name == leader:
                    continue
                own = after[name] @ np.linalg.inv(before[name])
                if _same(own[:3, :3], move[:3, :3], 1.0):
                    turned[name].add(leader)
                if _same(own, move, size):
                    rigid[name].add(leader)
                elif not _same(own, np.eye(4), size):
                    partly.setdefault(name, leader)
        posed_matrices(copy, (), scene)
        carriers: dict[str, str | None] = {}
        for name in controls:
            carriers[name] = max(rigid[name], key=lambda leader: len(rigid[leader]), default=None)
        axes = {}
        for name in controls:
            bone = copy.data.bones[name]
            rest_turn = before[name][:3, :3] @ np.array(bone.matrix_local)[:3, :3].T
            axes[name] = rest_turn @ location_axes(bone)
        turned_by = {each.end: frozenset(turned[each.end]) for each in found}
        return cls(before, axes, carriers, partly, frozenset(leaders), turned_by)

    def control(self, name: str) -> Control:
        """Return a control with what carries it.

        Raises:
            RigError: it follows another bone only partly.
        """
        if self.carriers[name] is None and name in self.partly:
            raise RigError(
                f"The control {name} follows {self.partly[name]} only partly.",
                "Set the follow and parent settings of this rig to 0 or 1.",
            )
        return Control(name, self.carriers[name], self.rests[name], self.axes[name])


def _further(copy: Any, found: _Found) -> Iterator[str]:
    """Yield the other controls of a limb, and the bone above one that turns to the target."""
    if found.chain.pole:
        yield found.chain.pole
    toe = _own(copy, found.names.toe)
    if toe is not None:
        yield toe
    for bone in (copy.pose.bones[found.chain.bones[0]], _tracker(copy, found.chain)):
        if bone is not None and bone.parent is not None:
            yield bone.parent.name


def _tracker(copy: Any, chain: IkChain) -> Any:
    """Return the bone above a chain that turns to the target, or None."""
    above = copy.pose.bones[chain.bones[0]].parent
    tracks = above is not None and any(
        constraint.type == "DAMPED_TRACK"
        and constraint.track_axis == "TRACK_Y"
        and constraint.subtarget == chain.target
        for constraint in above.constraints
    )
    return above if tracks else None


def _limb(copy: Any, mapping: RigMapping, tree: BoneTree, found: _Found, carried: _Carriers) -> IkLimb:
    """Put together what the computation needs."""
    chain, pose = found.chain, copy.pose.bones
    is_own = not set(chain.bones).isdisjoint(tree)
    joints: tuple[str, ...]
    upper: tuple[str, ...]
    lower: tuple[str, ...]
    if found.kind == "aim":
        joints = (found.end,) * 3
        bones = [found.end] * 3
        upper, lower, hinge = chain.bones, (), None
        places = np.array([chain.places[0], chain.places[0], chain.places[-1]])
        bend = np.array([0.0, 0.0, 1.0])
    else:
        joints = tuple(f"{found.side}_{joint}" for joint in LIMBS[found.kind])
        bones = [mapping.bones[joint] for joint in joints]
        middle = joint_place(copy.data, mapping, joints[1])
        bending = int(np.argmin([np.linalg.norm(place - middle) for place in chain.places[1:-1]])) + 1
        upper, lower = chain.bones[:bending], chain.bones[bending:]
        places = np.array([chain.places[0], chain.places[bending], chain.places[-1]])
        bend = chain_bend(copy, chain, places, found.kind)
        hinge = chain_hinge(copy, lower[0], places, bend)
    target_rest = carried.rests[found.target]
    point = np.array(copy.data.bones[chain.target].head_local, dtype=np.float64)
    turned = carried.rests[found.end][:3, :3]
    at_rest = np.array(copy.data.bones[found.end].matrix_local, dtype=np.float64)[:3, :3]
    pole = carried.control(chain.pole) if chain.pole else None
    tracker = _tracker(copy, chain)
    swing = None
    if pole is None and tracker is not None and not pose[chain.bones[0]].lock_rotation[1]:
        below = np.linalg.inv(np.array(tracker.bone.matrix_local)) @ np.array(pose[chain.bones[0]].bone.matrix_local)
        control = replace(_fixed_to_parent(tracker, carried), bone=chain.bones[0])
        swing = Swing(control, below, np.zeros(1), np.zeros((1, 1)))
    start: tuple[Control, ...] = ()
    if (
        not is_own
        and hinge is None
        and len(chain.bones) == 2
        and not any(all(pose[name].lock_rotation) for name in chain.bones)
    ):
        upper_bone, lower_bone = (pose[name] for name in chain.bones)
        start = (_fixed_to_parent(upper_bone, carried), _bone_control(lower_bone, upper_bone.name))
    toe, twist = _own(copy, found.names.toe), _own(copy, found.names.twist)
    toe_joint = mapping.bones.get(f"{found.side}_foot") if found.kind == "leg" else None
    return IkLimb(
        side=found.side,
        kind=found.kind,
        joints=(bones[0], bones[1], bones[2]),
        chain=chain.bones,
        constraint=(chain.owner, chain.constraint),
        is_own=is_own,
        places_rest=places,
        bend_rest=bend,
        upper_rest=np.array(pose[chain.bones[0]].bone.matrix_local, dtype=np.float64),
        upper=upper,
        lower=lower,
        hinge=hinge,
        target=carried.control(found.target),
        target_offset=target_rest[:3, :3].T @ (point - target_rest[:3, 3]),
        end_turn=at_rest @ turned.T @ target_rest[:3, :3],
        end=found.end,
        end_follows=found.target in carried.turned_by[found.end],
        pole=pole,
        pole_angle=chain.pole_angle,
        pole_distance=float(np.linalg.norm(pole.rest[:3, 3] - places[1])) if pole else 0.0,
        swing=swing,
        start=start,
        toe=carried.control(toe) if toe is not None and toe_joint else None,
        toe_joint=toe_joint,
        twist=_bone_control(pose[twist], None) if twist is not None else None,
        switch=found.names.switch,
    )


def _fixed_to_parent(bone: Any, carried: _Carriers) -> Control:
    """Return a bone as a control that its own constraints do not move: only its parent does."""
    if bone.parent is None:
        return _bone_control(bone, None)
    above = bone.parent
    rest = np.array(bone.bone.matrix_local, dtype=np.float64)
    rest = carried.rests[above.name] @ np.linalg.inv(np.array(above.bone.matrix_local)) @ rest
    carrier = above.name if above.name in carried.leaders else carried.control(above.name).carrier
    return Control(bone.name, carrier, rest, np.eye(3))


def _bone_control(bone: Any, carrier: str | None) -> Control:
    return Control(bone.name, carrier, np.array(bone.bone.matrix_local, dtype=np.float64), np.eye(3))


def _own(armature_object: Any, bone: str | None) -> str | None:
    """Return the name of a bone if the rig has it, else None."""
    return bone if bone is not None and bone in armature_object.pose.bones else None


def _same(a: FloatArray, b: FloatArray, size: float) -> bool:
    """Say whether two moves are the same, for what is not farther than a size from the origin."""
    if np.abs(a[:3, :3] - b[:3, :3]).max() > _STAYS:
        return False
    return a.shape == (3, 3) or bool(np.abs(a[:3, 3] - b[:3, 3]).max() < _STAYS * size)


def _centre(armature_object: Any, names: ControlNames, tree: BoneTree) -> tuple[str, ...]:
    """Return the bones that carry the body over the floor and up, if the rig has both of them above its body."""
    bones = armature_object.data.bones
    if len(names.centre) != 2 or any(name not in tree for name in names.centre):
        return ()
    way, height = names.centre
    return names.centre if way in {parent.name for parent in bones[height].parent_recursive} else ()


def _settings(armature_object: Any, found: _Found, influences: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield the properties that the action must set for a limb, and their values."""
    pose = armature_object.pose.bones
    stretch = stretch_of(armature_object, found.chain.owner, found.chain.constraint, found.chain.bones)
    if stretch is not None:
        yield stretch.data_path, 0.0
    off = SwitchedOff(found.chain.owner, found.chain.constraint, 0.0).data_path
    if off in influences:
        yield off, influences[off]
    settings = [*found.names.settings]
    if found.names.switch is not None:
        settings.append((found.names.switch.bone, found.names.switch.key, found.names.switch.ik))
    for bone, key, value in settings:
        if bone in pose and key in pose[bone]:
            yield f'{pose[bone].path_from_id()}["{bpy.utils.escape_identifier(key)}"]', value
