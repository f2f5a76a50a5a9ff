# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the list complete: after a file was opened, and when armature objects come with takes of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import bpy

from ..preferences.machine_settings import folder_beside, folders_of_takes
from ..takes.adoption import adopt, needs_adoption
from ..takes.on_disk import look_again
from ..ui.redraw import redraw_panels
from . import edited, finding


def complete_list_later(scene: Any) -> None:
    """Add what is missing in the list of a scene, after the drawing in which that was noticed."""
    if needs_adoption(scene) and not bpy.app.timers.is_registered(_complete):
        bpy.app.timers.register(_complete, first_interval=0.0)


def register() -> None:
    """Listen to what changes takes."""
    for name, function in _HANDLERS:
        getattr(bpy.app.handlers, name).append(function)


def unregister() -> None:
    """Stop listening."""
    for name, function in reversed(_HANDLERS):
        getattr(bpy.app.handlers, name).remove(function)
    if bpy.app.timers.is_registered(_complete):
        bpy.app.timers.unregister(_complete)
    edited.forget()
    look_again()


def _complete() -> None:
    for scene in bpy.data.scenes:
        if scene.is_editable:
            adopt(scene)
    redraw_panels()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _on_load(*_: Any) -> None:
    """Show the takes of older files, and find files that were moved together with the .blend file."""
    edited.forget()
    look_again()
    for scene in bpy.data.scenes:
        if not scene.is_editable:
            continue
        adopt(scene)
        if bpy.data.filepath and len(scene.inpose_takes.entries):
            blend, own = Path(bpy.data.filepath), scene.inpose_takes.folder
            folders = [Path(bpy.path.abspath(own))] if own else []
            finding.find_missing(scene, [*folders, folder_beside(blend), blend.parent], deep=False)
            # The motions of a file that was saved under a new version are in the folder of the version before.
            finding.find_missing(scene, folders_of_takes(blend.parent), deep=False)


_HANDLERS: Final[tuple[tuple[str, Any], ...]] = (
    ("load_post", _on_load),
    ("depsgraph_update_post", edited.note_changes),
    ("undo_post", edited.note_undo),
    ("redo_post", edited.note_undo),
)
