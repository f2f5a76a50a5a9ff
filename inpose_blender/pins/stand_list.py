# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill the list of stances in the panel, and change the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..ui.redraw import redraw_views
from .properties import chosen_stand, stands_shown
from .stands import say, stances_at_hand, stances_of

if TYPE_CHECKING:  # Blender's start must not wait for the core
    from .stand_edits import FootStances, ListedStance


def keep_list_fresh(context: bpy.types.Context, armature: Any) -> bool:
    """Return whether the list contains the stances of a character; if not, let a timer fill it.

    Panels may not write while they draw.
    """
    stances = stances_at_hand(context.scene, armature)
    if stances is None:
        return False
    if stands_shown(context).listed == _key(stances.listed()):
        return True
    if not bpy.app.timers.is_registered(_fill_later):
        bpy.app.timers.register(_fill_later, first_interval=0.0)
    return False


def fill_list(context: bpy.types.Context, stances: FootStances, foot: int = -1, frame: int = 0) -> None:
    """Put stances into the list, and choose the one of a foot at or near a frame, or the one that was chosen before."""
    shown, listed = stands_shown(context), stances.listed()
    if foot < 0 and (before := chosen_stand(context)) is not None:
        foot, frame = before.foot, before.first
    shown.entries.clear()
    for stance in listed:
        item = shown.entries.add()
        item.foot, item.first, item.last, item.is_said = stance.foot, stance.first, stance.last, stance.is_said
    of_foot = [place for place, one in enumerate(listed) if one.foot == foot]
    shown.is_filling = True  # to choose a stance goes to its frame, and nobody has clicked
    shown.chosen = min(
        of_foot, key=lambda place: max(listed[place].first - frame, frame - listed[place].last, 0), default=-1
    )
    shown.is_filling = False
    shown.listed = _key(listed)


def change(context: bpy.types.Context, armature: Any, stances: FootStances, foot: int, frame: int) -> None:
    """Keep changed stances, show them, and choose the one of a foot at a frame."""
    say(armature, stances)
    fill_list(context, stances_of(context.scene, armature), foot, frame)
    redraw_views()


def move_chosen(
    context: bpy.types.Context, armature: Any, *, first: int | None = None, last: int | None = None
) -> None:
    """Give the chosen stance another first or last frame; nothing happens without one."""
    stance = listed_of(chosen_stand(context))
    if stance is None:
        return
    try:
        stances = stances_of(context.scene, armature)
    except InPoseError:  # a setter of a property cannot tell anybody; the panel does
        return
    first, last = stance.first if first is None else first, stance.last if last is None else last
    after = stances.moved(stance, min(first, stance.last), max(last, stance.first))
    overlapping = [one for one in after.listed() if one.first <= stance.last and one.last >= stance.first]
    now = next((one for one in overlapping if one.foot == stance.foot), stance)
    change(context, armature, after, now.foot, now.first)


def listed_of(item: Any) -> ListedStance | None:
    """Return a stance of the list as a value."""
    from .stand_edits import ListedStance

    return None if item is None else ListedStance(item.foot, item.first, item.last, item.is_said)


def forget() -> None:
    """Stop filling the list, because the add-on is disabled."""
    if bpy.app.timers.is_registered(_fill_later):
        bpy.app.timers.unregister(_fill_later)


def _fill_later() -> None:
    windows = bpy.context.window_manager.windows
    if not windows:
        return
    with bpy.context.temp_override(window=windows[0]):
        armature = chosen_armature(bpy.context)
        if armature is None or armature.type != "ARMATURE" or not armature.inpose_take.file:
            return
        stances = stances_at_hand(bpy.context.scene, armature)
        if stances is not None and stands_shown(bpy.context).listed != _key(stances.listed()):
            fill_list(bpy.context, stances)
            redraw_views()


def _key(listed: tuple[ListedStance, ...]) -> str:
    return str(hash(listed))
