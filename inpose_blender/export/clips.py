# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the animations of a character that become clips of a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ..bake.takes_of_actions import take_of
from ..bpy_compat import (
    LONGEST_STRIP_NAME,
    all_curves,
    assign_action,
    assigned_slot,
    shortened,
    strip_slot,
)
from ..core import RigError
from ..rig.action_marks import SWITCHES_KEY
from .options import ClipChoice


@dataclass(frozen=True)
class Clip:
    """Hold one animation of a character."""

    name: str
    first_frame: int
    last_frame: int
    alone: Any = None
    """The NLA strip whose action plays alone, because its track is muted; None: what the scene plays."""

    def __len__(self) -> int:
        return self.last_frame - self.first_frame + 1


def find_clips(armature_object: Any, scene: Any, choice: ClipChoice) -> tuple[Clip, ...]:
    """Return the clips to export.

    Raises:
        RigError: the character has no animation.
    """
    animation = armature_object.animation_data
    if animation is not None and animation.use_tweak_mode:
        raise RigError("An NLA strip is in tweak mode.", "Leave tweak mode (Tab in the NLA editor), then export.")
    found = [*_takes(armature_object)] if animation is not None and choice == "takes" else []
    if not found and choice == "playing":
        found = [_playing(armature_object, scene)]
    if not found:
        raise RigError(
            f"{armature_object.name} has no action to export.", "Solve a recording, or set Clips to What plays."
        )
    return tuple(_with_own_names(found))


@contextmanager
def played(armature_object: Any, clip: Clip) -> Iterator[None]:
    """Let the character play a clip, and restore its animation afterwards."""
    if clip.alone is None:
        yield
        return
    animation = armature_object.animation_data
    action, slot = animation.action, assigned_slot(animation)
    before = (animation.use_nla, animation.action_blend_type, animation.action_influence)
    try:
        assign_action(animation, clip.alone.action, strip_slot(clip.alone))
        animation.use_nla, animation.action_blend_type, animation.action_influence = False, "REPLACE", 1.0
        yield
    finally:
        animation.use_nla, animation.action_blend_type, animation.action_influence = before
        assign_action(animation, action, slot)


def _takes(armature_object: Any) -> Iterator[Clip]:
    """Yield the newest bake of each take: what plays comes first, then muted tracks from the top."""
    animation = armature_object.animation_data
    tracks = list(reversed(animation.nla_tracks))
    heard = [track for track in tracks if not track.mute] if animation.use_nla else []
    seen: set[str] = set()
    if (action := animation.action) is not None and _has_keys(action) and not heard:
        seen.add(take_of(action) or action.name)
        yield _clip(action.name, *action.frame_range)
    for track in heard:
        for strip in track.strips:
            take = _take_of(strip)
            if take and not strip.mute and take not in seen:
                seen.add(take)
                yield _clip(strip.action.name, strip.frame_start, strip.frame_end)
    if action is not None and heard and take_of(action) and take_of(action) not in seen:
        seen.add(take_of(action))
        yield _clip(action.name, *action.frame_range)
    for track in (track for track in tracks if track not in heard):
        for strip in track.strips:
            take = _take_of(strip)
            if take and take not in seen:
                seen.add(take)
                first, last = strip.action.frame_range
                yield _clip(strip.action.name, first, last, strip)


def _take_of(strip: Any) -> str:
    """Return the take whose bake a strip plays; empty for other actions, and for what a layer's bake has below it."""
    return take_of(strip.action) if strip.action and SWITCHES_KEY not in strip.action else ""


def _playing(armature_object: Any, scene: Any) -> Clip:
    animation = armature_object.animation_data
    action = animation.action if animation is not None else None
    first, last = scene.frame_start, scene.frame_end
    if scene.use_preview_range:
        first, last = scene.frame_preview_start, scene.frame_preview_end
    return Clip(action.name if action is not None else armature_object.name, first, last)


def _clip(name: str, first: float, last: float, alone: Any = None) -> Clip:
    return Clip(name, math.floor(first + 1e-3), math.ceil(last - 1e-3), alone)


def _has_keys(action: Any) -> bool:
    return any(len(curve.keyframe_points) for curve in all_curves(action))


def _with_own_names(clips: list[Clip]) -> Iterator[Clip]:
    """Yield clips of different names that an NLA strip can hold: the exporters take the names of strips and tracks.

    The names of actions may be longer, and two actions may have one name if one of them is linked.
    """
    taken: set[str] = set()
    for clip in clips:
        name, number = shortened(clip.name, LONGEST_STRIP_NAME), 1
        while name in taken:
            number += 1
            ending = f"_{number}"
            name = shortened(clip.name, LONGEST_STRIP_NAME - len(ending)) + ending
        taken.add(name)
        yield replace(clip, name=name)
