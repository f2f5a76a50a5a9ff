# SPDX-License-Identifier: GPL-3.0-or-later
"""Let an object play a new action: as the active one, in a track, or as a layer. What played before is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import bpy

from ..bpy_compat import ActionWriter, action_curves, assign_action, assigned_slot, new_strip_of, strip_slot
from ..layers.playing import Others
from ..layers.stack import Stack, check_plays_tracks, is_empty_tweak, lay_over
from ..layers.strips import remember_strip
from ..rig.home import home_basis, send_home
from ..rig.switched_off import remembered_off
from ..takes.listed import new_id
from .baked_actions import is_untouched_bake, own_tracks, remove_track
from .kept_switches import keep_switches, name_switches
from .settings import BakeSettings
from .takes_of_actions import take_of

STASH_TRACK_NAME: Final[str] = "Kept by InPose"
_PUT_ASIDE_KEY: Final[str] = "inpose_put_aside"
"""The token of the action that a bake has put aside: a layer of the same take brings it back."""
_TOKEN_KEY: Final[str] = "inpose_token"
"""A token of an action: it may be renamed, and a pointer would count as a user of it."""


def play_action(
    armature_object: Any, writer: ActionWriter, settings: BakeSettings, replaceable: str, seen: tuple[float, float]
) -> str:
    """Let an object play a written action, and return the name of the action that is now muted; "" for none.

    On an error, the new action is removed and all is as it was.

    Args:
        armature_object: the object.
        writer: has written the action.
        settings: how the action plays.
        replaceable: name of the active action, if the new one may replace it; else empty.
        seen: the first and last frame that anybody looks at.
    """
    had_animation = armature_object.animation_data is not None
    animation = armature_object.animation_data or armature_object.animation_data_create()
    old_action = animation.action
    untouched, edited = own_tracks(armature_object, settings.action_name, writer.action)
    replaced = old_action is not None and (
        old_action.name == replaceable
        or is_empty_tweak(old_action, action_curves(old_action, armature_object), settings.action_name)
    )
    own = (*untouched, *edited) if settings.replace_own else ()
    off = remembered_off(armature_object)
    switches = None
    try:
        if settings.layer is None:
            _make_active(animation, writer, settings, replaced, own)
        else:
            back = _put_aside_by(animation, old_action) if replaced else None
            stack = Stack(replaced, own, back)
            track = lay_over(animation, writer, settings.action_name, settings.layer, stack, seen)
            switches = keep_switches(armature_object, track, settings.action_name, own, off)
    except BaseException:
        bpy.data.actions.remove(writer.action)
        if not had_animation:
            armature_object.animation_data_clear()
        raise
    kept = ""
    if settings.layer is None:
        kept = old_action.name if old_action is not None and not replaced else ""
        _remember_put_aside(writer.action, old_action, replaced)
    if settings.replace_own:
        # An active action hides the edited tracks below it. A new track does not, and would play beside them.
        for track in edited if settings.layer is not None or settings.to_nla_track else ():
            track.mute = True
            kept = kept or track.strips[0].action.name
        for track in untouched:
            remove_track(armature_object, track)
        if replaced and old_action.users == 0:
            bpy.data.actions.remove(old_action)
        writer.rename(settings.action_name)
        if switches is not None:
            name_switches(switches)
        for track in animation.nla_tracks:
            for strip in (strip for strip in track.strips if strip.action == writer.action):
                strip.name = writer.action.name
    return kept


def show_bake(armature_object: Any, take_name: str) -> None:
    """Let an object play the bake of a take that it has put aside, instead of a bake of another take.

    Other active actions stay, and nothing happens if there is no such bake.
    """
    animation = armature_object.animation_data
    if animation is None or animation.action is None or take_of(animation.action) in {"", take_name}:
        return
    for track in animation.nla_tracks:
        if not (track.mute and track.name.startswith(STASH_TRACK_NAME) and len(track.strips) == 1):
            continue
        strip = track.strips[0]
        if strip.action is None or take_of(strip.action) != take_name:
            continue
        action, slot = strip.action, strip_slot(strip)
        home = home_basis(armature_object)
        _stash(animation, animation.action, assigned_slot(animation))
        animation.nla_tracks.remove(track)
        assign_action(animation, action, slot)
        if home is not None and home_basis(armature_object) is None:
            send_home(armature_object, home)
        return


def others_playing(armature_object: Any, settings: BakeSettings) -> Others:
    """Return what plays when the action of a bake is left out: what it is laid over, or goes over from and to."""
    animation = armature_object.animation_data
    if animation is None or not settings.replace_own:
        return Others()
    untouched, edited = own_tracks(armature_object, settings.action_name)
    replaced = {track.strips[0].action.name for track in (*untouched, *edited)}
    back = None
    if is_untouched_bake(animation.action, settings.action_name, armature_object):
        replaced.add(animation.action.name)
        back = _put_aside_by(animation, animation.action)
    return Others(frozenset(replaced), "" if back is None else back.strips[0].action.name)


def _make_active(
    animation: Any, writer: ActionWriter, settings: BakeSettings, replaced: bool, own: Sequence[Any]
) -> None:
    """Make the written action the active one, or play it in a track, and stash the old one; an error undoes it.

    The tracks of earlier bakes of the take, ``own``, give way.
    """
    old_action, old_slot = animation.action, assigned_slot(animation)
    old_blending = (animation.action_blend_type, animation.action_influence)
    if settings.to_nla_track:
        check_plays_tracks(animation)
    tracks = []
    try:
        if old_action is not None and not replaced:
            tracks.append(_stash(animation, old_action, old_slot))
        if settings.to_nla_track:
            assign_action(animation, None, None)
            tracks.append(_play_in_track(animation, writer.action, writer.slot, settings.action_name, own))
        else:
            assign_action(animation, writer.action, writer.slot)
            animation.action_blend_type, animation.action_influence = "REPLACE", 1.0
    except BaseException:
        assign_action(animation, old_action, old_slot)
        animation.action_blend_type, animation.action_influence = old_blending
        for track in tracks:
            animation.nla_tracks.remove(track)
        raise


def _put_aside_by(animation: Any, action: Any) -> Any:
    """Return the muted track with the action that a bake has put aside, or None."""
    aside = action.get(_PUT_ASIDE_KEY)
    if not aside:
        return None
    for track in animation.nla_tracks:
        if track.mute and track.name.startswith(STASH_TRACK_NAME) and len(track.strips) == 1:
            kept = track.strips[0].action
            if kept is not None and aside in {kept.get(_TOKEN_KEY), kept.name}:  # earlier versions kept the name
                return track
    return None


def _remember_put_aside(action: Any, before: Any, replaced: bool) -> None:
    """Remember with an action which one it has put aside; one that replaces another has that one's."""
    if replaced:
        action[_PUT_ASIDE_KEY] = before.get(_PUT_ASIDE_KEY, "")
    elif before is not None:
        if before.library is not None:  # nothing that is written into it is saved; nobody can rename it here, either
            action[_PUT_ASIDE_KEY] = before.name
            return
        if _TOKEN_KEY not in before:
            before[_TOKEN_KEY] = new_id()
        action[_PUT_ASIDE_KEY] = before[_TOKEN_KEY]


def _play_in_track(animation: Any, action: Any, slot: Any, name: str, own: Sequence[Any]) -> Any:
    """Put an action into a new track that is above the takes which begin earlier, and below those which begin later.

    So each of several takes holds its last pose until the next one begins, also when one is baked again. Tracks that
    give way, ``own``, are none of these takes. The new one takes the place of the last of them if it can.
    """
    start = int(action.frame_range[0])
    tracks = list(animation.nla_tracks)
    takes = [track for track in tracks if not track.mute and _take_in(track) and track not in own]
    earlier = [track for track in takes if track.strips[0].frame_start <= start]
    place = max((tracks.index(track) for track in own), default=-1)
    in_place = place >= 0 and all((tracks.index(other) < place) == (other in earlier) for other in takes)
    below = tracks[place] if in_place else earlier[-1] if earlier else None
    track = animation.nla_tracks.new() if below is None else animation.nla_tracks.new(prev=below)
    track.name = name
    strip = new_strip_of(track, action, slot, start)
    if any(_take_in(other) != name for other in earlier):
        strip.extrapolation = "HOLD_FORWARD"  # else its first pose would hide the takes before it
    elif below is None and takes:
        strip.extrapolation = "NOTHING"  # it is above the takes after it
    remember_strip(strip)
    return track


def _take_in(track: Any) -> str:
    """Return the take of the bake in a track; empty if there is another thing in it."""
    actions = [strip.action for strip in track.strips]
    return take_of(actions[0]) if len(actions) == 1 and actions[0] is not None else ""


def _stash(animation: Any, action: Any, slot: Any) -> Any:
    """Put an action into a muted, locked NLA track, where it survives saving and is found by its name."""
    track = animation.nla_tracks.new()
    track.name = STASH_TRACK_NAME
    new_strip_of(track, action, slot, int(action.frame_range[0]))
    track.mute = True
    track.lock = True
    return track
