# SPDX-License-Identifier: GPL-3.0-or-later
"""Give rigs their own poses when an undo goes back into a Live session that has ended.

Blender's undo steps hold everything, so those that were made during Live hold the live pose, and Auto Keying switched
off. Each of them has the number of its session in the scene. The sessions are kept until another file is opened.
"""

from __future__ import annotations

from typing import Final

import bpy

from .stage import Stage

_ended: Final[list[Stage]] = []


def keep(stage: Stage) -> None:
    """Keep a session that has ended."""
    _ended.append(stage)
    handlers = bpy.app.handlers
    if _after_undo not in handlers.undo_post:
        handlers.undo_post.append(_after_undo)
        handlers.redo_post.append(_after_undo)
        handlers.load_pre.append(forget)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def forget(*_arguments: object) -> None:
    """Forget all sessions: another file is opened, or the add-on is disabled."""
    _ended.clear()
    handlers = bpy.app.handlers
    for each, handler in ((handlers.undo_post, _after_undo), (handlers.redo_post, _after_undo)):
        if handler in each:
            each.remove(handler)
    if forget in handlers.load_pre:
        handlers.load_pre.remove(forget)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _after_undo(*_arguments: object) -> None:
    for scene in bpy.data.scenes:
        for stage in _ended:
            if stage.number == scene.inpose_live.stage:
                stage.give_back()
