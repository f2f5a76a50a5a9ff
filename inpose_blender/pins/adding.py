# SPDX-License-Identifier: GPL-3.0-or-later
"""Make pins of a solved motion, or of a pose that the animator has made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ..bake.properties import bake_options
from ..core import (
    JOINT_INDEX,
    FloatArray,
    Motion,
    Pin,
    PinError,
    PinKey,
    conjugate_quaternion,
    held_while_standing,
    matrix_to_quaternion,
    multiply_quaternions,
)
from ..rig.places import joint_place
from ..rig.prepare import PreparedRig, prepare_rig
from ..rig.rotation import rotation_of
from ..takes.memory import TAKES
from ..ui.translate import tr
from .collect import frames_per_s, room_of
from .handles import add_handle, remove_handle
from .properties import pins_of
from .room import Room

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "in_place": (
        "The character stays on the spot, so its places are not those of the recording.",
        "Bake again with the way on the hips, then pin.",
    ),
    "part": (
        "The layer does not place the whole body, so its places are not those of the recording.",
        "Bake the whole body, pin, and solve again. Then bake the layer again.",
    ),
    "scaled": (
        "The root motion is scaled, so its places are not those of the recording.",
        "Bake again with Root motion scale 1, then pin.",
    ),
    "mirrored": (
        "The take is mirrored, so its places are not those of the recording.",
        "Set the mirror to Not mirrored under Clean up, apply the edits, pin, and solve again. Then mirror again.",
    ),
}
"""What is said where pins cannot be placed, and what to do, by `BakeOptions.no_pins`."""


def add_pin_where_solved(context: bpy.types.Context, armature: Any, joint: str) -> Any:
    """Add a pin of one frame with its handle where the joint is in the solved motion, and return it.

    Raises:
        PinError: the current frame is outside of the motion, or the motion stays on the spot.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    rig = prepare_rig(armature, context.scene)
    motion, frame = _motion_now(context, armature)
    at = motion.part(slice(frame, frame + 1))
    place_m, wxyz = at.joint_positions_m[0, JOINT_INDEX[joint]], at.rotations_wxyz[0, JOINT_INDEX[joint]]
    room = room_of(armature, rig.measure)
    return _add(context, armature, room, joint, room.world_position(place_m), room.world_rotation(wxyz))


def add_pins_as_posed(context: bpy.types.Context, armature: Any, use_position: bool, use_rotation: bool) -> None:
    """Add a pin for each selected bone that stands for a joint, as the bone is posed now.

    Raises:
        PinError: nothing is to be pinned, no selected bone stands for a joint, or as in `add_pin_where_solved`.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    if not (use_position or use_rotation):
        raise PinError(tr("Nothing is pinned."), tr("Choose position, rotation, or both."))
    rig = prepare_rig(armature, context.scene)
    _motion_now(context, armature)
    joints = {rig.mapping.bones[joint]: joint for joint in rig.mapping.bones}
    chosen = [joints[bone.name] for bone in context.selected_pose_bones if bone.name in joints]
    if not chosen:
        raise PinError(tr("None of the selected bones stands for a joint."), tr("Select a bone of the list of joints."))
    room = room_of(armature, rig.measure)
    for joint in chosen:
        pin = _add(context, armature, room, joint, *_as_posed(armature, rig, joint))
        pin.use_position, pin.use_rotation = use_position, use_rotation


def add_stance(context: bpy.types.Context, armature: Any, joint: str, kind: str) -> Any:
    """Add an entry that says for half a second that a foot stands (kind "stands"), or not ("lifts"), and return it."""
    pins, frame = pins_of(armature), context.scene.frame_current
    pin = pins.entries.add()
    pin.kind, pin.joint, pin.first, pin.last = (
        kind,
        joint,
        frame,
        frame + round(frames_per_s(context.scene, armature) / 2),
    )
    pins.chosen = len(pins.entries) - 1
    return pin


def stance_frames(context: bpy.types.Context, armature: Any, pin: Any) -> tuple[int, int]:
    """Return the first and the last frame of the stance around a pin of a foot.

    Raises:
        PinError: the foot does not stand there.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    rig = prepare_rig(armature, context.scene)
    take, fps = armature.inpose_take, frames_per_s(context.scene, armature)
    motion = TAKES.recall(Path(take.unpinned or take.file)).motion
    at_s = take.start_s + (pin.first - take.first_frame) / fps
    place = np.array(pin.handle.matrix_world.translation, dtype=np.float64)
    x, y, z = room_of(armature, rig.measure).motion_position(place).tolist()
    asked = Pin(pin.joint, at_s, at_s, (PinKey(at_s, (x, y, z)),))
    held = held_while_standing(asked, motion, take.start_s)
    if held == asked:
        raise PinError(
            tr("In the solved motion, this foot does not stand at frame {frame}.", frame=pin.first),
            tr("Set the first and the last frame of the pin by hand."),
        )
    first, last = ((time_s - take.start_s) * fps + take.first_frame for time_s in (held.start_s, held.stop_s))
    return round(first), round(last)


def _motion_now(context: bpy.types.Context, armature: Any) -> tuple[Motion, int]:
    """Return the solved motion, and the number of its pose at the current frame."""
    take = armature.inpose_take
    in_place = "in_place" if bake_options(context.scene).way == "none" else ""
    if refusal := REFUSALS.get(take.no_pins or in_place):
        raise PinError(*map(tr, refusal))
    motion = TAKES.recall(Path(take.file)).motion
    frame = round((context.scene.frame_current - take.first_frame) / frames_per_s(context.scene, armature) * motion.fps)
    if not 0 <= frame < len(motion):
        raise PinError(tr("The current frame is outside of the solved motion."), tr("Go to one of its frames."))
    return motion, frame


def _add(context: bpy.types.Context, armature: Any, room: Room, joint: str, place: FloatArray, wxyz: FloatArray) -> Any:
    pins, frame = pins_of(armature), context.scene.frame_current
    for index, pin in enumerate(pins.entries):
        if (pin.kind, pin.joint, pin.first, pin.last) == ("place", joint, frame, frame):  # a second one would hide it
            remove_handle(pin.handle)
            pins.entries.remove(index)
            break
    pin = pins.entries.add()
    pin.joint, pin.first, pin.last = joint, frame, frame
    pin.ease = round(frames_per_s(context.scene, armature) / 3)
    name = f"{armature.name}: {joint.replace('_', ' ')} {frame}"
    pin.handle = add_handle(context.scene, name, place.tolist(), wxyz.tolist(), room.measure.metres_per_unit)
    pins.chosen = len(pins.entries) - 1
    return pin


def _as_posed(armature: Any, rig: PreparedRig, joint: str) -> tuple[FloatArray, FloatArray]:
    """Return place (3,) and handle rotation (4,) of a joint in the world, as its bone is posed now."""
    world = np.array(armature.matrix_world, dtype=np.float64)
    anchor, bone = rig.mapping.anchor(joint), rig.mapping.bones[joint]
    rest_place = np.append(joint_place(armature.data, rig.mapping, joint), 1.0)
    place = (world @ _away_from_rest(armature, anchor) @ rest_place)[:3]
    # bone_turns of the bake, backwards.
    R_world = rotation_of(world)
    D_world = R_world @ rotation_of(_away_from_rest(armature, bone)) @ R_world.T
    Q_world = rig.measure.R_world_core @ rig.measure.alignments[JOINT_INDEX[joint]] @ rig.measure.R_world_core.T
    wxyz = multiply_quaternions(matrix_to_quaternion(D_world), conjugate_quaternion(matrix_to_quaternion(Q_world)))
    return place, wxyz


def _away_from_rest(armature: Any, bone: str) -> FloatArray:
    """Return how a posed bone differs from its rest pose in the armature frame, (4, 4)."""
    posed = np.array(armature.pose.bones[bone].matrix, dtype=np.float64)
    return posed @ np.linalg.inv(np.array(armature.data.bones[bone].matrix_local, dtype=np.float64))
