# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how the recording is to be read, where the guess is wrong; a change reads it again."""

import bpy

from ..errors import InPoseError
from ..options import ReadOptions
from ..ui.option_properties import add_properties, settings_of


def _on_change(reading: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from ..properties import recording_path
    from .facts import start_reading

    scene = reading.id_data  # a script may change another scene than the one of the context
    if not scene.inpose.recording:
        return
    try:
        start_reading(recording_path(scene.inpose), chosen_reading(scene))
    except InPoseError:
        return  # the panel says what is wrong


class INPOSE_PG_reading(bpy.types.PropertyGroup):
    """Hold what the recording is; saved with the scene."""


add_properties(INPOSE_PG_reading, ReadOptions, _on_change)


def chosen_reading(scene: bpy.types.Scene) -> ReadOptions:
    """Return how the scene says that its recording is to be read.

    Raises:
        RecordingError: what was typed makes no sense.
    """
    return settings_of(ReadOptions, scene.inpose_reading)
