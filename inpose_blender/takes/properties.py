# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep with an armature object what was solved for it."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy


class INPOSE_PG_take(bpy.types.PropertyGroup):
    """Hold what was last solved for an armature object, so that it can be baked again; saved with the object."""

    file: bpy.props.StringProperty(name="Solved motion", description="File of the solved motion")
    label: bpy.props.StringProperty(name="Take", description="The recording that was solved")
    switched_off: bpy.props.StringProperty(
        name="Switched off", description="Constraints that the baked action switches off"
    )
    notes: bpy.props.StringProperty(name="Notes", description="Notes of the solve")
