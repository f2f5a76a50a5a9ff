# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask Blender to redraw all panels that show InPose's state."""

from __future__ import annotations

import bpy


def redraw_views() -> None:
    """Redraw the 3D Views with their sidebars, and the timelines: what is shown of the recording has changed."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "DOPESHEET_EDITOR"}:
                area.tag_redraw()


def redraw_panels() -> None:
    """Redraw the sidebars of all 3D Views, and the preferences, but not the 3D Views, because drawing them can take
    long."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if (area.type, region.type) in {("VIEW_3D", "UI"), ("PREFERENCES", "WINDOW")}:
                    region.tag_redraw()
