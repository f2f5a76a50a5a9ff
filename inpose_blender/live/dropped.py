# SPDX-License-Identifier: GPL-3.0-or-later
"""Take care of the takes of a Live session that was ended from outside: they are listed, or the user is told of them.

If the window of Live was closed, its scene is still there, and gets the takes. If another file was opened, nobody knows
whether they belong to that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import bpy

from ..ui.status import show_text
from ..ui.translate import tr
from .finishing import hand_over
from .stage import FinishedTake, Stage

_untold: Final[list[FinishedTake]] = []


def list_soon(stage: Stage) -> None:
    """List the takes of a session whose window is closing, as soon as Blender has closed it."""
    if stage.takes:
        bpy.app.timers.register(partial(list_now, stage), first_interval=0.0)


def list_now(stage: Stage) -> None:
    """List the takes of a session that was dropped in the scene of the session, and say so."""
    window = next(iter(bpy.context.window_manager.windows), None)
    with bpy.context.temp_override(window=window):
        hand_over(bpy.context, stage.takes, solve=False, scene=stage.scene)
        show_text(bpy.context, tr("The window of Live was closed. Its takes are in the list."))
        bpy.ops.ed.undo_push(message=tr("Live"))


def tell_after_loading(takes: Sequence[FinishedTake]) -> None:
    """Say where takes are, as soon as the next file is open."""
    _untold.extend(takes)
    if takes and _tell not in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.append(_tell)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _tell(*_arguments: object) -> None:
    bpy.app.handlers.load_post.remove(_tell)
    files = [take.take.file for take in _untold]
    _untold.clear()
    where = tr(
        "Its takes are complete, in the folder {folder}: {files}. To use one, choose it as the recording.",
        folder=files[0].parent,
        files=", ".join(file.name for file in files),
    )
    show_text(bpy.context, tr("Live has ended, because another file was opened."), (where,))
