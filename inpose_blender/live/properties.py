# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene whom the characters follow."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Final

import bpy

from ..options import VMC_PORT, LiveOptions
from ..ui.option_properties import add_properties

SOURCES: Final = (
    ("VMC", "VMC or OSC trackers", "A program on this computer or in the network sends the devices"),
    ("PAGE", "Headset's browser", "The headset opens the recorder page of InPose"),
    ("XR", "VR session of Blender", "The VR session that this Blender runs"),
)


def _is_armature(_self: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


class INPOSE_PG_live_performer(bpy.types.PropertyGroup):
    """Hold a further performer."""

    armature: bpy.props.PointerProperty(
        name="Armature",
        description="Armature of the character that follows this performer",
        type=bpy.types.Object,
        poll=_is_armature,
    )
    port: bpy.props.IntProperty(
        name="Port",
        description="Port of this computer to which the program of this performer sends",
        default=VMC_PORT + 2,
        min=1024,
        max=65535,
    )


class INPOSE_PG_live(bpy.types.PropertyGroup):
    """Hold the settings of Live; saved with the scene."""

    source: bpy.props.EnumProperty(
        name="Source", description="What tracks the headset and the hands of the performer", items=SOURCES
    )
    port: bpy.props.IntProperty(
        name="Port",
        description="Port of this computer to which the program sends",
        default=VMC_PORT,
        min=1024,
        max=65535,
    )
    in_network: bpy.props.BoolProperty(
        name="From other computers",
        description="Listen to other computers and headsets of the network, too. Otherwise, only programs on this "
        "computer are heard",
    )
    solve_takes: bpy.props.BoolProperty(
        name="Solve takes",
        description="When Live ends, solve each take with full quality and bake it. Otherwise, the takes are in the "
        "list with their calibration, and you solve them later",
        default=True,
    )
    performers: bpy.props.CollectionProperty(
        name="Performers",
        description="Further performers, each with a character of their own",
        type=INPOSE_PG_live_performer,
    )
    stage: bpy.props.IntProperty(options={"HIDDEN"})
    """Number of the session that runs now; 0 if none. An undo step that was made during Live has it, too."""


add_properties(INPOSE_PG_live, LiveOptions)

CLASSES = (INPOSE_PG_live_performer, INPOSE_PG_live)
