# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene which stretch loops."""

import bpy

from ..ui.option_properties import add_properties, settings_of
from .options import LoopOptions


class INPOSE_PG_loop(bpy.types.PropertyGroup):
    """Hold the choices for a loop; saved with the scene."""


add_properties(INPOSE_PG_loop, LoopOptions)


def loop_options(scene: bpy.types.Scene) -> LoopOptions:
    """Read the scene's choices for a loop."""
    return settings_of(LoopOptions, scene.inpose_loop)
