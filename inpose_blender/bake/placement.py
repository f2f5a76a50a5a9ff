# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the character start where the user wants it: at the rig, at the 3D cursor, facing the rig's front."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..core import (
    FloatArray,
    Motion,
    matrix_to_quaternion,
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
)
from ..rig.measure import RigMeasure
from .options import BakeOptions

_SHORTEST_FORWARD: Final[float] = 0.2
"""Horizontal part of the direction of the hips: below it the body lies, and faces nowhere."""
_UP: Final[FloatArray] = np.array((0.0, 1.0, 0.0))
_ACROSS: Final[FloatArray] = np.array((1.0, 0.0, 1.0))


@dataclass(frozen=True)
class Placement:
    """Hold how the recorded room is turned and moved: ``turn * (p - pivot_m) + place_m``, in the core frame."""

    turn_wxyz: FloatArray
    """(4,) about the vertical axis."""
    pivot_m: FloatArray
    """(3,) on the recorded floor: where the character starts in the recording."""
    place_m: FloatArray
    """(3,) where it starts in the scene."""
    middle_m: FloatArray | None = None
    """(3,) the middle of the floor on which the character moves, in the recording; None: of an older bake."""

    def places(self, positions_m: FloatArray) -> FloatArray:
        """Return positions (..., 3) of the recorded room where they are in the scene."""
        flat_m = (positions_m - self.pivot_m).reshape(-1, 3)
        turned_m = rotate_vector(np.broadcast_to(self.turn_wxyz, (len(flat_m), 4)), flat_m)
        return turned_m.reshape(positions_m.shape) + self.place_m


@dataclass(frozen=True)
class SharedRoom:
    """Hold where another character's recorded room is in the scene."""

    placement: Placement
    measure: RigMeasure
    """Of the other character."""
    scale: float
    """Mean of the sizes of both characters, each over the size of its performer."""

    def world(self, position_m: FloatArray, middle_m: FloatArray) -> FloatArray:
        """Return a place of the motion to be placed in Blender's world, (3,).

        Calibration has scaled each performer about the middle of their own floor, which stays where it was. So what is
        between the two middles is scaled here. With the mean of both scales, hands that meet half-way between two
        performers meet between the characters, too, whatever their sizes.

        Args:
            position_m: (3,) the place.
            middle_m: (3,) the middle of the floor on which the character to be placed moves.
        """
        between_m = (middle_m - self.other_middle_m) * _ACROSS
        there_m = self.placement.places(position_m + (self.scale - 1.0) * between_m)
        in_world: FloatArray = (
            self.measure.origin_world + self.measure.R_world_core @ there_m / self.measure.metres_per_unit
        )
        return in_world

    @property
    def other_middle_m(self) -> FloatArray:
        """Return the middle of the floor of the other character, (3,); of an older bake, where it starts."""
        return self.placement.pivot_m if self.placement.middle_m is None else self.placement.middle_m


def placed(motion: Motion, placement: Placement) -> Motion:
    """Return a motion where its recorded room is placed."""
    turn_wxyz = np.broadcast_to(placement.turn_wxyz, motion.rotations_wxyz.shape)
    return replace(
        motion,
        rotations_wxyz=multiply_quaternions(turn_wxyz, motion.rotations_wxyz),
        root_translation_m=placement.places(motion.root_translation_m),
    )


def motion_placement(
    motion: Motion,
    options: BakeOptions,
    measure: RigMeasure,
    cursor_world: Sequence[float],
    shared: SharedRoom | None = None,
    whole: Motion | None = None,
) -> Placement:
    """Return where the options let a motion start, and where it faces.

    Args:
        motion: at least one frame; its first one is the start.
        options: the user's choices.
        measure: the rig, at whose origin the recorded floor's origin lies.
        cursor_world: the 3D cursor, in Blender's units.
        shared: the room of the character to start with; None if that is not wanted.
        whole: what tells the middle of the floor, if ``motion`` is only a part.
    """
    forward = quaternion_to_matrix(motion.rotations_wxyz[0, 0])[:, 2]
    middle_m = np.median((whole or motion).root_translation_m, axis=0)
    return placement_of(motion.root_translation_m[0], forward, options, measure, cursor_world, middle_m, shared)


def placement_to_text(placement: Placement) -> str:
    """Return a placement as text, to be kept with the armature object."""
    values = {name: value for name, value in vars(placement).items() if value is not None}
    return json.dumps({name: np.asarray(value).tolist() for name, value in values.items()})


def placement_from_text(text: str) -> Placement:
    """Return the placement of a text; an empty text, of an older bake, is a room that was not moved."""
    if not text:
        return Placement(np.array((1.0, 0.0, 0.0, 0.0)), np.zeros(3), np.zeros(3))
    values: dict[str, Any] = json.loads(text)
    return Placement(**{name: np.array(value, dtype=np.float64) for name, value in values.items()})


def placed_floor(
    options: BakeOptions,
    measure: RigMeasure,
    cursor_world: Sequence[float],
    shared: SharedRoom | None = None,
    ground_m: float = 0.0,
) -> RigMeasure:
    """Return the rig with the floor on which the character stands when its motion is placed.

    Args:
        options: the user's choices.
        measure: the rig.
        cursor_world: the 3D cursor, in Blender's units.
        shared: the room of the character to start with; None if that is not wanted.
        ground_m: how much higher than the recorded floor the character stands.
    """
    floor_world = measure.origin_world
    if shared is not None:
        floor_world = shared.world(shared.placement.pivot_m, shared.other_middle_m)
    elif options.start_at == "cursor":
        floor_world = np.array(cursor_world, dtype=np.float64)
    up_world = measure.R_world_core[:, 1] / measure.metres_per_unit
    return replace(measure, origin_world=floor_world + ground_m * up_world)


def placement_of(
    start_m: FloatArray,
    forward: FloatArray,
    options: BakeOptions,
    measure: RigMeasure,
    cursor_world: Sequence[float],
    middle_m: FloatArray,
    shared: SharedRoom | None = None,
) -> Placement:
    """Return how the recorded room is placed for a body that starts somewhere and faces somewhere.

    Args:
        start_m: (3,) any point of the body in the first frame, in the core frame.
        forward: (3,) the direction in which it looks.
        options: the user's choices.
        measure: the rig.
        cursor_world: the 3D cursor, in Blender's units.
        middle_m: (3,) the middle of the floor on which it moves, in the core frame.
        shared: the room of the character to start with; None if that is not wanted.
    """
    pivot_m, middle_m = start_m * _ACROSS, middle_m * _ACROSS
    if shared is not None:
        R_this_other = measure.R_world_core.T @ shared.measure.R_world_core
        turn_wxyz = multiply_quaternions(matrix_to_quaternion(R_this_other), shared.placement.turn_wxyz)
        from_origin = shared.world(pivot_m, middle_m) - measure.origin_world
        place_m = from_origin @ measure.R_world_core * measure.metres_per_unit
        return Placement(turn_wxyz, pivot_m, place_m, middle_m)
    heading = 0.0
    if options.facing == "rig" and np.hypot(forward[0], forward[2]) > _SHORTEST_FORWARD:
        heading = float(np.arctan2(forward[0], forward[2]))
    turn_wxyz = np.concatenate(([np.cos(heading / 2)], -np.sin(heading / 2) * _UP))
    place_m = pivot_m
    if options.start_at == "rig":
        place_m = np.zeros(3)
    elif options.start_at == "cursor":
        from_origin = np.array(cursor_world, dtype=np.float64) - measure.origin_world
        place_m = from_origin @ measure.R_world_core * measure.metres_per_unit
    return Placement(turn_wxyz, pivot_m, place_m, middle_m)
