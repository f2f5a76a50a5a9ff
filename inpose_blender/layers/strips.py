# SPDX-License-Identifier: GPL-3.0-or-later
"""Put actions into NLA strips that play as the active action did, and say what a strip is like."""

from __future__ import annotations

from typing import Any, Final

from ..bpy_compat import all_curves, new_strip_of
from ..controls.active_action import lies_over_tracks

_STRIP_KEY: Final[str] = "inpose_strip"
_SAME: Final[float] = 1e-3


def push_down(animation: Any, action: Any, slot: Any, frames: tuple[float, float]) -> Any:
    """Put the active action into a new track on top, where it plays as before, and return the track.

    Args:
        animation: the animation data; the action must no longer be its active one.
        action: the action that was active.
        slot: its slot.
        frames: the frames in which it is looked at. A strip plays nothing that goes on after its end, as cycles do.
    """
    # Over no other strip, Blender plays the active action as it is and ignores how it should blend.
    blends = lies_over_tracks(animation)
    first, last = action.curve_frame_range
    if goes_on(action):
        first, last = min(first, frames[0]), max(last, frames[1])
    track = animation.nla_tracks.new()
    track.name = action.name
    strip = new_strip(track, action, slot, (first, last))
    strip.blend_type = animation.action_blend_type if blends else "REPLACE"
    strip.extrapolation = animation.action_extrapolation if blends else "HOLD"
    if blends and animation.action_influence < 1.0:
        strip.use_animated_influence = True
        strip.fcurves.find("influence").keyframe_points.insert(first, animation.action_influence)
    return track


def new_strip(track: Any, action: Any, slot: Any, frames: tuple[float, float]) -> Any:
    """Return a new strip that plays some frames of an action at their own place."""
    first, last = frames
    strip = new_strip_of(track, action, slot, int(first))
    strip.action_frame_start, strip.action_frame_end = first, max(last, first + 1.0)
    strip.scale, strip.repeat = 1.0, 1.0
    strip.frame_start_ui = first
    return strip


def goes_on(action: Any) -> bool:
    """Return whether an action still moves something before or after its keys."""
    return any(
        curve.extrapolation != "CONSTANT" or any(modifier.type == "CYCLES" for modifier in curve.modifiers)
        for curve in all_curves(action)
    )


def remember_strip(strip: Any) -> None:
    """Store with its action what a new strip is like."""
    strip.action[_STRIP_KEY] = _facts(strip)


def is_untouched_strip(strip: Any) -> bool:
    """Return whether nobody has changed a strip since `remember_strip`.

    A strip that was not stored is one into which Blender has pushed an action: it is untouched while it plays the whole
    action at its own place.
    """
    stored = strip.action.get(_STRIP_KEY)
    return _plays_all(strip) if stored is None else bool(stored == _facts(strip))


def _plays_all(strip: Any) -> bool:
    first, last = strip.action.frame_range
    last = max(last, first + 1.0)
    places = (strip.frame_start - first, strip.action_frame_start - first, strip.action_frame_end - last)
    changes = (strip.scale - 1.0, strip.repeat - 1.0, strip.blend_in, strip.blend_out)
    switches = (strip.mute, strip.use_reverse, strip.use_animated_influence, strip.use_animated_time)
    return max(map(abs, (*places, *changes))) < _SAME and not any(switches) and not len(strip.modifiers)


def _facts(strip: Any) -> str:
    numbers = (
        strip.frame_start, strip.frame_end, strip.action_frame_start, strip.action_frame_end, strip.scale,
        strip.repeat, strip.blend_in, strip.blend_out, strip.influence if strip.use_animated_influence else 1.0,
    )  # fmt: skip
    switches = (strip.mute, strip.use_reverse, strip.use_animated_influence, strip.use_animated_time)
    words = (strip.blend_type, strip.extrapolation, *map(str, switches), str(len(strip.modifiers)))
    return " ".join((*(f"{number:.3f}" for number in numbers), *words))
