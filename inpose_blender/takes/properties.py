# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the last solved motion with an armature object."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy


class INPOSE_PG_take(bpy.types.PropertyGroup):
    """Hold the last solved motion of an armature object, for re-baking; saved with the object."""

    file: bpy.props.StringProperty(name="Solved motion", description="File of the solved motion")
    label: bpy.props.StringProperty(name="Take", description="The recording that was solved")
    notes: bpy.props.StringProperty(name="Notes", description="Notes of the solve")
