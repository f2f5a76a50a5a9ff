# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the choices in the scene, what was solved in the armature, and what the panel shows in the session."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path

import bpy

from .bake.options import BakeOptions
from .errors import InPoseError
from .options import CalibrationSettings, SolveSettings
from .recording.properties import INPOSE_PG_reading, chosen_reading
from .ui.option_properties import add_properties, settings_of


def _is_armature(_self: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


def _on_new_recording(settings: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from .recording.facts import start_reading

    try:
        start_reading(recording_path(settings), chosen_reading(settings.id_data))
    except InPoseError:
        return  # the panel says what is wrong with how it is to be read


class INPOSE_PG_settings(bpy.types.PropertyGroup):
    """Hold the choices for the next solve, calibration included; saved with the scene."""

    recording: bpy.props.StringProperty(
        name="Recording",
        description="A VR recording of head and two hands",
        update=_on_new_recording,
    )
    armature: bpy.props.PointerProperty(
        name="Armature",
        description="The character to animate; empty: the active object",
        type=bpy.types.Object,
        poll=_is_armature,
    )


class INPOSE_PG_bake(bpy.types.PropertyGroup):
    """Hold the choices for a bake; saved with the scene."""


class INPOSE_PG_take(bpy.types.PropertyGroup):
    """Hold what was last solved for an armature object, so that it can be baked again; saved with the object."""

    file: bpy.props.StringProperty(name="Solved motion", description="File of the solved motion")
    label: bpy.props.StringProperty(name="Take", description="The recording that was solved")
    notes: bpy.props.StringProperty(name="Notes", description="What the solver noticed")


class INPOSE_PG_status(bpy.types.PropertyGroup):
    """Hold what the panel shows of the last job; belongs to the session and is never saved."""

    result: bpy.props.StringProperty(options={"SKIP_SAVE"})
    notes: bpy.props.StringProperty(options={"SKIP_SAVE"})
    failed: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    report: bpy.props.StringProperty(options={"SKIP_SAVE"})
    solver: bpy.props.StringProperty(options={"SKIP_SAVE"})


add_properties(INPOSE_PG_settings, CalibrationSettings)
add_properties(INPOSE_PG_settings, SolveSettings)
add_properties(INPOSE_PG_bake, BakeOptions)


def chosen_armature(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the armature to animate: the chosen one, the active one, or the one that deforms the active mesh."""
    chosen = context.scene.inpose.armature
    if chosen is not None:
        return chosen
    active = context.view_layer.objects.active
    if active is None or active.type == "ARMATURE":
        return active
    return active.find_armature()


def status_of(context: bpy.types.Context) -> INPOSE_PG_status:
    """Return the state of the session's job."""
    return context.window_manager.inpose_status


def bake_options(scene: bpy.types.Scene) -> BakeOptions:
    """Read the scene's choices for a bake."""
    return settings_of(BakeOptions, scene.inpose_bake)


def recording_path(settings: INPOSE_PG_settings) -> Path:
    """Return the path of the chosen recording; Blender's ``//`` stands for the file's own folder."""
    return Path(bpy.path.abspath(settings.recording))


CLASSES = (INPOSE_PG_settings, INPOSE_PG_reading, INPOSE_PG_bake, INPOSE_PG_take, INPOSE_PG_status)


def register() -> None:
    """Hang the properties on scenes, objects and the window manager."""
    bpy.types.Scene.inpose = bpy.props.PointerProperty(type=INPOSE_PG_settings)
    bpy.types.Scene.inpose_reading = bpy.props.PointerProperty(type=INPOSE_PG_reading)
    bpy.types.Scene.inpose_bake = bpy.props.PointerProperty(type=INPOSE_PG_bake)
    bpy.types.Object.inpose_take = bpy.props.PointerProperty(type=INPOSE_PG_take)
    bpy.types.WindowManager.inpose_status = bpy.props.PointerProperty(type=INPOSE_PG_status)


def unregister() -> None:
    """Take the properties off again."""
    del bpy.types.WindowManager.inpose_status
    del bpy.types.Object.inpose_take
    del bpy.types.Scene.inpose_bake
    del bpy.types.Scene.inpose_reading
    del bpy.types.Scene.inpose
