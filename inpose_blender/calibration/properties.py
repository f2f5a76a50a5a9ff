# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene what the recording does not say: who wore the headset, and how."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy

from ..bpy_compat import BLEND_RELATIVE
from ..choices import BODIES, CALIBRATION_POSES, HEAD_VIEWS, POSES, SCALES


class CalibrationChoices:
    """Hold how the recording is understood; mixed into the scene's settings."""

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
