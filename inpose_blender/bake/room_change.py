# SPDX-License-Identifier: GPL-3.0-or-later
"""Say where the last bake of a take is, and how places in the scene change from one bake to the next. No bpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..core import FloatArray, Mirror, conjugate_quaternion, multiply_quaternions
from ..rig.measure import RigMeasure
from ..takes.clock import RecordingClock, clock_of_take
from .edits.edited_take import JointMove, mirror_from_text
from .placement import placement_from_text
from .room import Room

_SAME: Final[float] = 1e-6


@dataclass(frozen=True, eq=False)
class PlacedBake:
    """Hold where in time and space a bake shows a take."""

    room: Room
    clock: RecordingClock
    mirror: Mirror | None


def placed_bake(armature: Any, scene: Any, measure: RigMeasure) -> PlacedBake | None:
    """Return where the last bake of an armature object is; None if nothing was baked."""
    take = armature.inpose_take
    if not take.placement:
        return None
    room = Room(placement_from_text(take.placement), measure)
    return PlacedBake(room, clock_of_take(take, scene), mirror_from_text(take.mirror))


@dataclass(frozen=True, eq=False)
class RoomChange:
    """Move things of the world as a joint of the character moves between two bakes."""

    places: FloatArray
    """(4, 4) what places are multiplied by; a reflection if only one of the bakes is mirrored."""
    turns: FloatArray
    """(4, 4) what rotations of handles, as quaternions, are multiplied by."""

    @property
    def is_none(self) -> bool:
        """Return whether nothing moves."""
        turns = self.turns * np.sign(self.turns[0, 0] or 1.0)
        return bool(np.abs(self.places - np.eye(4)).max() < _SAME and np.abs(turns - np.eye(4)).max() < _SAME)

    @property
    def is_reflection(self) -> bool:
        """Return whether left and right are exchanged."""
        return bool(np.linalg.det(self.places[:3, :3]) < 0)


def room_change(before: PlacedBake, after: PlacedBake, was: JointMove, now: JointMove) -> RoomChange:
    """Return the change from one bake to the next.

    Args:
        before: where the handle of a joint is now.
        after: where it shall be.
        was: how the edits before had moved the joint.
        now: how they move it now.
    """

    def place(world: FloatArray) -> FloatArray:
        place_m = before.room.motion_position(world) - was.shift_m
        for mirror in (before.mirror, after.mirror):
            place_m = place_m if mirror is None else mirror.places(place_m)
        return after.room.world_position(place_m + now.shift_m)

    def turn(world_wxyz: FloatArray) -> FloatArray:
        wxyz = multiply_quaternions(conjugate_quaternion(was.turn_wxyz), before.room.motion_rotation(world_wxyz))
        for mirror in (before.mirror, after.mirror):
            wxyz = wxyz if mirror is None else mirror.rotations(wxyz)
        return after.room.world_rotation(multiply_quaternions(now.turn_wxyz, wxyz))

    # Both are linear, so the images of the axes say all.
    places, origin = np.eye(4), place(np.zeros(3))
    places[:3, :3] = np.stack([place(axis) - origin for axis in np.eye(3)], axis=1)
    places[:3, 3] = origin
    return RoomChange(places, np.stack([turn(part) for part in np.eye(4)], axis=1))
