# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what the recording does not: who wore the headset and how, and how their size becomes the character's."""

from __future__ import annotations

from typing import Final

import bpy

from ..ui.drawing import SubPanel

CALIBRATION_OPTIONS: Final[tuple[str, ...]] = (
    "stature", "scale", "scale_factor", "pose", "calibration_pose", "calibration_file", "body", "head_view", "refine"
)  # fmt: skip
"""Properties of the scene's settings that say how the recording is understood, in the order of the panel."""


class INPOSE_PT_calibration(SubPanel, bpy.types.Panel):
    """Say what the recording does not: all of it is estimated if you do not"""

    bl_idname = "INPOSE_PT_calibration"
    bl_label = "Calibration"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options one below the other."""
        self.layout.use_property_split = True
        self.layout.use_property_decorate = False
        settings = context.scene.inpose
        for name in CALIBRATION_OPTIONS:
            if name != "scale_factor" or settings.scale == "custom":
                self.layout.prop(settings, name)
