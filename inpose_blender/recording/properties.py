# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the chosen recording and its reading options in the scene; a change reads the recording again."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from pathlib import Path

import bpy

from ..errors import InPoseError
from ..options import ReadOptions
from ..ui.option_properties import add_properties, settings_of
from ..ui.redraw import redraw_views


def _on_change(reading: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from .facts import known_facts, start_reading

    scene = reading.id_data  # a script may change another scene than the one of the context
    if not scene.inpose.recording:
        return
    redraw_views()
    try:
        recording, whole = recording_path(scene.inpose), facts_reading(scene)
    except InPoseError:
        return  # the panel says what is wrong
    if known_facts(recording, whole) is None:
        start_reading(recording, whole)


def _on_new_recording(settings: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from .facts import start_reading

    try:
        start_reading(recording_path(settings), facts_reading(settings.id_data))
    except InPoseError:
        return  # the panel says what is wrong with how it is to be read


class RecordingChoice:
    """Hold the chosen recording; mixed into the scene's settings."""

    recording: bpy.props.StringProperty(
        name="Recording",
        description="A VR recording of head and two hands",
        update=_on_new_recording,
    )


class INPOSE_PG_reading(bpy.types.PropertyGroup):
    """Hold the reading options; saved with the scene."""


add_properties(INPOSE_PG_reading, ReadOptions, _on_change)


def recording_path(settings: RecordingChoice) -> Path:
    """Return the path of the chosen recording; Blender's ``//`` stands for the file's own folder."""
    return Path(bpy.path.abspath(settings.recording))


def chosen_reading(scene: bpy.types.Scene) -> ReadOptions:
    """Return the reading options of the scene.

    Raises:
        RecordingError: a value does not fit.
    """
    return settings_of(ReadOptions, scene.inpose_reading)


def facts_reading(scene: bpy.types.Scene) -> ReadOptions:
    """Return how the recording is read to look at it: as a whole, whatever it is trimmed to.

    Raises:
        RecordingError: what was typed makes no sense.
    """
    return replace(chosen_reading(scene), trim_start_s=None, trim_end_s=None)
