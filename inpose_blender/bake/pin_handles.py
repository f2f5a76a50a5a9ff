# SPDX-License-Identifier: GPL-3.0-or-later
"""Let pins and their handles follow a bake: to other frames and places, through a mirror, and with the edits."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import numpy as np

from ..takes.clock import RecordingClock
from .edits.edited_take import EDITED_TAKES, EditedTake, JointMove, mirror_to_text
from .room_change import PlacedBake, room_change
from .room_objects import move_room_objects
from .settings import BakeResult


def keep_bake(armature: Any, result: BakeResult) -> None:
    """Keep with the take of an armature object where a bake has put it."""
    take, edited = armature.inpose_take, result.edited
    take.first_frame, take.placement = result.first_frame, result.place
    take.speed, take.no_pins = result.speed, result.no_pins
    take.fps = result.frames_per_s * result.speed
    take.frame_choice, take.place_choice = result.start.frame_choice, result.start.place_choice
    take.cursor = result.start.cursor_world or (0.0, 0.0, 0.0)
    take.mirror = "" if edited is None else mirror_to_text(edited.mirror)
    take.edited = "" if edited is None else uuid4().hex
    if edited is not None:
        EDITED_TAKES.remember(take.edited, edited)


def move_pins(armature: Any, before: PlacedBake, after: PlacedBake, edited: EditedTake | None) -> None:
    """Let all pins of a character hold the joints that they held, where these are after a new bake.

    Args:
        armature: the character's armature object.
        before: the bake before.
        after: the new one.
        edited: what its edits have done.
    """
    exchanged = (before.mirror is None) != (after.mirror is None)
    changes = {}
    for pin in armature.inpose_pins.entries:
        was = move_of_pin(pin)
        if exchanged:
            pin.joint = other_side(pin.joint)
        set_move_of_pin(pin, edited)
        _keep_ease(pin, before.clock, after.clock)
        if pin.handle is not None:
            changes[pin.handle.name] = room_change(before, after, was, move_of_pin(pin))
    usual = room_change(before, after, JointMove(), JointMove())
    move_room_objects(armature, lambda thing: changes.get(thing.name, usual), before.clock, after.clock)


def ease_s_of(pin: Any, clock: RecordingClock) -> float:
    """Return how long a motion takes to go to a pin, in seconds of the recording.

    Args:
        pin: an `INPOSE_PG_pin`.
        clock: of the last bake; a pin of an older file knows only its frames.
    """
    return float(pin.ease_s) if pin.ease_s >= 0.0 else float(pin.ease / clock.fps)


def move_of_pin(pin: Any) -> JointMove:
    """Return how the edits of the last bake have moved the joint of a pin."""
    return JointMove(np.array(pin.shift_m, dtype=np.float64), np.array(pin.turn_wxyz, dtype=np.float64))


def set_move_of_pin(pin: Any, edited: EditedTake | None) -> None:
    """Keep with a pin how the edits of a bake move its joint."""
    has_handle = pin.kind in {"place", "sits"}
    move = JointMove() if edited is None or not has_handle else edited.move_of(pin.joint, pin.start_s)
    pin.shift_m, pin.turn_wxyz = move.shift_m.tolist(), move.turn_wxyz.tolist()


def other_side(joint: str) -> str:
    """Return the name of the same joint on the other side of the body."""
    side, _, rest = joint.partition("_")
    sides = {"left": "right", "right": "left"}
    return f"{sides[side]}_{rest}" if side in sides else joint


def _keep_ease(pin: Any, before: RecordingClock, after: RecordingClock) -> None:
    """Let the ease of a pin take as long as it did, in the frames of a new bake."""
    ease_s = ease_s_of(pin, before)
    pin.ease = round(ease_s * after.fps)
    pin.ease_s = ease_s  # to set the frames has rounded it
