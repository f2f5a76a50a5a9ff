# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the choices in the scene, what was solved in the armature, and what the panel shows in the session."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path

import bpy

from .bake.options import BakeOptions
from .bpy_compat import BLEND_RELATIVE
from .choices import BODIES, CALIBRATION_POSES, HEAD_VIEWS, POSES, QUALITIES, SCALES
from .recording.properties import INPOSE_PG_reading, chosen_reading

_DEFAULTS = BakeOptions()

KEY_RATES = (
    ("scene", "Every frame", "A key on each frame of the scene, whatever its frame rate"),
    ("solver", "As solved", "60 keys a second, between frames where the scene has fewer"),
    ("custom", "Custom", "As many keys a second as you say, for example 12 for animation on twos"),
)
WAY_CARRIERS = (
    ("hips", "Hips", "The hips move through space, as on most rigs"),
    ("root", "Root bone", "The bone above the hips moves over the ground and turns, as game engines want it"),
    ("none", "In place", "The body stays above where it began"),
)


def _is_armature(_self: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


def _on_new_recording(settings: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    from .recording.facts import start_reading

    start_reading(recording_path(settings), chosen_reading(settings.id_data))


class INPOSE_PG_settings(bpy.types.PropertyGroup):
    """Hold the choices for the next solve; saved with the scene."""

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
    pose: bpy.props.EnumProperty(name="Pose", description="What the recorded poses are poses of", items=POSES)
    stature: bpy.props.FloatProperty(
        name="Performer",
        description="Height of the performer; 0: estimated from the recording",
        min=0.0,
        max=3.0,
        precision=2,
        subtype="DISTANCE",
    )
    scale: bpy.props.EnumProperty(
        name="Scale", description="How the performer's size becomes the character's", items=SCALES
    )
    scale_factor: bpy.props.FloatProperty(
        name="Factor",
        description="The character's size over the performer's",
        default=1.0,
        min=0.001,
        max=1000.0,
        soft_min=0.1,
        soft_max=10.0,
        precision=3,
    )
    calibration_pose: bpy.props.EnumProperty(
        name="Calibration pose",
        description="Which pose to look for in the recording, to find how the devices were worn",
        items=CALIBRATION_POSES,
    )
    calibration_file: bpy.props.StringProperty(
        name="Calibration file",
        description="A calibration of the same performer with the same devices, made by inpose calibrate; empty: none",
        subtype="FILE_PATH",
        options=set(BLEND_RELATIVE),
    )
    body: bpy.props.EnumProperty(
        name="Proportions", description="Whose proportions the performer has in the calibration pose", items=BODIES
    )
    head_view: bpy.props.EnumProperty(
        name="Head view", description="What the recorded head looks from", items=HEAD_VIEWS
    )
    refine: bpy.props.BoolProperty(
        name="Refine",
        description="Correct uncertain offsets (sabers, unknown hand poses) by the motion itself",
        default=True,
    )
    quality: bpy.props.EnumProperty(
        name="Quality", description="How much the solver computes", items=QUALITIES, default="default"
    )
    foot_planting: bpy.props.FloatProperty(
        name="Foot planting",
        description="How firmly feet that stand are held where they stand",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    steps: bpy.props.IntProperty(
        name="Steps", description="Sampling steps, for experts; 0: as the quality says", min=0, max=1000
    )
    variation: bpy.props.FloatProperty(
        name="Variation",
        description="0: the likeliest motion that fits; 1: one of many that fit, chosen by the seed",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    seed: bpy.props.IntProperty(name="Seed", description="With some variation, another seed is another motion", min=0)


class INPOSE_PG_bake(bpy.types.PropertyGroup):
    """Hold the choices for a bake, under the names of `BakeOptions`; saved with the scene."""

    first_frame: bpy.props.IntProperty(
        name="First frame", description="Where the motion begins", default=_DEFAULTS.first_frame
    )
    key_rate: bpy.props.EnumProperty(
        name="Keys", description="How many keys there are", items=KEY_RATES, default=_DEFAULTS.key_rate
    )
    key_fps: bpy.props.FloatProperty(
        name="Keys per second",
        description="How many keys a second of motion gets",
        default=_DEFAULTS.key_fps,
        min=1.0,
        max=240.0,
    )
    way: bpy.props.EnumProperty(
        name="Motion on", description="What carries the body over the ground", items=WAY_CARRIERS, default=_DEFAULTS.way
    )
    smoothing_s: bpy.props.FloatProperty(
        name="Smoothing",
        description="Calm the motion over this time; the locks keep hands and feet where they belong",
        min=0.0,
        max=2.0,
        soft_max=0.3,
        step=1,
        precision=2,
        subtype="TIME_ABSOLUTE",
    )
    hand_lock: bpy.props.FloatProperty(
        name="Hand lock",
        description="How far the wrists are brought onto the recorded hands",
        default=_DEFAULTS.hand_lock,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    foot_lock: bpy.props.FloatProperty(
        name="Foot lock",
        description="How far standing feet are kept from sliding",
        default=_DEFAULTS.foot_lock,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    key_tolerance_deg: bpy.props.FloatProperty(
        name="Key reduction",
        description="Leave out keys that change no bone by more than this many degrees; 0: keep all",
        min=0.0,
        max=10.0,
        soft_max=1.0,
        step=5,
        precision=2,
    )
    to_nla_track: bpy.props.BoolProperty(
        name="NLA track", description="Put the action into an NLA track of its own instead of making it the active one"
    )
    set_frame_range: bpy.props.BoolProperty(
        name="Set frame range", description="Let the scene begin and end with the motion"
    )


class INPOSE_PG_take(bpy.types.PropertyGroup):
    """Hold what was last solved for an armature object, so that it can be baked again; saved with the object."""

    file: bpy.props.StringProperty(name="Solved motion", description="Where the solved motion is kept")
    label: bpy.props.StringProperty(name="Take", description="The recording that was solved")
    notes: bpy.props.StringProperty(name="Notes", description="What the solver noticed")


class INPOSE_PG_status(bpy.types.PropertyGroup):
    """Hold what the panel shows of the last job; belongs to the session and is never saved."""

    result: bpy.props.StringProperty(options={"SKIP_SAVE"})
    notes: bpy.props.StringProperty(options={"SKIP_SAVE"})
    failed: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    report: bpy.props.StringProperty(options={"SKIP_SAVE"})
    solver: bpy.props.StringProperty(options={"SKIP_SAVE"})


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
    return BakeOptions(**{name: getattr(scene.inpose_bake, name) for name in BakeOptions.__dataclass_fields__})


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
