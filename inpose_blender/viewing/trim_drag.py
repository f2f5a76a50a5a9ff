# SPDX-License-Identifier: GPL-3.0-or-later
"""Drag the edges of the trim in the timeline."""

# Blender reads annotations of operators: they must not be put off.

from typing import Any, Final

import bpy

from ..errors import InPoseError
from ..recording.properties import chosen_reading
from ..recording.trim_panel import earliest_start_s, effective_trim, set_trim
from ..ui.redraw import redraw_views
from ..ui.running import clear_status_text, note_ended, note_running
from ..ui.translate import tr
from .clock import clock_of
from .findings import known_info
from .properties import is_over_timeline

_REACH_PX: Final[float] = 6.0
_SHORTEST_S: Final[float] = 0.1
"""The trim is never dragged shorter than this."""


class INPOSE_OT_drag_trim(bpy.types.Operator):
    """Drag the beginning or the end of what is solved"""

    bl_idname = "inpose.drag_trim"
    bl_label = "Drag trim"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The mouse must be in a Timeline or a Dope Sheet that shows the recording."""
        return is_over_timeline(context) and bool(context.scene.inpose.recording)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take hold of the edge under the mouse."""
        side = edge_under(context, event)
        if side is None:
            return {"PASS_THROUGH"}
        reading = context.scene.inpose_reading
        self._side, self._before = side, (reading.trim_start_s, reading.trim_end_s)
        context.window_manager.modal_handler_add(self)
        note_running(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the mouse until the button is released; Esc and the right button take it back."""
        if event.type == "MOUSEMOVE":
            frame, _ = context.region.view2d.region_to_view(event.mouse_region_x, 0)
            drag_edge(context, self._side, clock_of(context).time_of(frame))
            context.workspace.status_text_set(self._words(context))
            redraw_views()
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE":
            self._end()
            bpy.ops.ed.undo_push(message=tr("Trim"))
            return {"FINISHED"}
        elif event.type in {"ESC", "RIGHTMOUSE"}:
            self.cancel(context)
            return {"CANCELLED"}
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Take the drag back; Blender calls this, too, when it ends the operator."""
        self._end()
        set_trim(context.scene.inpose_reading, *self._before)
        redraw_views()

    def _end(self) -> None:
        note_ended(self)
        clear_status_text()

    def _words(self, context: bpy.types.Context) -> str:
        start_s, stop_s = trim_edges(context) or (0.0, 0.0)
        return tr("Trim: {start} to {stop} s", start=f"{start_s:.2f}", stop=f"{stop_s:.2f}")


def edge_under(context: bpy.types.Context, event: bpy.types.Event) -> int | None:
    """Return the edge of the trim under the mouse, 0 the start and 1 the end; None if there is none."""
    from .timeline import is_on_stripes, x_of

    edges = trim_edges(context) if is_on_stripes(context, event.mouse_region_y) else None
    if edges is None:
        return None
    clock = clock_of(context)
    away_px = [abs(x_of(context.region, clock, edge_s) - event.mouse_region_x) for edge_s in edges]
    nearest_px = min(away_px)
    return away_px.index(nearest_px) if nearest_px <= _REACH_PX * context.preferences.system.ui_scale else None


def trim_edges(context: bpy.types.Context) -> tuple[float, float] | None:
    """Return the start and the end of what is solved; None as long as nothing is known of the recording."""
    info: dict[str, Any] = known_info(context)
    if not info:
        return None
    try:
        start_s, stop_s = effective_trim(chosen_reading(context.scene), info)
    except InPoseError:  # the panel says what is wrong
        return None
    return start_s, min(stop_s, float(info["duration_s"]))


def drag_edge(context: bpy.types.Context, side: int, time_s: float) -> None:
    """Move the start (0) or the end (1) of the trim to a time, within the recording and not past the other edge.

    An edge at the end of the recording is no trim. At its beginning it is one where InPose proposes a later start.
    """
    edges = trim_edges(context)
    if edges is None:
        return
    info, reading = known_info(context), context.scene.inpose_reading
    end_s = float(info["duration_s"])
    if side == 0:
        start_s = min(max(time_s, earliest_start_s(info)), edges[1] - _SHORTEST_S)
        set_trim(reading, round(start_s, 3), reading.trim_end_s)
    else:
        stop_s = max(min(time_s, end_s), edges[0] + _SHORTEST_S)
        whole = stop_s >= end_s and not info.get("proposed_trim_s")
        set_trim(reading, reading.trim_start_s, 0.0 if whole else round(stop_s, 3))


CLASSES = (INPOSE_OT_drag_trim,)
