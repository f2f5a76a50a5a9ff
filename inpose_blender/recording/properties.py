# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how the recording is to be read, where the guess is wrong; a change reads it again."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy

from ..choices import AXES, HANDS, ORIGINS, QUATERNION_ORDERS, TIME_UNITS, UNITS
from ..solve.options import Reading


def _on_change(reading: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from ..properties import recording_path
    from .facts import start_reading

    scene = reading.id_data  # a script may change another scene than the one of the context
    if scene.inpose.recording:
        start_reading(recording_path(scene.inpose), chosen_reading(scene))


class INPOSE_PG_reading(bpy.types.PropertyGroup):
    """Hold what the recording is, under the names of `Reading`; saved with the scene."""

    unit: bpy.props.EnumProperty(
        name="Unit", description="The unit of the recorded positions", items=UNITS, update=_on_change
    )
    unit_m: bpy.props.FloatProperty(
        name="Metres per unit",
        description="How many metres one unit of the recorded positions is",
        default=1.0,
        min=1e-6,
        max=1e6,
        precision=4,
        update=_on_change,
    )
    axes: bpy.props.EnumProperty(
        name="Axes", description="Where the recording's axes point", items=AXES, update=_on_change
    )
    axes_letters: bpy.props.StringProperty(
        name="Directions",
        description="Where X, Y and Z point, one letter each: R or L, U or D, F or B; RUF is right, up, forward",
        default="RUB",
        update=_on_change,
    )
    quaternion_order: bpy.props.EnumProperty(
        name="Quaternions",
        description="The order of the four numbers of a rotation",
        items=QUATERNION_ORDERS,
        update=_on_change,
    )
    time_unit: bpy.props.EnumProperty(
        name="Time unit", description="The unit of the recorded times", items=TIME_UNITS, update=_on_change
    )
    swap_hands: bpy.props.EnumProperty(
        name="Left and right", description="Whether the hands are exchanged", items=HANDS, update=_on_change
    )
    origin: bpy.props.EnumProperty(
        name="Heights from", description="Where the recorded heights count from", items=ORIGINS, update=_on_change
    )


def chosen_reading(scene: bpy.types.Scene) -> Reading:
    """Return how the scene says that its recording is to be read."""
    chosen = scene.inpose_reading
    return Reading(
        unit=f"{chosen.unit_m:.6g}" if chosen.unit == "custom" else _given(chosen.unit),
        axes=chosen.axes_letters if chosen.axes == "custom" else _given(chosen.axes),
        quaternion_order=_given(chosen.quaternion_order),
        time_unit=_given(chosen.time_unit),
        swap_hands={"auto": None, "keep": False, "swap": True}[chosen.swap_hands],
        origin=_given(chosen.origin),
    )


def _given(choice: str) -> Any:
    return None if choice == "auto" else choice
