# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how a motion is adjusted and baked."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import bpy

from ..layers.options import LayerOptions
from ..ui.option_properties import add_properties, panel_options, property_of, settings_of
from .options import BakeOptions
from .start import BakeStart

_COUNTED: Final[Mapping[str, str]] = {"first_frame": "frame_choice", "start_at": "place_choice"}
"""Options whose choices are counted, and the properties with their numbers."""


class INPOSE_PG_bake(bpy.types.PropertyGroup):
    """Hold the choices for a bake; saved with the scene."""

    frame_choice: bpy.props.IntProperty(options={"HIDDEN"})
    place_choice: bpy.props.IntProperty(options={"HIDDEN"})
    """How many times somebody has chosen First frame and Start at, as `BakeStart` says it."""


def _count(name: str) -> Callable[[Any, Any], None]:
    """Return a function that Blender calls when somebody chooses an option, also if it is the same choice again."""

    def chosen(choices: Any, _context: Any) -> None:
        setattr(choices, name, getattr(choices, name) + 1)

    return chosen


add_properties(INPOSE_PG_bake, BakeOptions)
for _option in panel_options(BakeOptions):
    if _option.name in _COUNTED:
        INPOSE_PG_bake.__annotations__[_option.stored_as] = property_of(_option, _count(_COUNTED[_option.name]))
add_properties(INPOSE_PG_bake, LayerOptions)


def bake_options(scene: bpy.types.Scene) -> BakeOptions:
    """Read the scene's choices for a new bake."""
    choices = scene.inpose_bake
    start = BakeStart(choices.frame_choice, choices.place_choice)
    return replace(settings_of(BakeOptions, choices), layers=settings_of(LayerOptions, choices), start=start)


def options_of_take(scene: bpy.types.Scene, solved: Any) -> BakeOptions:
    """Read the scene's choices for another bake of a take.

    A take stays where it is, wherever playhead and 3D cursor are now, until somebody chooses its start anew.

    Args:
        scene: has the choices.
        solved: the `INPOSE_PG_take` of the take.
    """
    options = in_its_row(bake_options(scene), solved)
    start = options.start
    if options.first_frame == "current" and solved.frame_choice == start.frame_choice:
        options = replace(options, first_frame=int(solved.first_frame))
    if options.start_at == "cursor" and solved.place_choice == start.place_choice:
        x, y, z = solved.cursor
        options = replace(options, start=replace(start, cursor_world=(x, y, z)))
    return options


def in_its_row(options: BakeOptions, solved: Any) -> BakeOptions:
    """Return the options for a take: one in the row of NLA strips keeps its place there.

    Args:
        options: the scene's choices.
        solved: the `INPOSE_PG_take` of the take.
    """
    if not solved.in_row or options.layers.is_layer:
        return options
    return replace(options, first_frame=int(solved.first_frame), to_nla_track=True, set_frame_range=False)
