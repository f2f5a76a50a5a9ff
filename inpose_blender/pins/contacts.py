# SPDX-License-Identifier: GPL-3.0-or-later
"""Put feet, hands or the seat of a character on the surface of an object.

Each contact is a pin whose handle hangs on the object: the joint then follows the object when it moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Vector

from ..bake.room import Room
from ..core import (
    JOINT_INDEX,
    BoolArray,
    FloatArray,
    Motion,
    PinError,
    matrix_to_quaternion,
    multiply_quaternions,
    pelvis_above_seat_m,
    quaternion_to_matrix,
    rotate_vector,
    rotation_between,
    runs,
)
from ..rig.prepare import prepare_rig
from ..takes.clock import RecordingClock, clock_of_take
from ..ui.translate import tr
from .adding import motion_now, new_pin
from .collect import room_of
from .stands import stances_of
from .surfaces import Surface, Touch, surface_of

_UNASKED_S: Final[float] = 0.5
"""How long a contact lasts where the motion does not say it."""
_STEEPEST: Final[float] = float(np.cos(np.radians(60.0)))
_FARTHEST: Final[float] = 0.5
"""Largest distance of a joint from its place on the object, over the standing head height: 75 cm for an adult."""
_PALM: Final[float] = 0.06
"""Of the palm's middle from the wrist, over the standing head height: 9 cm for an adult."""
_HAND_ABOVE: Final[float] = 0.013
"""Of the palm's middle above what the hand lies on: half its thickness, over the standing head height."""
_STAYS: Final[float] = 0.07
"""A hand that stays nearer to its place touches it, over the standing head height: 10 cm for an adult."""
_SEATED: Final[float] = 0.1
"""The same of the pelvis on a seat: 15 cm for an adult."""


@dataclass(frozen=True)
class _Scene:
    """Hold what all contacts of one click share."""

    context: bpy.types.Context
    armature: Any
    thing: Any
    motion: Motion
    frame: int
    """The pose of the motion at the current frame."""
    room: Room
    surface: Surface
    clock: RecordingClock

    @property
    def up(self) -> Vector:
        return Vector(self.room.measure.R_world_core[:, 1])

    def world(self, place_m: FloatArray) -> Vector:
        return Vector(self.room.world_position(place_m).tolist())

    def units(self, metres: float) -> float:
        return metres / self.room.measure.metres_per_unit

    def share(self, of_body: float) -> float:
        """Return a share of the standing head height in units of the scene."""
        return self.units(of_body * self.motion.skeleton.standing_head_height_m)

    def frames(self, first: int, end: int) -> tuple[int, int]:
        """Return poses of the motion as first and last frame of the scene."""
        start_s = self.armature.inpose_take.start_s
        frames = [round(self.clock.frame_of(start_s + pose / self.motion.fps)) for pose in (first, end - 1)]
        return frames[0], frames[1]


def stand_on(context: bpy.types.Context, armature: Any, thing: Any, feet: Sequence[int]) -> list[Any]:
    """Let feet stand on an object for their stances at the current frame, and return the pins.

    Raises:
        PinError: the object has no surface below a foot, or as in `motion_now`.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    with _asked(context, armature, thing) as scene:
        found = [(foot, *_standing(scene, foot)) for foot in feet]
        return [_stand(scene, foot, place, wxyz) for foot, place, wxyz in found]


def sit_on(context: bpy.types.Context, armature: Any, thing: Any) -> Any:
    """Let the character sit on an object around the current frame, and return the pin.

    Raises:
        PinError: the object is not below the pelvis, or as in `motion_now`.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    with _asked(context, armature, thing) as scene:
        pelvis = scene.world(scene.motion.root_translation_m[scene.frame])
        touch = scene.surface.below(pelvis + scene.share(0.3) * scene.up, scene.up) or scene.surface.nearest(pelvis)
        touch = _near(scene, touch, pelvis, tr("body"))
        above = scene.units(pelvis_above_seat_m(scene.motion.skeleton))
        seat = touch.place + above * scene.up
        path = scene.room.world_position(scene.motion.root_translation_m)
        stays = np.linalg.norm(path - np.array(seat), axis=1) < scene.share(_SEATED)
        return _contact(scene, "pelvis", touch.place, None, _around(scene, stays), kind="sits")


def hold_on(context: bpy.types.Context, armature: Any, thing: Any, hand: int) -> Any:
    """Lay a hand on the nearest point of an object, as long as the hand stays there, and return the pin.

    Raises:
        PinError: the hand is far from the object, or as in `motion_now`.
        InPoseError: the rig cannot be used, or the motion's file is gone.
    """
    side, across = ("left", 1.0) if hand == 0 else ("right", -1.0)
    joint = JOINT_INDEX[f"{side}_wrist"]
    with _asked(context, armature, thing) as scene:
        motion = scene.motion
        at = motion.part(slice(scene.frame, scene.frame + 1))
        palm_m = np.array((across * _PALM * motion.skeleton.standing_head_height_m, 0.0, 0.0))
        wrist_m = at.joint_positions_m[0, joint]
        palm = scene.world(wrist_m + rotate_vector(at.rotations_wxyz[0, joint], palm_m))
        touch = _near(scene, scene.surface.nearest(palm), palm, tr(f"{side} wrist"))
        place = scene.world(wrist_m) + (touch.place + scene.share(_HAND_ABOVE) * touch.normal - palm)
        path = scene.room.world_position(motion.joint_positions_m[:, joint])
        stays = np.linalg.norm(path - path[scene.frame], axis=1) < scene.share(_STAYS)
        return _contact(scene, f"{side}_wrist", place, None, _around(scene, stays))


@contextmanager
def _asked(context: bpy.types.Context, armature: Any, thing: Any) -> Iterator[_Scene]:
    """Give the current pose of a character, and the surface of an object."""
    rig = prepare_rig(armature, context.scene)
    motion, at = motion_now(context, armature)
    room, clock = room_of(armature, rig.measure), clock_of_take(armature.inpose_take, context.scene)
    with surface_of(context, thing) as surface:
        yield _Scene(context, armature, thing, motion, round(at), room, surface, clock)


def _standing(scene: _Scene, foot: int) -> tuple[Vector, FloatArray]:
    """Return where the ankle of a foot that stands on the object is, and how the foot is turned, in the world."""
    side = ("left", "right")[foot]
    ankle, toe = JOINT_INDEX[f"{side}_ankle"], JOINT_INDEX[f"{side}_foot"]
    at = scene.motion.part(slice(scene.frame, scene.frame + 1))
    ankle_m = at.joint_positions_m[0, ankle]
    pelvis = scene.world(at.root_translation_m[0])
    above = scene.world(ankle_m)
    above += max(0.0, (pelvis - above).dot(scene.up)) * scene.up
    touch = scene.surface.below(above, scene.up) or scene.surface.nearest(scene.world(ankle_m))
    touch = _near(scene, touch, scene.world(ankle_m), tr(f"{side} foot"))
    if touch.normal.dot(scene.up) < _STEEPEST:
        raise PinError(
            tr(
                "{object} is too steep to stand on, below the {joint}.",
                object=scene.thing.name,
                joint=tr(f"{side} foot"),
            ),
            tr("Move the object, or pin the ankle."),
        )
    forward = quaternion_to_matrix(at.rotations_wxyz[0, ankle])[:, 2]
    heading = float(np.arctan2(forward[0], forward[2]))
    level = scene.room.world_rotation(np.array((np.cos(heading / 2), 0.0, np.sin(heading / 2), 0.0)))
    tilt = matrix_to_quaternion(rotation_between(np.array(scene.up), np.array(touch.normal)))
    skeleton = scene.motion.skeleton
    high = scene.units(skeleton.sole_height_m + max(0.0, -float(skeleton.offsets_m[toe, 1])))
    return touch.place + high * touch.normal, multiply_quaternions(tilt, level)


def _stand(scene: _Scene, foot: int, place: Vector, wxyz: FloatArray) -> Any:
    stances = stances_of(scene.context.scene, scene.armature)
    frame = scene.context.scene.frame_current
    held = [one for one in stances.listed() if one.foot == foot and one.first <= frame <= one.last]
    around = _unasked(scene, frame)
    span = (held[0].first, held[0].last) if held else around
    return _contact(scene, f"{('left', 'right')[foot]}_ankle", place, wxyz, span)


def _contact(
    scene: _Scene, joint: str, place: Vector, wxyz: FloatArray | None, frames: tuple[int, int], kind: str = "place"
) -> Any:
    pin = new_pin(
        scene.context, scene.armature, scene.room, joint, place, np.array((1.0, 0, 0, 0)) if wxyz is None else wxyz
    )
    pin.kind, pin.first, pin.last, pin.use_rotation = kind, *frames, wxyz is not None
    handle = pin.handle
    placed = handle.matrix_world.copy()
    handle.parent = scene.thing
    handle.matrix_parent_inverse = scene.thing.evaluated_get(
        scene.context.evaluated_depsgraph_get()
    ).matrix_world.inverted_safe()
    handle.matrix_basis = placed
    return pin


def _near(scene: _Scene, touch: Touch | None, joint: Vector, name: str) -> Touch:
    """Return a touch if the joint can be meant.

    Raises:
        PinError: it is too far away.
    """
    away = float("inf") if touch is None else (touch.place - joint).length
    if touch is None or away > scene.share(_FARTHEST):
        raise PinError(
            tr("At this frame, the {joint} is not near {object}.", joint=name, object=scene.thing.name),
            tr("Go to a frame at which they touch, or move the object there."),
        )
    return touch


def _around(scene: _Scene, stays: BoolArray) -> tuple[int, int]:
    """Return the frames around the current one in which something stays; at least half a second."""
    frame = scene.context.scene.frame_current
    first, last = _unasked(scene, frame)
    for begin, end in runs(stays):
        if begin <= scene.frame < end:
            stay = scene.frames(begin, end)
            return min(stay[0], first), max(stay[1], last)
    return first, last


def _unasked(scene: _Scene, frame: int) -> tuple[int, int]:
    half = round(_UNASKED_S / 2 * scene.clock.fps)
    return frame - half, frame + half
