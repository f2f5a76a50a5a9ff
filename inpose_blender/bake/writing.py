# SPDX-License-Identifier: GPL-3.0-or-later
"""Write channels as keyframes of a new action, in slices between which Blender draws. On an error, change nothing."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Any, Final

import bpy
import numpy as np

from ..bpy_compat import ActionWriter
from ..core import FloatArray, RigError
from ..remembered import Remembered, remember
from ..rig.home import home_basis, remember_home, send_home
from ..rig.switched_off import SwitchedOff, remember_off, restore_unkeyed
from .baked_actions import Fingerprint, look_whether_untouched, mark_as_baked
from .channels import Channel
from .keyframes import write_keys
from .object_motion import check_object_motion, object_place
from .patching import Patch, play_patch
from .play_action import play_action
from .settings import BakeResult, BakeSettings

_SLICE_S: Final[float] = 0.012
"""Time after which the writing pauses, so that Blender can draw."""


def write_action(
    armature_object: Any,
    channels: list[Channel],
    frames: FloatArray,
    settings: BakeSettings,
    *,
    scene: Any,
    switched_off: Sequence[SwitchedOff] = (),
    patch: Patch | None = None,
) -> Generator[None, None, BakeResult]:
    """Write channels into a new action, pausing now and then so that Blender can draw; close it to take all back.

    With a patch, the new action is a copy of the active one, in which only the frames of the patch are new.
    """
    remembered = remember(armature_object)
    home = home_basis(armature_object)
    stands = object_place(armature_object).basis
    if settings.object_motion:
        check_object_motion(armature_object)
    seen = min(scene.frame_start, float(frames[0])), max(scene.frame_end, float(frames[-1]))
    if patch is None:
        action, kept = yield from _replace_action(armature_object, settings, channels, frames, seen)
    else:
        action, kept = play_patch(armature_object, patch, settings, seen)
    remember_off(_object_again(remembered), action, switched_off)
    restore_unkeyed(_object_again(remembered))
    if settings.object_motion:
        remember_home(action, stands)
    elif home is not None and home_basis(_object_again(remembered)) is None:
        send_home(_object_again(remembered), home)
    stretches = () if patch is None else patch.stretches
    last_frame = int(np.ceil(frames[-1] - 1e-6))
    result = BakeResult(action.name, settings.first_frame, last_frame, kept, patched=stretches)
    yield  # Blender copies the keys to evaluate them: a long action takes a moment
    scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)
    return result


def finish(steps: Generator[None, None, BakeResult]) -> BakeResult:
    """Take all steps of `write_action` at once."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def _replace_action(
    armature_object: Any,
    settings: BakeSettings,
    channels: list[Channel],
    frames: FloatArray,
    seen: tuple[float, float],
) -> Generator[None, None, tuple[Any, str]]:
    """Write the channels into a new action, make it the active one, and stash the old; undo all of it on any error."""
    remembered = remember(armature_object)
    writer = ActionWriter(settings.action_name, armature_object)
    action_name = writer.action.name
    try:
        fingerprint = yield from _write_channels(writer, channels, frames)
        mark_as_baked(writer.action, settings.action_name, fingerprint)
        armature_object = _object_again(remembered)
        replaceable = yield from _replaceable_action(armature_object, settings)
        yield
        if not writer.look_up_again():
            raise RigError("The new action was removed before it was used.", "Bake again.")
        armature_object = _object_again(remembered)
    except BaseException:
        # By name: an undo in between may have taken the action away, and then it must not be touched again.
        if (unfinished := bpy.data.actions.get(action_name)) is not None:
            bpy.data.actions.remove(unfinished)
        raise
    # From here on nothing pauses: what the user sees changes at once or not at all.
    kept = play_action(armature_object, writer, settings, replaceable, seen)
    return writer.action, kept


def _replaceable_action(armature_object: Any, settings: BakeSettings) -> Generator[None, None, str]:
    """Return the name of the active action if it is an unedited bake of this take; else an empty name."""
    action = armature_object.animation_data.action if armature_object.animation_data else None
    if action is None or not settings.replace_own:
        return ""
    name = action.name
    steps = look_whether_untouched(action, settings.action_name, armature_object)
    paused = time.perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return name if stop.value else ""
        if time.perf_counter() - paused > _SLICE_S:
            yield
            if bpy.data.actions.get(name) != action:  # somebody has changed it: then it is kept
                return ""
            paused = time.perf_counter()


def _object_again(remembered: Remembered) -> Any:
    """Find the armature object anew after a pause, since an undo replaces it."""
    armature_object = remembered.find(bpy.data.objects)
    if armature_object is None:
        raise RigError(f"The armature {remembered.name} no longer exists.", "Select the armature and bake again.")
    return armature_object


def _write_channels(
    writer: ActionWriter, channels: list[Channel], frames: FloatArray
) -> Generator[None, None, Fingerprint]:
    points = np.empty((len(frames), 2), dtype=np.float32)
    spacing = float(frames[1] - frames[0]) if len(frames) > 1 else 1.0
    fingerprint = Fingerprint()
    paused = time.perf_counter()
    for channel in channels:
        kept = np.arange(len(channel.values)) if channel.kept is None else channel.kept
        count = len(kept)
        points[:count, 0] = frames[kept]
        for index in range(channel.values.shape[1]):
            if time.perf_counter() - paused > _SLICE_S:
                yield
                if not writer.look_up_again():
                    raise RigError("The new action was removed while it was written.", "Bake again.")
                paused = time.perf_counter()
            curve = writer.new_curve(channel.data_path, index, channel.group)
            points[:count, 1] = channel.values[kept, index]
            slopes = None if channel.slopes is None else channel.slopes[:, index] / spacing
            write_keys(curve, points[:count], slopes, held=channel.held)
            fingerprint.add(curve)
    return fingerprint
