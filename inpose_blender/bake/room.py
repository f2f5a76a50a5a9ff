# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert between the room of a motion and Blender's world, as the last bake placed it. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import (
    FloatArray,
    conjugate_quaternion,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
)
from ..rig.measure import RigMeasure
from .placement import Placement


@dataclass(frozen=True)
class Room:
    """Hold where a motion's room is in the world.

    A joint's rotation in the world is shown as that of a handle, which is unturned if the character stands in a T-pose
    and faces as in its rest pose.
    """

    placement: Placement
    measure: RigMeasure

    def world_position(self, position_m: FloatArray) -> FloatArray:
        """Return positions of the motion, (..., 3), in Blender's world."""
        placed_m = self.placement.places(position_m)
        world: FloatArray = (
            self.measure.origin_world + placed_m @ self.measure.R_world_core.T / self.measure.metres_per_unit
        )
        return world

    def motion_position(self, world: FloatArray) -> FloatArray:
        """Return positions in Blender's world, (3,), in the room of the motion."""
        placed_m = (world - self.measure.origin_world) @ self.measure.R_world_core * self.measure.metres_per_unit
        back = rotate_vector(conjugate_quaternion(self.placement.turn_wxyz), placed_m - self.placement.place_m)
        return back + self.placement.pivot_m

    def world_rotation(self, wxyz: FloatArray) -> FloatArray:
        """Return a joint's global rotation in the motion, (4,), as the rotation of a handle."""
        axes = self._axes
        placed = multiply_quaternions(self.placement.turn_wxyz, wxyz)
        return multiply_quaternions(multiply_quaternions(axes, placed), conjugate_quaternion(axes))

    def motion_rotation(self, world_wxyz: FloatArray) -> FloatArray:
        """Return the rotation of a handle, (4,), as that of a joint in the motion."""
        axes = self._axes
        placed = multiply_quaternions(multiply_quaternions(conjugate_quaternion(axes), world_wxyz), axes)
        return multiply_quaternions(conjugate_quaternion(self.placement.turn_wxyz), placed)

    @property
    def _axes(self) -> FloatArray:
        return matrix_to_quaternion(self.measure.R_world_core)
