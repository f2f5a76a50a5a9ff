# SPDX-License-Identifier: GPL-3.0-or-later
"""Snap FK controls to IK and IK controls to FK over some frames of any action, by Blender's own evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

import bpy
import numpy as np

from ..bpy_compat import ActionWriter, action_curves, assign_action
from ..character.posing import PosedBones, pose_bones
from ..core import FloatArray, RigError
from ..rig.checks import check_object
from ..rig.curves import rotation_property
from ..rig.find import map_rig
from ..rig.shown import shown_copy
from ..rig.switched_off import SwitchedOff, remember_off, to_switch_off
from ..rig.tree import BoneTree, bone_tree
from .active_action import is_mixed_in
from .find import body_control, find_controls
from .keys import ControlKeys, control_keys, keys_of, resting_roll
from .limbs import Control, IkControls, IkLimb
from .originals import drop_step, keep_original, original_of
from .stretch import stretching_off
from .switches import LimbProperty, limb_properties
from .write import KeyedCurve, set_keys, set_switch

Direction = Literal["fk_to_ik", "ik_to_fk"]
_NO_LIMIT_S: Final[float] = float("inf")


def snap(
    armature_object: Any, scene: Any, direction: Direction, frames: Sequence[int], selected: frozenset[str]
) -> tuple[str, int]:
    """Snap limbs in a copy of the active action, which becomes the active one.

    The action from before the first snap is kept; a copy that an earlier snap made is replaced by the new one.

    Args:
        armature_object: the rig.
        scene: its scene.
        direction: which controls go to which.
        frames: the frames that get keys, in ascending order.
        selected: bones; the limbs to which any of them belongs are snapped, or all limbs if there is none.

    Returns:
        The name of the action from before the first snap, and how many limbs were snapped.

    Raises:
        RigError: the object has no action or shows none, the action is added to others, or the rig has no IK that can
            be read.
    """
    check_object(armature_object)
    animation = armature_object.animation_data
    if animation is None or animation.action is None:
        raise RigError(f"{armature_object.name} has no active action.", "Choose an action, or bake one.")
    if is_mixed_in(animation):
        raise RigError(
            f"The action {animation.action.name} is added to the NLA tracks below it. Snapped keys would be, too.",
            "Choose an action that replaces the tracks below it, or bake with the controls that you want to key.",
        )
    mapping = map_rig(armature_object)
    body = body_control(mapping, armature_object.data.bones)
    tree = bone_tree(armature_object, mapping, scene, body)
    controls = find_controls(armature_object, mapping, scene, tree, to_switch_off(armature_object, mapping))
    limbs = [limb for limb in controls.limbs if selected & _bones_of(limb)] or list(controls.limbs)
    if not limbs:
        raise RigError(
            f"{armature_object.name} has no IK that InPose can read.", "Add an IK constraint with a bone as target."
        )
    to_ik = direction == "ik_to_fk"
    switches = [switch for limb in limbs for switch in limb_properties(armature_object, limb)]
    off = [*stretching_off(armature_object, limbs), *(() if to_ik else _constraints_off(armature_object, limbs))]
    with _switched_copy(armature_object, switches, ik=not to_ik) as copy:
        posed = _posed(copy, _needed(tree, limbs), frames)
    keys = _ik_keys(controls, limbs, posed) if to_ik else list(_fk_keys(tree, limbs, posed))
    old, original = animation.action, original_of(animation.action)
    writer = ActionWriter.of_copy(animation)
    try:
        for curve in _curves(armature_object, keys):
            set_keys(writer, curve, np.array(posed.frames, dtype=np.float64))
        for switch in switches:
            before = _value(armature_object, switch.path)
            set_switch(writer, switch.path, switch.ik if to_ik else switch.fk, before, frames[0], frames[-1])
        assign_action(animation, writer.action, writer.slot)
    except BaseException:
        bpy.data.actions.remove(writer.action)
        raise
    remember_off(armature_object, writer.action, off)
    keep_original(original, writer.action)
    drop_step(old, writer.action)
    return original.name, len(limbs)


def keyed_frames(armature_object: Any, first: int, last: int) -> list[int]:
    """Return the whole frames of a range that have keys of bones in the active action."""
    animation = armature_object.animation_data
    if animation is None or animation.action is None:
        return []
    found: set[int] = set()
    for curve in action_curves(animation.action, armature_object):
        if curve.data_path.startswith("pose.bones"):
            found |= {round(point.co.x) for point in curve.keyframe_points}
    return sorted(frame for frame in found if first <= frame <= last)


def _bones_of(limb: IkLimb) -> set[str]:
    controls = {control.bone for control in limb.controls}
    return controls | {*limb.joints, *limb.chain, limb.end} | ({limb.toe_joint} if limb.toe_joint else set())


def _constraints_off(armature_object: Any, limbs: Sequence[IkLimb]) -> Iterator[SwitchedOff]:
    """Yield the constraints that FK switches off; the next snap could not read them if they were not remembered."""
    for limb in limbs:
        if limb.switch is None:
            off = SwitchedOff(*limb.constraint, 0.0)
            (influence,) = (each.ik for each in limb_properties(armature_object, limb) if each.path == off.data_path)
            yield SwitchedOff(*limb.constraint, influence)


@contextmanager
def _switched_copy(armature_object: Any, switches: Sequence[LimbProperty], *, ik: bool) -> Iterator[Any]:
    """Yield a copy of a rig with its animation, in which the limbs are switched to IK or to FK all the time."""
    writer = ActionWriter.of_copy(armature_object.animation_data)
    copy = shown_copy(armature_object)
    try:
        assign_action(copy.animation_data, writer.action, writer.slot)
        for switch in switches:
            for curve in [curve for curve in writer.curves if curve.data_path == switch.path]:
                writer.remove_curve(curve)
            _set_value(copy, switch.path, switch.ik if ik else switch.fk)
        yield copy
    finally:
        bpy.data.objects.remove(copy)
        bpy.data.actions.remove(writer.action)


def _needed(tree: BoneTree, limbs: Sequence[IkLimb]) -> set[str]:
    chains = {bone for limb in limbs for bone in (*limb.chain, limb.end, *([limb.toe.bone] if limb.toe else []))}
    return set(tree) | chains | {limb.twist.bone for limb in limbs if limb.twist is not None}


def _posed(copy: Any, names: set[str], frames: Sequence[int]) -> PosedBones:
    steps = pose_bones(copy, sorted(names), frames, _NO_LIMIT_S)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def _ik_keys(controls: IkControls, limbs: Sequence[IkLimb], posed: PosedBones) -> list[ControlKeys]:
    """Return the keys of the IK controls of some limbs; the controls with which a foot rolls rest."""
    rolls = [each for limb in limbs if limb.roll for each in resting_roll(limb.roll, len(posed.frames))]
    wanted = {control.bone for limb in limbs for control in limb.controls}
    return [keys for keys in control_keys(controls, posed.moves).keys if keys.bone in wanted] + rolls


def _fk_keys(tree: BoneTree, limbs: Sequence[IkLimb], posed: PosedBones) -> Iterator[ControlKeys]:
    """Yield the rotations of the FK controls, or of the body's own bones, that put limbs where IK has them."""
    for limb in limbs:
        leaders = {bone: bone for bone in limb.chain} if limb.is_own else {}
        if not limb.is_own:
            leaders = {limb.joints[0]: limb.upper[0], limb.joints[1]: limb.lower[0]}
        leaders[limb.joints[2]] = limb.end
        if limb.toe is not None and limb.toe_joint is not None:
            leaders[limb.toe_joint] = limb.toe.bone
        known: dict[str, FloatArray] = dict(posed.moves)
        known |= {bone: posed.moves[leader] for bone, leader in leaders.items()}
        for bone in leaders:
            part = tree.get(bone)
            if part is None:  # a chain may begin above the body's own bones: these stay as they are
                continue
            control = Control(bone, part.carrier, part.rest_armature, np.eye(3))
            yield ControlKeys(bone, None, keys_of(control, known[bone] @ part.rest_armature, known).rotation)


def _curves(armature_object: Any, keys: Sequence[ControlKeys]) -> Iterator[KeyedCurve]:
    """Yield the curves of controls, rotations in the mode of each bone."""
    for each in keys:
        bone = armature_object.pose.bones[each.bone]
        if each.location is not None:
            yield KeyedCurve(bone.path_from_id("location"), each.bone, each.location)
        if each.rotation is not None:
            path = bone.path_from_id(rotation_property(bone.rotation_mode))
            yield KeyedCurve(path, each.bone, each.rotation, bone.rotation_mode)


def _value(armature_object: Any, path: str) -> float:
    return float(armature_object.path_resolve(path))


def _set_value(armature_object: Any, path: str, value: float) -> None:
    """Set a property by its path: a custom property of a bone, or one of a constraint."""
    if path.endswith('"]'):
        holder, _, key = path.rpartition('["')
        owner = armature_object.path_resolve(holder)
        key = key.removesuffix('"]')
        owner[key] = type(owner[key])(value)
    else:
        holder, _, name = path.rpartition(".")
        owner = armature_object.path_resolve(holder)
        setattr(owner, name, type(getattr(owner, name))(value))
