# SPDX-License-Identifier: GPL-3.0-or-later
"""Move what belongs to a character's recorded room when a bake puts the room elsewhere: the handles of pins.

An object that hangs on another one, by a parent or a constraint, stays with that one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ..bpy_compat import action_curves
from ..takes.clock import RecordingClock
from .room_change import RoomChange


def move_room_objects(
    armature: Any, change_of: Callable[[Any], RoomChange], before: RecordingClock, after: RecordingClock
) -> None:
    """Move all objects that belong to a character's room, with their own keys.

    Args:
        armature: the character's armature object.
        change_of: says how an object moves.
        before: the frames at which the motion was.
        after: the frames at which it is now.
    """
    for thing in bpy.data.objects:
        if thing.inpose_room_of != armature or thing.parent is not None or len(thing.constraints):
            continue
        change = change_of(thing)
        if before == after and change.is_none:
            continue
        curves = _own_curves(thing)
        if curves is None:  # others use its keys, too
            continue
        if before != after:
            _shift(curves, before, after)
        if not change.is_none:
            place, turn, scale = thing.matrix_basis.decompose()
            moved = _moved_place(change, place), _moved_turn(change, turn)
            thing.matrix_basis = Matrix.LocRotScale(*moved, scale)
            _move_places([curve for curve in curves if curve.data_path == "location"], change)
            _turn(curves, change)


def _moved_place(change: RoomChange, place: Sequence[float]) -> Vector:
    return Vector((change.places @ np.array((*place, 1.0)))[:3].tolist())


def _moved_turn(change: RoomChange, turn: Sequence[float]) -> Quaternion:
    return Quaternion((change.turns @ np.array(turn)).tolist())


def _own_curves(thing: Any) -> list[Any] | None:
    """Return the F-curves of an object's action; None if others use the action, too."""
    animation = thing.animation_data
    if animation is None or animation.action is None:
        return []
    return None if animation.action.users > 1 else action_curves(animation.action, thing)


def _shift(curves: Sequence[Any], before: RecordingClock, after: RecordingClock) -> None:
    """Move keys to the frames at which the motion has the same pose now."""
    for curve in curves:
        for point in curve.keyframe_points:
            for name in ("co", "handle_left", "handle_right"):
                part = getattr(point, name)
                part.x = after.frame_of(before.time_of(part.x))
        curve.update()


def _move_places(curves: Sequence[Any], change: RoomChange) -> None:
    """Move keyed places. Keys of the three components at the same frames move together, with their Bezier handles."""
    by_axis = {curve.array_index: curve for curve in curves}
    frames = [tuple(point.co.x for point in curve.keyframe_points) for curve in by_axis.values()]
    if len(by_axis) == 3 and len(set(frames)) == 1:
        for points in zip(*(by_axis[axis].keyframe_points for axis in range(3)), strict=True):
            for name in ("co", "handle_left", "handle_right"):
                place = _moved_place(change, [getattr(point, name).y for point in points])
                for point, value in zip(points, place, strict=True):
                    getattr(point, name).y = value
    else:  # components with keys of their own can be moved, but not turned
        for axis, curve in by_axis.items():
            for point in curve.keyframe_points:
                for name in ("co", "handle_left", "handle_right"):
                    getattr(point, name).y += change.places[axis, 3]
    for curve in curves:
        curve.update()


def _turn(curves: Sequence[Any], change: RoomChange) -> None:
    """Turn keyed rotations: rooms turn about the vertical axis only."""
    quaternions = {curve.array_index: curve for curve in curves if curve.data_path == "rotation_quaternion"}
    if len(quaternions) == 4 and len({len(curve.keyframe_points) for curve in quaternions.values()}) == 1:
        for points in zip(*(quaternions[part].keyframe_points for part in range(4)), strict=True):
            for name in ("co", "handle_left", "handle_right"):
                turned = _moved_turn(change, [getattr(point, name).y for point in points])
                for point, value in zip(points, turned, strict=True):
                    getattr(point, name).y = value
    sign, heading = -1.0 if change.is_reflection else 1.0, _moved_turn(change, (1.0, 0.0, 0.0, 0.0)).to_euler().z
    for curve in curves:
        if curve.data_path == "rotation_euler" and curve.array_index == 2:
            for point in curve.keyframe_points:
                for name in ("co", "handle_left", "handle_right"):
                    getattr(point, name).y = sign * getattr(point, name).y + heading
            curve.update()
    for curve in quaternions.values():
        curve.update()
