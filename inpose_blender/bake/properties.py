# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how a motion is adjusted and baked."""

from dataclasses import replace
from typing import Any

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


def options_of_take(scene: bpy.types.Scene, solved: Any) -> BakeOptions:
    """Read the scene's choices for a bake of a take. One in the row of NLA strips keeps its place there.

    Args:
        scene: has the choices.
        solved: the `INPOSE_PG_take` of the take.
    """
    options = bake_options(scene)
    if not solved.in_row or options.layers.is_layer:
        return options
    return replace(options, first_frame=int(solved.first_frame), to_nla_track=True, set_frame_range=False)
