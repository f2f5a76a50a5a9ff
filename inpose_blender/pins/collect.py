# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the pins of a character from its list and its handles, as the solver wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import bpy
import numpy as np

from ..bake.edits.edited_take import JointMove, mirror_from_text
from ..bake.pin_handles import ease_s_of, move_of_pin
from ..bake.placement import placement_from_text
from ..bake.room import Room
from ..core import (
    Pin,
    PinError,
    PinKey,
    PinnedSeat,
    PinnedStance,
    PinSet,
    conjugate_quaternion,
    mirrored_pins,
    multiply_quaternions,
)
from ..rig.measure import RigMeasure
from ..takes.clock import RecordingClock, clock_of_take
from ..ui.translate import tr
from .handles import is_still
from .properties import pins_of
from .stands import stances_of

_AT_REST: Final[float] = 1e-5
"""Metres, and components of a quaternion."""


def room_of(armature: Any, measure: RigMeasure) -> Room:
    """Return the room of the last bake of an armature object."""
    return Room(placement_from_text(armature.inpose_take.placement), measure)


def collected_pins(context: bpy.types.Context, armature: Any, measure: RigMeasure) -> PinSet:
    """Return all pins of an armature object that are not muted, as its motion is before all edits.

    Handles that move are looked at in every frame of their pin; the scene is then at its frame again.

    Raises:
        PinError: the handle of a pin is gone, or its frames are in disorder.
    """
    room = room_of(armature, measure)
    used = [pin for pin in pins_of(armature).entries if not pin.muted]
    for pin in used:
        if pin.last < pin.first:
            raise PinError(
                tr("The pin of {joint} ends before it starts.", joint=tr(pin.joint.replace("_", " "))),
                tr("Give the earlier frame first."),
            )
    clock = clock_of_take(armature.inpose_take, context.scene)
    # A foot stands for at least one frame: half a frame before and after it.
    stances = tuple(
        PinnedStance(
            pin.joint.split("_")[0],
            clock.time_of(pin.first - 0.49),
            clock.time_of(pin.last + 0.49),
            pin.kind == "stands",
        )
        for pin in used
        if pin.kind in {"stands", "lifts"}
    )
    places = [pin for pin in used if pin.kind == "place" and (pin.use_position or pin.use_rotation)]
    with _back_at_its_frame(context.scene):
        seen = PinSet(
            tuple(_pin(context, armature, pin, clock, room) for pin in places),
            stances,
            tuple(_seat(context, pin, clock, room) for pin in used if pin.kind == "sits"),
        )
    mirror = mirror_from_text(armature.inpose_take.mirror)
    return seen if mirror is None else mirrored_pins(seen, mirror)


def _pin(context: bpy.types.Context, armature: Any, pin: Any, clock: RecordingClock, room: Room) -> Pin:
    first, last = pin.first, pin.last
    if pin.while_standing:
        last = first
        stances = stances_of(context.scene, armature).listed()
        if not is_still(_handle(context, pin)):
            foot = 0 if pin.joint.startswith("left") else 1
            held = [one for one in stances if one.foot == foot and one.first <= first <= one.last]
            first, last = (held[0].first, held[0].last) if held else (first, last)
    keys = _keys(context, pin, first, last, clock, room, pin.use_position, pin.use_rotation)
    return Pin(
        pin.joint,
        clock.time_of(first),
        clock.time_of(last),
        keys,
        bool(pin.soft),
        ease_s_of(pin, clock),
        while_standing=bool(pin.while_standing and first == last),
    )


def _seat(context: bpy.types.Context, pin: Any, clock: RecordingClock, room: Room) -> PinnedSeat:
    keys = _keys(context, pin, pin.first, pin.last, clock, room, use_position=True, use_rotation=False)
    return PinnedSeat(clock.time_of(pin.first), clock.time_of(pin.last), keys)


def _handle(context: bpy.types.Context, pin: Any) -> Any:
    if pin.handle is None or pin.handle.name not in context.scene.objects:
        raise PinError(
            tr("The handle of the pin of {joint} is gone.", joint=tr(pin.joint.replace("_", " "))),
            tr("Remove the pin, or undo."),
        )
    return pin.handle


def _keys(
    context: bpy.types.Context,
    pin: Any,
    first: int,
    last: int,
    clock: RecordingClock,
    room: Room,
    use_position: bool,
    use_rotation: bool,
) -> tuple[PinKey, ...]:
    """Return where the handle of a pin is in each frame; one key if it rests."""
    handle, moved = _handle(context, pin), move_of_pin(pin)
    frames = [first] if is_still(handle) else range(first, last + 1)
    keys = []
    for frame in frames:
        if len(frames) > 1:
            context.scene.frame_set(frame)
        keys.append(_key(context, handle, clock.time_of(frame), room, moved, use_position, use_rotation))
    rests = all(np.allclose(_values(key), _values(keys[0]), rtol=0.0, atol=_AT_REST) for key in keys[1:])
    return tuple(keys[:1] if rests else keys)


def _values(key: PinKey) -> tuple[float, ...]:
    return (*(key.position_m or ()), *(key.rotation_wxyz or ()))


def _key(
    context: bpy.types.Context,
    handle: Any,
    at_s: float,
    room: Room,
    moved: JointMove,
    use_position: bool,
    use_rotation: bool,
) -> PinKey:
    matrix = handle.evaluated_get(context.evaluated_depsgraph_get()).matrix_world
    position = rotation = None
    if use_position:
        x, y, z = (room.motion_position(np.array(matrix.translation, dtype=np.float64)) - moved.shift_m).tolist()
        position = (x, y, z)
    if use_rotation:
        turned = np.array(matrix.to_quaternion(), dtype=np.float64)
        wxyz = room.motion_rotation(turned / np.linalg.norm(turned))
        w, x, y, z = multiply_quaternions(conjugate_quaternion(moved.turn_wxyz), wxyz).tolist()
        rotation = (w, x, y, z)
    return PinKey(at_s, position, rotation)


@contextmanager
def _back_at_its_frame(scene: Any) -> Iterator[None]:
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        if (scene.frame_current, scene.frame_subframe) != (frame, subframe):
            scene.frame_set(frame, subframe=subframe)
