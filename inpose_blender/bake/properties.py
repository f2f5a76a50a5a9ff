# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how a motion is adjusted and baked."""

import bpy

from ..ui.option_properties import add_properties, settings_of
from .options import BakeOptions


class INPOSE_PG_bake(bpy.types.PropertyGroup):
    """Hold the choices for a bake; saved with the scene."""


add_properties(INPOSE_PG_bake, BakeOptions)


def bake_options(scene: bpy.types.Scene) -> BakeOptions:
    """Read the scene's choices for a bake."""
    return settings_of(BakeOptions, scene.inpose_bake)
