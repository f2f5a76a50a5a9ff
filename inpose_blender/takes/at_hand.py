# SPDX-License-Identifier: GPL-3.0-or-later
"""Find a take in memory while drawing; if it is not there, load it afterwards."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..errors import InPoseError
from ..ui.redraw import redraw_views
from .memory import TAKES, TakeMemory
from .take import SolvedTake

_wanted: list[Path] = []
_unreadable: set[Path] = set()


def take_at_hand(file: str, takes: TakeMemory) -> SolvedTake | None:
    """Return a take if it is in memory; else None, and load it for a later drawing."""
    path = Path(file)
    take = takes.at_hand(path)
    if take is None and path not in _unreadable and not bpy.app.timers.is_registered(_load):
        _wanted[:] = [path]
        bpy.app.timers.register(_load, first_interval=0.0)
    return take


def forget() -> None:
    """Stop loading, because the add-on is disabled."""
    if bpy.app.timers.is_registered(_load):
        bpy.app.timers.unregister(_load)
    _wanted.clear()
    _unreadable.clear()


def _load() -> None:
    while _wanted:
        path = _wanted.pop()
        try:
            TAKES.recall(path)
        except InPoseError:  # deleted in the meantime: the stripes have no confidence then
            _unreadable.add(path)
    redraw_views()
