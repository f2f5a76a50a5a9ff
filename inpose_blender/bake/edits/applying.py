# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply the edits of a character to a take, in memory: its file stays as it was solved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...character.skin import read_skin
from ...core import BodyShape, Motion, apply_edits, finger_rotations, mirror_of, mirrored_motion
from ...fingers.rig_fingers import rig_fingers
from ...rig.prepare import PreparedRig
from ...takes.take import SolvedTake
from ..options import BakeOptions
from ..placement import Placement, motion_placement
from ..shared_room import shared_room
from .curled_skin import curled_skin
from .edited_take import EditedTake
from .reading import is_edited, mirror_of_take, read_edits
from .skin_shape import skin_shape


def edits_for(
    take: SolvedTake, rig: PreparedRig, scene: Any, options: BakeOptions
) -> tuple[Callable[[], EditedTake], Placement | None]:
    """Read everything that the edits of a character need from Blender.

    Args:
        take: what was solved.
        rig: the character, with its list of edits.
        scene: the scene of the bake, with the ground.
        options: how the take is baked: the ground is looked at where the bake puts the feet.

    Returns:
        A function that applies the edits, which may be called in a thread; and the place of the recorded room, which
        the edits do not move, or None if nothing is edited.

    Raises:
        EditError: an edit makes no sense, or its ground is gone.
    """
    armature = rig.armature_object
    start_s = float(armature.inpose_take.start_s) if take.sensors is None else take.sensors.start_s
    if not is_edited(armature):
        return lambda: EditedTake(take, take.motion, start_s), None
    plane = mirror_of_take(armature)
    mirror = None if plane is None else mirror_of(take.before_pins, plane)
    first = take.before_pins.part(slice(0, 1))
    start = first if mirror is None else mirrored_motion(first, mirror)
    shared, cursor = shared_room(options, armature, scene, take.scale), options.start.cursor_in(scene.cursor.location)
    placement = motion_placement(start, options, rig.measure, cursor, shared, take.before_pins)
    edits = read_edits(armature, scene, rig.measure, placement)
    shape = None
    if any(edit.kind == "spread_arms" for edit in edits.edits):
        shape = character_shape(rig, scene, options, take.motion)

    def apply() -> EditedTake:
        edited = apply_edits(take.motion, take.sensors, edits, shape, start_s, take.before_pins)
        mirrored = take.motion if mirror is None else mirrored_motion(take.motion, mirror)
        idle = tuple(edit.kind for edit in edited.without_effect)
        return EditedTake(replace(take, motion=edited.motion, sensors=edited.sensors), mirrored, start_s, mirror, idle)

    return apply, placement


def character_shape(rig: PreparedRig, scene: Any, options: BakeOptions, motion: Motion) -> BodyShape:
    """Return the shape of a character's skin, with the fingers as a bake curls them.

    Args:
        rig: the character.
        scene: the scene of the bake.
        options: how the take is baked.
        motion: the take; it may know the fingers.
    """
    armature, skin = rig.armature_object, read_skin(rig.armature_object)
    fingers = rig_fingers(armature, rig.mapping, scene) if options.fingers != "off" else None
    if skin is not None and fingers is not None:
        recorded, curl = options.fingers == "recorded", options.relaxed_curl
        turns = finger_rotations(motion.fingers, len(motion), motion.fps, relaxed_curl=curl, use_tracks=recorded)
        skin = curled_skin(skin, armature, fingers, rig.measure, turns)
    return skin_shape(armature, rig.mapping, rig.measure, skin)
