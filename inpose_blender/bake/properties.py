# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how a motion is adjusted and baked."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy

from .options import BakeOptions

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


def bake_options(scene: bpy.types.Scene) -> BakeOptions:
    """Read the scene's choices for a bake."""
    return BakeOptions(**{name: getattr(scene.inpose_bake, name) for name in BakeOptions.__dataclass_fields__})
