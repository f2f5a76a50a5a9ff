# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what the user chooses in the scene, and what the panel shows of the running job."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy

POSES = (
    ("auto", "Automatic", "By the kind of recording"),
    ("joint", "Head and wrist joints", "The recording holds the joints themselves: no offsets, no scaling"),
    ("grip", "Grip", "Controllers: the OpenXR grip pose"),
    ("aim", "Aim", "Controllers: the OpenXR aim pose"),
    ("raw", "Raw", "Controllers: the tracked origin of the device"),
    ("saber", "Saber", "Beat Saber's saber pose"),
)


def _is_armature(_self: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


class INPOSE_PG_settings(bpy.types.PropertyGroup):
    """Hold the choices for the next solve; saved with the scene."""

    recording: bpy.props.StringProperty(name="Recording", description="A VR recording of head and two hands")
    armature: bpy.props.PointerProperty(
        name="Armature",
        description="The character to animate; empty: the active object",
        type=bpy.types.Object,
        poll=_is_armature,
    )
    pose: bpy.props.EnumProperty(name="Pose", description="What the recorded poses are poses of", items=POSES)
    stature: bpy.props.FloatProperty(
        name="Performer",
        description="Height of the performer; 0: estimated from the recording",
        min=0.0,
        max=3.0,
        precision=2,
        subtype="DISTANCE",
    )
    steps: bpy.props.IntProperty(name="Steps", description="Sampling steps; 0: the solver's default", min=0, max=1000)
    variation: bpy.props.FloatProperty(
        name="Variation",
        description="0: the likeliest motion that fits; 1: one of many that fit, chosen by the seed",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    seed: bpy.props.IntProperty(name="Seed", description="With some variation, another seed is another motion", min=0)
    first_frame: bpy.props.IntProperty(name="First frame", description="Where the motion begins", default=1)


class INPOSE_PG_status(bpy.types.PropertyGroup):
    """Hold what the panel shows; belongs to the session and is never saved."""

    running: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    cancel_requested: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    fraction: bpy.props.FloatProperty(min=0.0, max=1.0, options={"SKIP_SAVE"})
    text: bpy.props.StringProperty(options={"SKIP_SAVE"})
    result: bpy.props.StringProperty(options={"SKIP_SAVE"})
    notes: bpy.props.StringProperty(options={"SKIP_SAVE"})
    failed: bpy.props.BoolProperty(options={"SKIP_SAVE"})


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


CLASSES = (INPOSE_PG_settings, INPOSE_PG_status)


def register() -> None:
    """Hang the properties on scenes and on the window manager."""
    bpy.types.Scene.inpose = bpy.props.PointerProperty(type=INPOSE_PG_settings)
    bpy.types.WindowManager.inpose_status = bpy.props.PointerProperty(type=INPOSE_PG_status)


def unregister() -> None:
    """Take the properties off again."""
    del bpy.types.WindowManager.inpose_status
    del bpy.types.Scene.inpose
