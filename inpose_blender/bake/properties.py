# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how a motion is adjusted and baked."""

from dataclasses import replace

import bpy

from ..layers.options import LayerOptions
from ..ui.option_properties import add_properties, settings_of
from .options import BakeOptions


class INPOSE_PG_bake(bpy.types.PropertyGroup):
    """Hold the choices for a bake; saved with the scene."""


add_properties(INPOSE_PG_bake, BakeOptions)
add_properties(INPOSE_PG_bake, LayerOptions)


def bake_options(scene: bpy.types.Scene) -> BakeOptions:
    """Read the scene's choices for a bake."""
    choices = scene.inpose_bake
    return replace(settings_of(BakeOptions, choices), layers=settings_of(LayerOptions, choices))
