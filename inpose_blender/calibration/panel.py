# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what the recording does not: who wore the headset and how, and how their size becomes the character's."""

from __future__ import annotations

import bpy

from ..options import CalibrationSettings
from ..ui.drawing import SubPanel
from ..ui.option_rows import draw_options


class INPOSE_PT_calibration(SubPanel, bpy.types.Panel):
    """Say what the recording does not: all of it is estimated if you do not"""

    bl_idname = "INPOSE_PT_calibration"
    bl_label = "Calibration"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options one below the other."""
        draw_options(self.layout, context.scene.inpose, CalibrationSettings)
