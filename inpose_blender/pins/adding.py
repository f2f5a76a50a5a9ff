# SPDX-License-Identifier: GPL-3.0-or-later
"""Make pins of a solved motion, or of a pose that the animator has made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ..bake.edits.last_bake import edited_take
from ..bake.pin_handles import set_move_of_pin
from ..bake.properties import bake_options
from ..bake.room import Room
from ..core import (
    JOINT_INDEX,
    FloatArray,
    Motion,
    PinError,
    conjugate_quaternion,
    matrix_to_quaternion,
    multiply_quaternions,
    slerp,
)
from ..rig.home import home_world
from ..rig.places import joint_place
from ..rig.prepare import PreparedRig, prepare_rig
from ..rig.rotation import rotation_of
from ..takes.clock import clock_of_take
from ..takes.memory import TAKES
from ..ui.translate import tr
from .collect import room_of
from .handles import add_handle, remove_handle
from .properties import pins_of
from .stands import stances_of

FEET: Final[tuple[str, ...]] = ("left_ankle", "right_ankle", "left_foot", "right_foot")
_NEAR_S: Final[float] = 0.1
"""A foot that has just lifted, or is about to land, is taken to be where it stands."""

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
}
"""What is said where pins cannot be placed, and what to do, by `BakeOptions.no_pins`."""


def add_pin_where_solved(context: bpy.types.Context, armature: Any, joint: str) -> Any:
    """Add a pin with its handle where the joint is in the solved motion, and return it. It is for this frame; that of
    a foot in or near a stance is held as long as the foot stands.

    Raises:
        PinError: the current frame is outside of the motion, or the motion stays on the spot.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    rig = prepare_rig(armature, context.scene)
    at = pose_at(*motion_now(context, armature))
    stances = stances_of(context.scene, armature)
    near = round(_NEAR_S * clock_of_take(armature.inpose_take, context.scene).fps)
    place_m, wxyz = at.joint_positions_m[0, JOINT_INDEX[joint]], at.rotations_wxyz[0, JOINT_INDEX[joint]]
    room = room_of(armature, rig.measure)
    pin = new_pin(context, armature, room, joint, room.world_position(place_m), room.world_rotation(wxyz))
    foot = FEET.index(joint) % 2 if joint in FEET else None
    now = context.scene.frame_current
    # A planted foot that is moved for one frame would slide there and back; nobody wants that.
    pin.while_standing = any(
        one.foot == foot and one.first - near <= now <= one.last + near for one in stances.listed()
    )
    return pin


def add_pins_as_posed(context: bpy.types.Context, armature: Any, use_position: bool, use_rotation: bool) -> None:
    """Add a pin for each selected bone that stands for a joint, as the bone is posed now.

    Raises:
        PinError: nothing is to be pinned, no selected bone stands for a joint, or as in `add_pin_where_solved`.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    if not (use_position or use_rotation):
        raise PinError(tr("Nothing is pinned."), tr("Choose position, rotation, or both."))
    rig = prepare_rig(armature, context.scene)
    motion_now(context, armature)
    joints = {rig.mapping.bones[joint]: joint for joint in rig.mapping.bones}
    chosen = [joints[bone.name] for bone in context.selected_pose_bones if bone.name in joints]
    if not chosen:
        raise PinError(tr("None of the selected bones stands for a joint."), tr("Select a bone of the list of joints."))
    room = room_of(armature, rig.measure)
    for joint in chosen:
        pin = new_pin(context, armature, room, joint, *posed_joint(armature, rig, joint))
        pin.use_position, pin.use_rotation = use_position, use_rotation


def add_stance(context: bpy.types.Context, armature: Any, joint: str, kind: str) -> Any:
    """Add an entry that says for half a second that a foot stands (kind "stands"), or not ("lifts"), and return it."""
    pins, frame = pins_of(armature), context.scene.frame_current
    pin = pins.entries.add()
    second = round(clock_of_take(armature.inpose_take, context.scene).fps / 2)
    pin.kind, pin.joint, pin.first, pin.last = kind, joint, frame, frame + second
    pins.chosen = len(pins.entries) - 1
    return pin


def motion_now(context: bpy.types.Context, armature: Any) -> tuple[Motion, float]:
    """Return the motion as the last bake shows it, with its edits, and where the current frame is in it: the number of
    a pose, or between two of them.

    Raises:
        PinError: the current frame is outside of the motion, or the motion stays on the spot.
        InPoseError: the motion's file is gone, or the edits cannot be applied any more.
    """
    take = armature.inpose_take
    in_place = "in_place" if bake_options(context.scene).way == "none" else ""
    if refusal := REFUSALS.get(take.no_pins or in_place):
        raise PinError(*map(tr, refusal))
    edited = edited_take(context.scene, armature)
    motion = TAKES.recall(Path(take.file)).motion if edited is None else edited.take.motion
    clock = clock_of_take(take, context.scene)
    at = (clock.time_of(context.scene.frame_current) - take.start_s) * motion.fps
    if not 0 <= round(at) < len(motion):
        raise PinError(tr("The current frame is outside of the solved motion."), tr("Go to one of its frames."))
    return motion, min(max(at, 0.0), len(motion) - 1.0)


def pose_at(motion: Motion, at: float) -> Motion:
    """Return a motion of one frame: a pose, or one between two poses, which a fast hand crosses by centimetres."""
    both = motion.part(slice(int(at), int(at) + 2))
    share, root_m, turns = at - int(at), both.root_translation_m, both.rotations_wxyz
    return replace(
        both.part(slice(0, 1)),
        rotations_wxyz=slerp(turns[:1], turns[-1:], np.full((1, 1, 1), share)),
        root_translation_m=root_m[:1] + share * (root_m[-1:] - root_m[:1]),
    )


def new_pin(
    context: bpy.types.Context,
    armature: Any,
    room: Room,
    joint: str,
    place: Iterable[float],
    wxyz: Iterable[float],
) -> Any:
    """Return a new pin of the current frame, with its handle at a place of the world; it replaces one of the same joint
    at the same frame."""
    pins, frame = pins_of(armature), context.scene.frame_current
    for index, pin in enumerate(pins.entries):
        if (pin.kind, pin.joint, pin.first, pin.last) == ("place", joint, frame, frame):  # a second one would hide it
            remove_handle(pin.handle)
            pins.entries.remove(index)
            break
    pin = pins.entries.add()
    pin.joint, pin.first, pin.last = joint, frame, frame
    pin.ease = round(clock_of_take(armature.inpose_take, context.scene).fps / 3)
    name = f"{armature.name}: {joint.replace('_', ' ')} {frame}"
    pin.handle = add_handle(context.scene, name, tuple(place), tuple(wxyz), room.measure.metres_per_unit)
    pin.handle.inpose_room_of = armature
    set_move_of_pin(pin, edited_take(context.scene, armature))
    pins.chosen = len(pins.entries) - 1
    return pin


def posed_joint(armature: Any, rig: PreparedRig, joint: str) -> tuple[FloatArray, FloatArray]:
    """Return place (3,) and handle rotation (4,) of a joint in the world, as its bone is posed now."""
    world = np.array(armature.matrix_world, dtype=np.float64)
    anchor, bone = rig.mapping.anchor(joint), rig.mapping.bones[joint]
    rest_place = np.append(joint_place(armature.data, rig.mapping, joint), 1.0)
    place = (world @ _away_from_rest(armature, anchor) @ rest_place)[:3]
    # bone_turns of the bake, backwards. The object itself may have turned since it stood at home.
    D_world = rotation_of(world) @ rotation_of(_away_from_rest(armature, bone)) @ rotation_of(home_world(armature)).T
    Q_world = rig.measure.R_world_core @ rig.measure.alignments[JOINT_INDEX[joint]] @ rig.measure.R_world_core.T
    wxyz = multiply_quaternions(matrix_to_quaternion(D_world), conjugate_quaternion(matrix_to_quaternion(Q_world)))
    return place, wxyz


def _away_from_rest(armature: Any, bone: str) -> FloatArray:
    """Return how a posed bone differs from its rest pose in the armature frame, (4, 4)."""
    posed = np.array(armature.pose.bones[bone].matrix, dtype=np.float64)
    return posed @ np.linalg.inv(np.array(armature.data.bones[bone].matrix_local, dtype=np.float64))
