# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a click in the Timeline or the Dope Sheet go to a stripe, and a drag move the trim."""

from __future__ import annotations

from typing import Any

import bpy

_items: list[tuple[Any, Any]] = []


def register() -> None:
    """Add the click. Without a window, Blender has no key maps."""
    keys = bpy.context.window_manager.keyconfigs.addon
    if keys is None:
        return
    # In a low Timeline the stripes are where the frame numbers are, and there Blender asks another keymap first.
    for name, space in (("Dopesheet", "DOPESHEET_EDITOR"), ("Time Scrub", "EMPTY")):
        keymap = keys.keymaps.new(name=name, space_type=space)
        _items.append((keymap, keymap.keymap_items.new("inpose.jump_in_timeline", "LEFTMOUSE", "PRESS")))


def unregister() -> None:
    """Remove the click."""
    while _items:
        keymap, item = _items.pop()
        keymap.keymap_items.remove(item)
