# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the panel change the frames of the chosen stance: fields that store nothing.

They belong to the armature object, as the pins do that they change: so a change is one undo step.
"""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy

from .properties import chosen_stand


def _first(_frames: Any) -> int:
    stand = chosen_stand(bpy.context)
    return 0 if stand is None else int(stand.first)


def _last(_frames: Any) -> int:
    stand = chosen_stand(bpy.context)
    return 0 if stand is None else int(stand.last)


def _set_first(frames: Any, frame: int) -> None:
    from .stand_list import move_chosen

    move_chosen(bpy.context, frames.id_data, first=frame)


def _set_last(frames: Any, frame: int) -> None:
    from .stand_list import move_chosen

    move_chosen(bpy.context, frames.id_data, last=frame)


class INPOSE_PG_stand_frames(bpy.types.PropertyGroup):
    """Hold the first and the last frame of the chosen stance."""

    first: bpy.props.IntProperty(
        name="From", description="First frame in which the foot stands", get=_first, set=_set_first
    )
    last: bpy.props.IntProperty(name="To", description="Last frame in which the foot stands", get=_last, set=_set_last)
