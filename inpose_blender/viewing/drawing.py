# SPDX-License-Identifier: GPL-3.0-or-later
"""Add the drawing to Blender's editors. numpy and the drawing code are loaded when there is something to draw."""

from __future__ import annotations

import sys
from typing import Any

import bpy

from .properties import view_of

_handlers: list[tuple[Any, Any]] = []


def register() -> None:
    """Start to draw, if Blender has a window."""
    if bpy.app.background:
        return
    for space, draw, when in (
        (bpy.types.SpaceDopeSheetEditor, _draw_timeline, "POST_PIXEL"),
        (bpy.types.SpaceView3D, _draw_preview, "POST_VIEW"),
    ):
        _handlers.append((space, space.draw_handler_add(draw, (), "WINDOW", when)))


def unregister() -> None:
    """Stop drawing, and forget what was drawn, without loading modules that were never needed."""
    while _handlers:
        space, handler = _handlers.pop()
        space.draw_handler_remove(handler, "WINDOW")
    for name in ("timeline", "preview", "findings", "seat"):
        if module := sys.modules.get(f"{__package__}.{name}"):
            module.forget()


def _draw_timeline() -> None:
    context = bpy.context
    if view_of(context).shows_timeline and context.scene.inpose.recording:
        from .timeline import draw_timeline

        draw_timeline(context)


def _draw_preview() -> None:
    context = bpy.context
    if view_of(context).shows_recording and context.scene.inpose.recording:
        from .preview import draw_preview

        draw_preview(context)
