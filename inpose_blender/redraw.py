# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask Blender to draw anew what shows InPose's state."""

from __future__ import annotations

import bpy


def redraw_panels() -> None:
    """Redraw the 3D Views of all windows, and the preferences."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()
