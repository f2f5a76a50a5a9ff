# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a solved motion as keyframes: a new action in bulk, the old one kept, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Euler, Matrix, Quaternion
from numpy.typing import NDArray

from .adjust import resample_motion
from .bpy_compat import ActionWriter, assign_action, assigned_slot, set_strip_slot
from .core import Motion, RigError
from .pose_math import bone_turns, point_on_bone, pose_rotations, root_path
from .rig import BoneTree, RigMapping, RigMeasure, bone_tree, check_bones, check_object

FloatArray = NDArray[np.float64]

STASH_TRACK_NAME: Final[str] = "Kept by InPose"
_NOT_AT_REST: Final[float] = 1e-6


@dataclass(frozen=True)
class BakeSettings:
    """Say how a motion becomes an action."""

    action_name: str
    first_frame: int = 1


@dataclass(frozen=True)
class BakeResult:
    """Say what was baked."""

    action_name: str
    first_frame: int
    last_frame: int
    kept_action_name: str
    """The action that was active before and now lies in a muted NLA track; empty if there was none."""


@dataclass(frozen=True)
class Channel:
    """Hold one animated property: ``values`` is (F, components), or (1, components) for a constant."""

    data_path: str
    group: str
    values: FloatArray


def bake_motion(
    armature_object: Any,
    motion: Motion,
    settings: BakeSettings,
    *,
    scene: Any,
    mapping: RigMapping,
    measure: RigMeasure,
) -> BakeResult:
    """Bake a motion on an armature object as a new action, at the scene's frame rate.

    Everything is computed before anything is written, and an error while writing takes back what was written.

    Raises:
        RigError: the rig cannot be keyed (see `rig.checks`); the scene is then unchanged.
    """
    check_object(armature_object)
    check_bones(armature_object, mapping)
    fps = scene.render.fps / scene.render.fps_base
    rotations, root_m = resample_motion(motion, fps)
    channels = _motion_channels(armature_object, rotations, root_m, scene=scene, mapping=mapping, measure=measure)
    channels += _rest_channels(armature_object, mapping, {channel.data_path for channel in channels})
    frames = settings.first_frame + np.arange(len(rotations), dtype=np.float64)
    action, kept = _replace_action(armature_object, settings.action_name, channels, frames)
    scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)
    return BakeResult(action.name, settings.first_frame, int(frames[-1]), kept)


def _motion_channels(
    armature_object: Any,
    rotations: FloatArray,
    root_m: FloatArray,
    *,
    scene: Any,
    mapping: RigMapping,
    measure: RigMeasure,
) -> list[Channel]:
    """Return the rotation channels of all mapped bones and the location channel of the one that carries the body."""
    world = np.array(armature_object.matrix_world, dtype=np.float64)
    pose = armature_object.pose.bones
    tree = bone_tree(armature_object, mapping, scene)
    turns = bone_turns(measure, mapping.bones, world, rotations)
    channels = [_rotation_channel(pose[name], basis) for name, basis in pose_rotations(tree, turns).items()]

    pelvis = mapping.bones["pelvis"]
    rest_point = np.array(armature_object.data.bones[mapping.anchor("pelvis")].head_local, dtype=np.float64)
    needed = root_path(measure, world, root_m) - point_on_bone(tree, turns, pelvis, rest_point)
    root = pose[root_bone_name(armature_object, mapping, tree)]
    location = needed @ np.linalg.inv(_location_axes(root.bone)).T
    channels.append(Channel(root.path_from_id("location"), root.name, location))
    return channels


def root_bone_name(armature_object: Any, mapping: RigMapping, tree: BoneTree) -> str:
    """Return the bone whose location carries the body: the only place where that is decided.

    It must move everything that is mapped, be free of turning parents (its axes would turn with them), and not be
    connected to its parent (Blender ignores the location of connected bones).
    """
    bones = armature_object.data.bones
    family_root = mapping.family.root_bone
    if family_root is not None:
        if family_root not in bones:
            raise RigError(f"{armature_object.name} has no bone {family_root}.", "Generate the rig again.")
        return family_root
    mapped = set(mapping.bones.values())
    bone = mapping.bones["pelvis"]
    highest = bone
    while (carrier := tree[bone].carrier) is not None:
        bone = carrier
        if bone in mapped:
            highest = bone
    while bones[highest].use_connect and bones[highest].parent:  # a bone without parent is never connected
        highest = bones[highest].parent.name
    return highest


def _location_axes(bone: Any) -> FloatArray:
    """Return what one unit of each location component does in the armature frame, as columns (3, 3)."""
    columns = []
    for axis in range(3):
        step = Matrix.Translation([float(axis == component) for component in range(3)])
        parent = bone.parent.matrix_local if bone.parent else None
        carried = {"parent_matrix": parent, "parent_matrix_local": parent} if parent else {}
        moved = bone.convert_local_to_pose(step, bone.matrix_local, **carried)
        columns.append(np.array(moved.translation) - np.array(bone.matrix_local.translation))
    return np.array(columns, dtype=np.float64).T


def _rotation_channel(pose_bone: Any, basis: FloatArray) -> Channel:
    """Express a rotation (F, 4) in the bone's own rotation mode; a channel of another mode would move nothing."""
    mode = pose_bone.rotation_mode
    if mode == "QUATERNION":
        return Channel(pose_bone.path_from_id("rotation_quaternion"), pose_bone.name, basis)
    if mode == "AXIS_ANGLE":
        sine = np.linalg.norm(basis[:, 1:], axis=1, keepdims=True)
        angle = 2 * np.arctan2(sine, basis[:, :1])
        axis = np.where(sine > 1e-9, basis[:, 1:] / np.maximum(sine, 1e-9), np.array([0.0, 1.0, 0.0]))
        return Channel(pose_bone.path_from_id("rotation_axis_angle"), pose_bone.name, np.hstack((angle, axis)))
    previous = Euler((0.0, 0.0, 0.0), mode)
    eulers = np.empty((len(basis), 3))
    for frame, quaternion in enumerate(basis.tolist()):
        previous = Quaternion(quaternion).to_euler(mode, previous)
        eulers[frame] = previous
    return Channel(pose_bone.path_from_id("rotation_euler"), pose_bone.name, eulers)


def _rest_channels(armature_object: Any, mapping: RigMapping, animated: set[str]) -> list[Channel]:
    """Return constant channels that keep at rest what would bend or shift the motion, and set the rig's switches.

    A posed bone between or above the mapped ones, left over from an earlier animation, is held at rest by the new
    action: neither its pose nor the earlier action is touched.
    """
    pose = armature_object.pose.bones
    mapped = set(mapping.bones.values())
    held = {*mapped, *mapping.family.held_bones}
    held |= {parent.name for name in mapped for parent in pose[name].parent_recursive}
    channels = []
    for bone in (bone for bone in pose if bone.name in held):
        rotation = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(
            bone.rotation_mode, "rotation_euler"
        )
        rests = {
            "location": (0.0, 0.0, 0.0),
            "scale": (1.0, 1.0, 1.0),
            rotation: {4: (1.0, 0.0, 0.0, 0.0), 3: (0.0, 0.0, 0.0)}[len(getattr(bone, rotation))],
        }
        if rotation == "rotation_axis_angle":
            rests[rotation] = (0.0, 0.0, 1.0, 0.0)
        for name, rest in rests.items():
            path = bone.path_from_id(name)
            if path not in animated and np.abs(np.subtract(getattr(bone, name), rest)).max() > _NOT_AT_REST:
                channels.append(Channel(path, bone.name, np.array([rest])))
    for name, key, value in mapping.family.settings:
        if name in pose and key in pose[name]:
            path = f'{pose[name].path_from_id()}["{bpy.utils.escape_identifier(key)}"]'
            channels.append(Channel(path, name, np.array([[value]])))
    return channels


def _replace_action(armature_object: Any, name: str, channels: list[Channel], frames: FloatArray) -> tuple[Any, str]:
    """Write the channels into a new action, make it the active one, and stash the old; undo all of it on any error."""
    had_animation = armature_object.animation_data is not None
    animation = armature_object.animation_data or armature_object.animation_data_create()
    old_action, old_slot = animation.action, assigned_slot(animation)
    old_blending = (animation.action_blend_type, animation.action_influence)
    writer = ActionWriter(name, armature_object)
    track = None
    try:
        _write_channels(writer, channels, frames)
        if old_action is not None:
            track = _stash(animation, old_action, old_slot)
        assign_action(animation, writer.action, writer.slot)
        animation.action_blend_type, animation.action_influence = "REPLACE", 1.0
    except BaseException:
        assign_action(animation, old_action, old_slot)
        animation.action_blend_type, animation.action_influence = old_blending
        if track is not None:
            animation.nla_tracks.remove(track)
        bpy.data.actions.remove(writer.action)
        if not had_animation:
            armature_object.animation_data_clear()
        raise
    return writer.action, old_action.name if old_action is not None else ""


def _write_channels(writer: ActionWriter, channels: list[Channel], frames: FloatArray) -> None:
    interpolation = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
    points = np.empty((len(frames), 2), dtype=np.float32)
    linear = np.full(len(frames), interpolation, dtype=np.int32)
    points[:, 0] = frames
    for channel in channels:
        count = len(channel.values)
        for index in range(channel.values.shape[1]):
            curve = writer.new_curve(channel.data_path, index, channel.group)
            curve.keyframe_points.add(count)
            points[:count, 1] = channel.values[:, index]
            curve.keyframe_points.foreach_set("co", points[:count].ravel())
            curve.keyframe_points.foreach_set("interpolation", linear[:count])
            curve.update()


def _stash(animation: Any, action: Any, slot: Any) -> Any:
    """Put an action into a muted, locked NLA track, where it survives saving and is found by its name."""
    track = animation.nla_tracks.new()
    track.name = STASH_TRACK_NAME
    strip = track.strips.new(action.name, int(action.frame_range[0]), action)
    set_strip_slot(strip, slot)
    track.mute = True
    track.lock = True
    return track
