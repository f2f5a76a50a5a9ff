# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeat the active action: with modifiers of its F-curves, or with an NLA strip."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bpy_compat import all_curves, assign_action, assigned_slot
from ..layers.strips import new_strip, remember_strip


def repeat_with_modifiers(action: Any, frames: tuple[int, int], *, moves_on: bool) -> None:
    """Let the F-curves of an action repeat without end, and tell Blender that the action is cyclic.

    Args:
        action: the loop.
        frames: the first and the last frame of a round.
        moves_on: each round starts where the one before ends.
    """
    for curve in all_curves(action):
        if len(curve.keyframe_points) < 2:
            continue
        modifier = curve.modifiers.new("CYCLES")
        goes_on = moves_on and curve.data_path.endswith("location")
        modifier.mode_before = modifier.mode_after = "REPEAT_OFFSET" if goes_on else "REPEAT"
        curve.update()
    action.use_frame_range, action.use_cyclic = True, True
    action.frame_start, action.frame_end = frames


def repeat_with_strip(animation: Any, frames: tuple[int, int], until: int, *, moves_on: bool) -> None:
    """Put the active action into a new NLA track, with a strip that repeats it to a frame of the scene.

    A strip repeats an action as it is. Where each round goes on from the last one, the F-curves repeat instead, and the
    strip is as long as all rounds.
    """
    action, slot = animation.action, assigned_slot(animation)
    first, last = frames
    rounds = max(1, int(np.ceil((until - first) / (last - first))))
    assign_action(animation, None, None)
    track = animation.nla_tracks.new()
    track.name = action.name
    if moves_on:
        repeat_with_modifiers(action, frames, moves_on=True)
        strip = new_strip(track, action, slot, (first, first + rounds * (last - first)))
    else:
        strip = new_strip(track, action, slot, (first, last))
        strip.repeat = rounds
    remember_strip(strip)
