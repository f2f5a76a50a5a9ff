# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep for the session what the views show of the recording, and the list of findings."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy

from ..ui.redraw import redraw_views


def _on_switch(_view: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    redraw_views()


def _on_choice(view: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from .jumps import go_to_finding

    go_to_finding(view, context)


class INPOSE_PG_finding(bpy.types.PropertyGroup):
    """Hold one finding for the list in the panel."""

    kind: bpy.props.StringProperty(options={"SKIP_SAVE"})
    sentence: bpy.props.StringProperty(options={"SKIP_SAVE"})
    action: bpy.props.StringProperty(options={"SKIP_SAVE"})
    device: bpy.props.IntProperty(default=-1, options={"SKIP_SAVE"})
    start_s: bpy.props.FloatProperty(default=-1.0, options={"SKIP_SAVE"})
    stop_s: bpy.props.FloatProperty(default=-1.0, options={"SKIP_SAVE"})


class INPOSE_PG_view(bpy.types.PropertyGroup):
    """Hold what is shown of the recording; belongs to the session and is never saved."""

    shows_recording: bpy.props.BoolProperty(options={"SKIP_SAVE"}, update=_on_switch)
    shows_timeline: bpy.props.BoolProperty(
        name="In the timeline",
        description="Show in the Timeline and the Dope Sheet where head and hands are measured, interpolated or "
        "lost, the calibration pose, the trim, and the confidence. Click a stripe to go to its first frame",
        default=True,
        update=_on_switch,
    )
    findings: bpy.props.CollectionProperty(type=INPOSE_PG_finding, options={"SKIP_SAVE"})
    chosen_finding: bpy.props.IntProperty(
        name="Finding",
        description="Click a finding to go to its first frame",
        default=-1,
        update=_on_choice,
    )
    listed: bpy.props.StringProperty(options={"SKIP_SAVE"})
    """Key of the findings in the list."""


def view_of(context: bpy.types.Context) -> INPOSE_PG_view:
    """Return what the session shows of the recording."""
    return context.window_manager.inpose_view


def is_over_timeline(context: bpy.types.Context) -> bool:
    """Return whether the mouse is over a Timeline or a Dope Sheet that shows the recording."""
    return (
        context.area is not None
        and context.area.type == "DOPESHEET_EDITOR"
        and context.region is not None
        and context.region.type == "WINDOW"
        and view_of(context).shows_timeline
    )


CLASSES = (INPOSE_PG_finding, INPOSE_PG_view)
