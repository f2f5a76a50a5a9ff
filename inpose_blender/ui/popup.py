# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw an open dialog again when something has arrived for it: Blender does so only where the mouse is moved."""

from __future__ import annotations

from typing import Any

import bpy

_open: list[Any] = []


def popup_is_drawn(context: bpy.types.Context) -> None:
    """Remember the region of the dialog that is being drawn."""
    region = getattr(context, "region_popup", None)  # the oldest Blenders draw it only where the mouse is moved
    _open[:] = [region] if region is not None and hasattr(region, "tag_refresh_ui") else []


def popup_is_closed() -> None:
    """Forget the dialog: its region no longer exists."""
    _open.clear()


def refresh_popup() -> None:
    """Let the open dialog be laid out again, if there is one."""
    for region in _open:
        region.tag_refresh_ui()
