# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the settings of the computer in Blender's preferences."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy

from ..options import SolveSettings, options_of
from ..ui.option_properties import property_of
from .machine_settings import ADDON_PACKAGE
from .python_operators import draw_pythons
from .solver_text import running_solver_lines

_DEVICE = next(option for option in options_of(SolveSettings) if option.name == "device")


class INPOSE_AP_preferences(bpy.types.AddonPreferences):
    """Show the settings of the solver in Blender's preferences."""

    bl_idname = ADDON_PACKAGE

    interpreter_path: bpy.props.StringProperty(
        name="Python",
        description=(
            "Python 3.11 or newer with NumPy, or its environment's folder; empty: one whose PyTorch can use the "
            "graphics card, or Blender's own"
        ),
        subtype="FILE_PATH",
    )
    device: property_of(_DEVICE)

    cache_folder: bpy.props.StringProperty(
        name="Results",
        description="Folder for solved motions, for re-baking; empty: InPose's own folder",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the Python, the device and the results folder."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "interpreter_path")
        layout.prop(self, "device")
        draw_pythons(layout, context)
        _draw_solver(layout, context)
        layout.prop(self, "cache_folder")
        row = layout.row()
        row.alignment = "RIGHT"
        row.operator("inpose.clear_results", icon="TRASH")


def _draw_solver(layout: Any, context: bpy.types.Context) -> None:
    """Say what the solver runs on, or let it be tried."""
    column = layout.column(heading="Solver")
    tested = context.window_manager.inpose_status.solver
    for line in tested.splitlines() or running_solver_lines():
        column.label(text=line, translate=False)
    column.operator("inpose.test_solver", icon="PLAY")


CLASSES = (INPOSE_AP_preferences,)
