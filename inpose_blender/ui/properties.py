# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the state of the last job for the session."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy


class INPOSE_PG_status(bpy.types.PropertyGroup):
    """Hold the state of the last job, for the panel; it belongs to the session and is never saved."""

    result: bpy.props.StringProperty(options={"SKIP_SAVE"})
    notes: bpy.props.StringProperty(options={"SKIP_SAVE"})
    problems: bpy.props.StringProperty(options={"SKIP_SAVE"})
    failed: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    report: bpy.props.StringProperty(options={"SKIP_SAVE"})
    solver: bpy.props.StringProperty(options={"SKIP_SAVE"})


def status_of(context: bpy.types.Context) -> INPOSE_PG_status:
    """Return the state of the session's job."""
    return context.window_manager.inpose_status
