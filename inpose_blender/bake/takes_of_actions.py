# SPDX-License-Identifier: GPL-3.0-or-later
"""Know which take an action was baked from. Does not need numpy."""

from __future__ import annotations

from typing import Any, Final

from ..bpy_compat import LONGEST_STRIP_NAME, shortened
from ..rig.action_marks import SWITCHES_KEY

TAKE_KEY: Final[str] = "inpose_take"
"""The property of a baked action with the name of its take."""
_SWITCHES: Final[str] = " switches"


def take_of(action: Any) -> str:
    """Return the take that an action was baked from; empty for an action of somebody else."""
    return str(action.get(TAKE_KEY, ""))


def switches_name(take_name: str) -> str:
    """Return the name of the track that holds the rig's switches below a layer of a take, and of its action."""
    return take_name + _SWITCHES


def bakes_on(owner: Any, take_name: str) -> list[Any]:
    """Return the actions of an object that were baked from a take: the active one, and those of NLA strips."""
    animation = owner.animation_data
    if animation is None:
        return []
    actions = [animation.action, *(strip.action for track in animation.nla_tracks for strip in track.strips)]
    return list(dict.fromkeys(action for action in actions if action is not None and take_of(action) == take_name))


def release_bakes(owner: Any, take_name: str) -> None:
    """Let the bakes of a take belong to no take: no later take of this name replaces them."""
    for action in bakes_on(owner, take_name):
        del action[TAKE_KEY]


def rename_bakes(owner: Any, before: str, after: str) -> None:
    """Let the bakes of a take belong to it under its new name; actions, tracks and strips that have its name get the
    new one."""
    baked = bakes_on(owner, before)
    for action in baked:
        action[TAKE_KEY] = after
        if action.name == shortened(before):
            action.name = shortened(after)
        elif SWITCHES_KEY in action:
            action.name = shortened(switches_name(after))
    for track in owner.animation_data.nla_tracks if baked else ():
        for strip in (strip for strip in track.strips if strip.action in baked):
            strip.name = strip.action.name
            if SWITCHES_KEY in strip.action:
                track.name = switches_name(after)
            elif track.name == shortened(before, LONGEST_STRIP_NAME):
                track.name = after
