# SPDX-License-Identifier: GPL-3.0-or-later
"""Know while drawing which baked actions were edited: a long action takes a tenth of a second to read.

So actions are read after the drawing, and again only after Blender has told that some action has changed.
"""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..bake.takes_of_actions import take_of
from ..ui.redraw import redraw_panels

_AFTER_S: Final[float] = 0.3

_known: dict[int, bool] = {}
"""By the session's number of the action: whether it was edited."""
_stale: set[int] = set()
"""Actions that were looked at, and have changed since."""


def is_known_as_edited(action: Any) -> bool:
    """Return whether an action was edited after its bake, as far as that is known; look at it later if it is not."""
    number = action.session_uid
    if (number not in _known or number in _stale) and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=_AFTER_S)
    return _known.get(number, False)


def look_now(action: Any) -> bool:
    """Return whether an action was edited after its bake; reads it now if that is not known."""
    from ..bake.baked_actions import is_as_baked

    number = action.session_uid
    if number not in _known or number in _stale:
        _stale.discard(number)
        _known[number] = not is_as_baked(action)
    return _known[number]


def forget() -> None:
    """Forget all, because the add-on is disabled or another file was opened."""
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)
    _known.clear()
    _stale.clear()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def note_changes(_scene: Any, depsgraph: Any) -> None:
    """Remember which actions have changed."""
    if depsgraph.id_type_updated("ACTION"):
        _stale.update(
            update.id.original.session_uid for update in depsgraph.updates if isinstance(update.id, bpy.types.Action)
        )


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def note_undo(*_: Any) -> None:
    """Look at all actions again: an undo may have changed any of them."""
    _stale.update(_known)


def _look() -> None:
    before = dict(_known)
    for action in bpy.data.actions:
        if take_of(action):
            look_now(action)
    if _known != before:
        redraw_panels()
