# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the pins of a character from its list and its handles, as the solver wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from ..bake.placement import placement_from_text
from ..core import Pin, PinError, PinKey, PinnedStance, PinSet
from ..rig.measure import RigMeasure
from ..ui.translate import tr
from .handles import is_still
from .properties import pins_of
from .room import Room


def room_of(armature: Any, measure: RigMeasure) -> Room:
    """Return the room of the last bake of an armature object."""
    return Room(placement_from_text(armature.inpose_take.placement), measure)


def frames_per_s(scene: Any, armature: Any) -> float:
    """Return how many frames of the scene one second of the recording takes in the last bake."""
    return float(scene.render.fps / scene.render.fps_base / armature.inpose_take.speed)


def collected_pins(context: bpy.types.Context, armature: Any, measure: RigMeasure) -> PinSet:
    """Return all pins of an armature object that are not muted.

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
    take, fps = armature.inpose_take, frames_per_s(context.scene, armature)

    def time_of(frame: float) -> float:
        return float(take.start_s + (frame - take.first_frame) / fps)

    places = [pin for pin in used if pin.kind == "place" and (pin.use_position or pin.use_rotation)]
    # A foot stands for at least one frame: half a frame before and after it.
    stances = tuple(
        PinnedStance(pin.joint.split("_")[0], time_of(pin.first - 0.49), time_of(pin.last + 0.49), pin.kind == "stands")
        for pin in used
        if pin.kind != "place"
    )
    with _back_at_its_frame(context.scene):
        return PinSet(tuple(_pin(context, pin, time_of, room, fps) for pin in places), stances)


def _pin(context: bpy.types.Context, pin: Any, time_of: Callable[[float], float], room: Room, fps: float) -> Pin:
    if pin.handle is None or pin.handle.name not in context.scene.objects:
        raise PinError(
            tr("The handle of the pin of {joint} is gone.", joint=tr(pin.joint.replace("_", " "))),
            tr("Remove the pin, or undo."),
        )
    frames = [pin.first] if is_still(pin.handle) else list(range(pin.first, pin.last + 1))
    keys = []
    for frame in frames:
        if len(frames) > 1:
            context.scene.frame_set(frame)
        keys.append(_key(context, pin, time_of(frame), room))
    return Pin(pin.joint, time_of(pin.first), time_of(pin.last), tuple(keys), bool(pin.soft), pin.ease / fps)


def _key(context: bpy.types.Context, pin: Any, at_s: float, room: Room) -> PinKey:
    matrix = pin.handle.evaluated_get(context.evaluated_depsgraph_get()).matrix_world
    position = rotation = None
    if pin.use_position:
        x, y, z = room.motion_position(np.array(matrix.translation, dtype=np.float64)).tolist()
        position = (x, y, z)
    if pin.use_rotation:
        turned = np.array(matrix.to_quaternion(), dtype=np.float64)
        w, x, y, z = room.motion_rotation(turned / np.linalg.norm(turned)).tolist()
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
