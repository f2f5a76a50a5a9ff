# SPDX-License-Identifier: GPL-3.0-or-later
"""Reduce the keys of an action by the error in world space, in a copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ..bake.reduction import KeyedBody, watched_points, with_chosen_keys
from ..bake.settings import KeyTolerance
from ..bpy_compat import ActionWriter, assign_action, assigned_slot
from ..controls.find import body_control, find_controls
from ..controls.originals import drop_step, keep_original, original_of
from ..controls.watched import WatchedControls, watched_controls
from ..core import RigError
from ..rig.home import home_world
from ..rig.places import joint_place, location_axes
from ..rig.prepare import PreparedRig, prepare_rig
from ..rig.tree import BoneTree, bone_tree
from ..takes.clock import fps_of
from .contacts import standing_feet
from .measuring import LargestChange, largest_change, looked_at, places, watched_bones
from .reading import ReadAction, read_action
from .writing import keys_between, replace_keys

_SHORTEST: Final[int] = 3


@dataclass(frozen=True)
class ReducedKeys:
    """Say what was reduced."""

    before: int
    """Keys of the chosen curves in the chosen frames."""
    left: int
    """Those that are left."""
    change: LargestChange
    original: str
    """Name of the action from before."""
    left_alone: int
    """Properties that keep their keys, as `reading.ReadAction` says."""


def reduce_action(
    armature_object: Any,
    scene: Any,
    tolerance: KeyTolerance,
    first: int,
    last: int,
    selected: frozenset[str] = frozenset(),
) -> ReducedKeys:
    """Reduce the keys in a copy of the active action, which becomes the active one.

    The action from before is kept; a copy that an earlier reduction or snap made is replaced by the new one.

    Args:
        armature_object: the rig.
        scene: its scene.
        tolerance: how far hands, feet, head and pelvis may be off.
        first: the first frame of the stretch.
        last: its last frame.
        selected: the bones whose keys are reduced; empty: all bones.

    Raises:
        RigError: the object has no action, the rig is not recognised, or no key can be removed.
    """
    animation = armature_object.animation_data
    if animation is None or animation.action is None:
        raise RigError(f"{armature_object.name} has no active action.", "Choose an action, or bake one.")
    first, last = _with_keys(animation.action, first, last)
    rig = prepare_rig(armature_object, scene)
    body = _keyed_body(rig, scene)
    read = read_action(armature_object, body.tree, range(first - 1, last + 2), selected)
    if not read.reducible:
        raise RigError(
            "None of the chosen bones has keys that can be reduced.",
            "Choose other bones. Held keys, locked or muted channels and channels with modifiers stay as they are.",
        )
    chosen = with_chosen_keys(
        read.channels,
        body,
        tolerance,
        standing_feet(read.channels, body, fps_of(scene)),
        read.rests,
        part=(1, last - first + 1),
        only=read.reducible,
    )
    names = watched_bones(armature_object, rig.mapping)
    heads = {name: np.array(armature_object.data.bones[name].head_local, dtype=np.float64) for name in names}
    frames = looked_at(first, last)
    was = places(armature_object, names, frames)
    old, slot, original = animation.action, assigned_slot(animation), original_of(animation.action)
    writer = ActionWriter.of_copy(animation)
    try:
        before, left = _write(writer, read, chosen, first)
        if left >= before:
            raise RigError(
                f"The {before} keys are needed to stay within {tolerance.distance_mm:g} mm and "
                f"{tolerance.angle_deg:g} degrees.",
                "Allow a larger distance and angle, or choose more bones: they make up for each other.",
            )
        assign_action(animation, writer.action, writer.slot)
        change = largest_change(was, places(armature_object, names, frames), heads, frames, body.metres_per_unit)
    except BaseException:
        assign_action(animation, old, slot)
        bpy.data.actions.remove(writer.action)
        raise
    keep_original(original, writer.action)
    drop_step(old, writer.action)
    return ReducedKeys(before, left, change, original.name, read.left_alone)


def _with_keys(action: Any, first: int, last: int) -> tuple[int, int]:
    """Return the part of a stretch in which an action has keys, in whole frames.

    Raises:
        RigError: it is too short.
    """
    start, stop = action.frame_range
    first, last = max(first, int(np.floor(start))), min(last, int(np.ceil(stop)))
    if last - first + 1 < _SHORTEST:
        raise RigError(
            f"{action.name} has no keys to reduce between these frames.",
            f"Choose at least {_SHORTEST} frames of the action.",
        )
    return first, last


def _keyed_body(rig: PreparedRig, scene: Any) -> KeyedBody:
    """Return what the choice of keys must know of the rig."""
    armature_object, mapping = rig.armature_object, rig.mapping
    bones, pose = armature_object.data.bones, armature_object.pose.bones
    tree = bone_tree(armature_object, mapping, scene, body_control(mapping, bones))
    scale = float(np.cbrt(abs(np.linalg.det(home_world(armature_object)[:3, :3]))))
    return KeyedBody(
        tree,
        {"": armature_object.rotation_mode} | {bone.name: bone.rotation_mode for bone in pose},
        watched_points(mapping, tree, joint_place(armature_object.data, mapping, "pelvis")),
        {bone.name: location_axes(bone) for bone in bones},
        scale * rig.measure.metres_per_unit,
        _controls(rig, scene, tree),
    )


def _controls(rig: PreparedRig, scene: Any, tree: BoneTree) -> WatchedControls:
    """Return the IK controls of a rig; none where they cannot be computed."""
    try:
        return watched_controls(find_controls(rig.armature_object, rig.mapping, scene, tree), tree)
    except RigError:
        return WatchedControls()


def _write(writer: ActionWriter, read: ReadAction, chosen: list[Any], first: int) -> tuple[int, int]:
    """Write the chosen keys, and return how many keys there were and how many there are in the stretch."""
    curves = {(curve.data_path, curve.array_index): curve for curve in writer.curves}
    before = left = 0
    for index in read.reducible:
        channel = chosen[index]
        frames = (first + channel.kept).astype(np.float32)
        for component, values in enumerate(channel.values.T):
            curve = curves.get((channel.data_path, component))
            if curve is None:
                continue
            before += keys_between(curve, float(frames[0]), float(frames[-1]))
            points = np.stack((frames, values[channel.kept]), axis=1).astype(np.float32)
            replace_keys(curve, points, channel.slopes[:, component])
            left += len(frames)
    return before, left
