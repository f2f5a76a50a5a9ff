# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the sub-panels."""

from __future__ import annotations

import bpy

from .drawing import SidebarPanel


class INPOSE_PT_main(SidebarPanel, bpy.types.Panel):
    """From a VR recording to keyframes"""

    bl_idname = "INPOSE_PT_main"
    bl_label = "InPose"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw nothing: all is in the sub-panels."""
