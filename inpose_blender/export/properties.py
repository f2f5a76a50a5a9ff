# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how the character is exported."""

import bpy

from ..ui.option_properties import add_properties, settings_of
from .options import ExportOptions


class INPOSE_PG_export(bpy.types.PropertyGroup):
    """Hold the choices for an export; saved with the scene."""


add_properties(INPOSE_PG_export, ExportOptions)


def export_options(scene: bpy.types.Scene) -> ExportOptions:
    """Read the scene's choices for an export."""
    return settings_of(ExportOptions, scene.inpose_export)
