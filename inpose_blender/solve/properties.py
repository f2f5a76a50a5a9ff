# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene how the next solve is done."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy

from ..choices import QUALITIES


class SolveChoices:
    """Hold how to solve; mixed into the scene's settings."""

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
