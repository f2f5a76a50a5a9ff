# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the chosen recording and its reading options in the scene; a change reads the recording again."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..errors import InPoseError
from ..options import CalibrationSettings, ReadOptions
from ..rig.properties import chosen_armature
from ..takes.arrival import recording_changed
from ..ui.option_properties import add_properties, settings_of
from ..ui.redraw import redraw_views
from ..ui.status import clear_error
from .draft import DRAFTED_OPTIONS, drafted_columns

if TYPE_CHECKING:
    from .job import RecordingQuestion


def read_again(group: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    """Read the chosen recording with the options that have changed, unless that is known; the last error is over."""
    from .facts import known_facts, start_reading

    scene = group.id_data  # a script may change another scene than the one of the context
    if not scene.inpose.recording:
        return
    clear_error(context)
    redraw_views()
    try:
        question = question_of(scene)
    except InPoseError:
        return  # the panel says what is wrong
    if known_facts(question) is None:
        start_reading(question)


def _on_new_recording(settings: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from .facts import start_reading

    recording_changed(settings.id_data, chosen_armature(context) if context.scene == settings.id_data else None)
    try:
        start_reading(question_of(settings.id_data))
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


add_properties(INPOSE_PG_reading, ReadOptions, read_again)


def recording_path(settings: RecordingChoice) -> Path:
    """Return the path of the chosen recording; Blender's ``//`` stands for the file's own folder."""
    return Path(bpy.path.abspath(settings.recording))


def chosen_reading(scene: bpy.types.Scene) -> ReadOptions:
    """Return the reading options of the scene.

    Raises:
        RecordingError: a value does not fit.
    """
    return settings_of(ReadOptions, scene.inpose_reading)


def question_of(scene: bpy.types.Scene) -> "RecordingQuestion":
    """Return how the recording is read to look at it: as a whole, whatever it is trimmed to.

    While its columns are being assigned, it is read as they are assigned so far.

    Raises:
        InPoseError: what was typed makes no sense.
    """
    from .job import RecordingQuestion

    recording = recording_path(scene.inpose)
    reading = replace(chosen_reading(scene), trim_start_s=None, trim_end_s=None)
    drafted = drafted_columns(recording)
    if drafted is not None:
        reading = replace(reading, columns=drafted, **dict.fromkeys(DRAFTED_OPTIONS))
    return RecordingQuestion(recording, reading, _calibration_facts(scene))


def _calibration_facts(scene: bpy.types.Scene) -> CalibrationSettings:
    """Return the options that change what calibration finds; the others only move or scale what it has found."""
    found, plain = settings_of(CalibrationSettings, scene.inpose), CalibrationSettings()
    return replace(found, scale=plain.scale, hand_offset_m=plain.hand_offset_m, hand_turn_deg=plain.hand_turn_deg)
