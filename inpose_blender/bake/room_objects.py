# SPDX-License-Identifier: GPL-3.0-or-later
"""Move what belongs to a character's recorded room when a bake puts the room elsewhere: the handles of pins.

An object that hangs on another one, by a parent or a constraint, stays with that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from ..bpy_compat import action_curves
from ..core import FloatArray, quaternion_to_matrix
from ..rig.measure import RigMeasure
from ..takes.clock import RecordingClock
from .placement import Placement

_SAME: Final[float] = 1e-6


def room_change(before: Placement, after: Placement, measure: RigMeasure) -> Matrix:
    """Return the (4, 4) matrix that moves things of the world as a character moves between two bakes."""
    return Matrix((_world(after, measure) @ np.linalg.inv(_world(before, measure))).tolist())


def move_room_objects(armature: Any, change: Matrix, before: RecordingClock, after: RecordingClock) -> None:
    """Move all objects that belong to a character's room, with their own keys.

    Args:
        armature: the character's armature object.
        change: of `room_change`.
        before: the frames at which the motion was.
        after: the frames at which it is now.
    """
    still = max(abs(value) for row in change - Matrix.Identity(4) for value in row) < _SAME
    if still and before == after:
        return
    for thing in bpy.data.objects:
        if thing.inpose_room_of != armature or thing.parent is not None or len(thing.constraints):
            continue
        curves = _own_curves(thing)
        if curves is None:  # others use its keys, too
            continue
        if before != after:
            _shift(curves, before, after)
        if not still:
            thing.matrix_basis = change @ thing.matrix_basis
            _move_places([curve for curve in curves if curve.data_path == "location"], change)
            _turn(curves, change.to_quaternion())


def _world(placement: Placement, measure: RigMeasure) -> FloatArray:
    """Return the (4, 4) matrix from the recorded room to Blender's world."""
    R_turn = quaternion_to_matrix(placement.turn_wxyz)
    matrix = np.eye(4)
    matrix[:3, :3] = measure.R_world_core @ R_turn / measure.metres_per_unit
    placed_m = placement.place_m - R_turn @ placement.pivot_m
    matrix[:3, 3] = measure.origin_world + measure.R_world_core @ placed_m / measure.metres_per_unit
    return matrix


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


def _move_places(curves: Sequence[Any], change: Matrix) -> None:
    """Move keyed places. Keys of the three components at the same frames move together, with their Bezier handles."""
    by_axis = {curve.array_index: curve for curve in curves}
    frames = [tuple(point.co.x for point in curve.keyframe_points) for curve in by_axis.values()]
    if len(by_axis) == 3 and len(set(frames)) == 1:
        for points in zip(*(by_axis[axis].keyframe_points for axis in range(3)), strict=True):
            for name in ("co", "handle_left", "handle_right"):
                place = change @ Matrix.Translation([getattr(point, name).y for point in points]).translation
                for point, value in zip(points, place, strict=True):
                    getattr(point, name).y = value
    else:  # components with keys of their own can be moved, but not turned
        for axis, curve in by_axis.items():
            for point in curve.keyframe_points:
                for name in ("co", "handle_left", "handle_right"):
                    getattr(point, name).y += change.translation[axis]
    for curve in curves:
        curve.update()


def _turn(curves: Sequence[Any], turn: Quaternion) -> None:
    """Turn keyed rotations: rooms turn about the vertical axis only."""
    quaternions = {curve.array_index: curve for curve in curves if curve.data_path == "rotation_quaternion"}
    if len(quaternions) == 4 and len({len(curve.keyframe_points) for curve in quaternions.values()}) == 1:
        for points in zip(*(quaternions[part].keyframe_points for part in range(4)), strict=True):
            for name in ("co", "handle_left", "handle_right"):
                turned = turn @ Quaternion([getattr(point, name).y for point in points])
                for point, value in zip(points, turned, strict=True):
                    getattr(point, name).y = value
    for curve in curves:
        if curve.data_path == "rotation_euler" and curve.array_index == 2:
            for point in curve.keyframe_points:
                for name in ("co", "handle_left", "handle_right"):
                    getattr(point, name).y += turn.to_euler().z
    for curve in quaternions.values():
        curve.update()
