# SPDX-License-Identifier: GPL-3.0-or-later
"""Know the operators that run while Blender goes on, to end them when the add-on is disabled.

Blender then forgets such an operator without calling it: its timer, its text in the status bar and what it has begun
would stay.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import bpy

_running: Final[list[Any]] = []


def note_running(operator: Any) -> None:
    """Remember an operator until `note_ended`; it has a method ``cancel``, which takes back what it has begun."""
    if not any(other is operator for other in _running):
        _running.append(operator)


def note_ended(operator: Any) -> None:
    """Forget an operator that has ended."""
    _running[:] = [other for other in _running if other is not operator]


def end_running() -> None:
    """Cancel all running operators, the newest first, because the add-on is being disabled."""
    while _running:
        operator = _running.pop()
        with suppress(ReferenceError):  # Blender has freed it
            operator.cancel(bpy.context)


def clear_status_text() -> None:
    """Give the status bar back to Blender, in all workspaces: the user may have changed to another one meanwhile."""
    for workspace in bpy.data.workspaces:
        with bpy.context.temp_override(workspace=workspace):
            workspace.status_text_set(None)
