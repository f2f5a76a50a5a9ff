# SPDX-License-Identifier: GPL-3.0-or-later
"""Show times of a recording as frames of the scene in fields of the panel.

What is stored are seconds, so it keeps its place in the motion at each frame, frame rate and speed of the bake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from .clock import clock_of_take


def frame_of(name: str) -> Callable[[Any], int]:
    """Return a getter: the frame at which the last bake shows the time in a property of this name."""

    def get(group: Any) -> int:
        return round(clock_of_take(group.id_data.inpose_take, bpy.context.scene).frame_of(getattr(group, name)))

    return get


def set_frame_of(name: str) -> Callable[[Any, int], None]:
    """Return a setter of the time in a property of this name by the frame of the last bake."""

    def set_frame(group: Any, frame: int) -> None:
        setattr(group, name, clock_of_take(group.id_data.inpose_take, bpy.context.scene).time_of(frame))

    return set_frame


def frames_of(name: str) -> Callable[[Any], int]:
    """Return a getter: how many frames of the last bake a duration in a property of this name has."""

    def get(group: Any) -> int:
        return round(clock_of_take(group.id_data.inpose_take, bpy.context.scene).fps * getattr(group, name))

    return get


def set_frames_of(name: str) -> Callable[[Any, int], None]:
    """Return a setter of the duration in a property of this name by its frames."""

    def set_frames(group: Any, frames: int) -> None:
        setattr(group, name, frames / clock_of_take(group.id_data.inpose_take, bpy.context.scene).fps)

    return set_frames
