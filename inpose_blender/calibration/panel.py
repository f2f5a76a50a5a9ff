# SPDX-License-Identifier: GPL-3.0-or-later
"""Set what the recording does not contain: the performer, how the devices are worn and held, and the scale."""

from __future__ import annotations

import bpy

from ..options import CalibrationSettings
from ..ui.drawing import SubPanel
from ..ui.option_rows import draw_options


class INPOSE_PT_calibration(SubPanel, bpy.types.Panel):
    """Set values that the recording does not contain. InPose estimates all values that you do not set"""

    bl_idname = "INPOSE_PT_calibration"
    bl_label = "Calibration"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options one below the other, and the button that saves what is found."""
        draw_options(self.layout, context.scene.inpose, CalibrationSettings)
        self.layout.operator("inpose.save_calibration", icon="FILE_TICK")
