# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay an action over what plays on an object: a new NLA track above, and an empty action for tweaks on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import bpy

from ..bpy_compat import ActionWriter, assign_action, assigned_slot
from ..core import RigError
from .settings import LayerSettings
from .strips import new_strip, push_down, remember_strip

TWEAK_SUFFIX: Final[str] = " tweaks"


@dataclass(frozen=True)
class Stack:
    """Say what of an object's animation a new layer leaves as it is, and what it replaces."""

    replaces_action: bool
    """The active action is an earlier bake that the layer replaces."""
    old_layers: tuple[Any, ...] = ()
    """Tracks of earlier layers that the new one replaces."""
    brought_back: Any = None
    """A muted track with the action that the earlier bake had put aside."""

    def keeps_on_top(self, animation: Any) -> bool:
        """Return whether the active action corrects an earlier layer, and stays above the new one."""
        corrects = animation.action is not None and animation.action_blend_type != "REPLACE"
        return bool(self.old_layers) and corrects and not self.replaces_action


def check_plays_tracks(animation: Any) -> None:
    """Check that a new NLA track would be seen.

    Raises:
        RigError: the object does not play its NLA tracks.
    """
    if not animation.use_nla:
        raise RigError(
            f"{animation.id_data.name} does not play its NLA tracks, so a new track would not be seen.",
            "Switch on the NLA stack of the object in the NLA editor.",
        )


def lay_over(
    animation: Any, writer: ActionWriter, name: str, layer: LayerSettings, stack: Stack, frames: tuple[float, float]
) -> Any:
    """Lay a new action over what plays, and return its track; an error takes back what was done.

    Args:
        animation: the object's animation data.
        writer: has written the action of the layer.
        name: of the new track.
        layer: how it is laid over.
        stack: what it leaves and replaces.
        frames: the frames of the scene or the layer, whichever come first and last.

    Raises:
        RigError: the object does not play its NLA tracks.
    """
    check_plays_tracks(animation)
    with ExitStack() as undo:
        if stack.brought_back is not None:
            undo.callback(_set_muted, stack.brought_back, True)
            _set_muted(stack.brought_back, False)
        old_action, old_slot = animation.action, assigned_slot(animation)
        top = _has_something(animation, but=stack.old_layers, action=None if stack.replaces_action else old_action)
        stays = stack.keeps_on_top(animation)
        if not stays:
            undo.callback(assign_action, animation, old_action, old_slot)
            undo.callback(_set_blending, animation, _blending(animation))
            assign_action(animation, None, None)
        goes_down = old_action is not None and not stays and not stack.replaces_action
        if goes_down:
            pushed = push_down(animation, old_action, old_slot, frames)
            undo.callback(animation.nla_tracks.remove, pushed)
        in_place = bool(stack.old_layers) and not goes_down
        track = animation.nla_tracks.new(prev=stack.old_layers[-1]) if in_place else animation.nla_tracks.new()
        undo.callback(animation.nla_tracks.remove, track)
        track.name = name
        first, last = writer.action.curve_frame_range
        strip = new_strip(track, writer.action, writer.slot, (first, last))
        strip.blend_type = "COMBINE" if layer.adds else "REPLACE"
        strip.extrapolation = "NOTHING" if top or layer.adds else "HOLD"
        strip.use_auto_blend = False
        length = strip.frame_end - strip.frame_start
        strip.blend_in = min(layer.blend_in, length)
        strip.blend_out = min(layer.blend_out, length - strip.blend_in)
        remember_strip(strip)
        if layer.tweak and animation.action is None:
            _set_blending(animation, ("COMBINE", 1.0, "HOLD"))
            tweaks = ActionWriter(name + TWEAK_SUFFIX, animation.id_data)
            undo.callback(bpy.data.actions.remove, tweaks.action)
            assign_action(animation, tweaks.action, tweaks.slot)
        undo.pop_all()
        return track


def is_empty_tweak(action: Any, curves: Sequence[Any], name: str) -> bool:
    """Return whether an action is the tweak layer of a bake, and nobody has keyed anything in it."""
    return action.name.startswith(name + TWEAK_SUFFIX) and not curves and not action.use_fake_user


def _has_something(animation: Any, but: Sequence[Any], action: Any) -> bool:
    playing = [track for track in animation.nla_tracks if not track.mute and track not in but and len(track.strips)]
    return bool(playing) or action is not None


def _set_muted(track: Any, muted: bool) -> None:
    track.mute = track.lock = muted


def _blending(animation: Any) -> tuple[str, float, str]:
    return animation.action_blend_type, animation.action_influence, animation.action_extrapolation


def _set_blending(animation: Any, blending: tuple[str, float, str]) -> None:
    animation.action_blend_type, animation.action_influence, animation.action_extrapolation = blending
