# SPDX-License-Identifier: GPL-3.0-or-later
"""Drag a stance of a foot, or one of its ends, in the timeline."""

# Blender reads annotations of operators: they must not be put off.

from typing import TYPE_CHECKING, Any, Final

import bpy

from ..errors import InPoseError
from ..pins.operators import keep_chosen
from ..rig.properties import chosen_armature
from ..ui.redraw import redraw_views
from ..ui.running import clear_status_text, note_ended, note_running
from ..ui.status import show_error
from ..ui.translate import tr
from .properties import is_over_timeline

if TYPE_CHECKING:  # Blender's start must not wait for the core
    from ..pins.stand_edits import FootStances, ListedStance

_REACH_PX: Final[float] = 6.0
_CLICK_PX: Final[int] = 3
"""A mouse that moves less has only clicked."""


class INPOSE_OT_drag_stand(bpy.types.Operator):
    """Move a stance in time, or one of its ends. A click chooses it"""

    bl_idname = "inpose.drag_stand"
    bl_label = "Drag stance"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The mouse must be in a Timeline or a Dope Sheet that shows the recording."""
        return is_over_timeline(context) and bool(context.scene.inpose.recording)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take hold of the stance under the mouse."""
        from ..pins.stands import stances_of

        armature = chosen_armature(context)
        found = stance_under(context, event)
        if found is None or armature is None:
            return {"PASS_THROUGH"}
        try:
            self._before: FootStances = stances_of(context.scene, armature)
        except InPoseError as error:
            show_error(self, context, error, "Changing a stance")
            return {"CANCELLED"}
        self._stance, self._part = found
        self._pressed_px, self._moves = event.mouse_region_x, False
        self._pressed_frame = _frame_under(context, event)
        context.window_manager.modal_handler_add(self)
        note_running(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the mouse until the button is released; Esc and the right button take it back."""
        armature = chosen_armature(context)
        if armature is None:
            self._end()
            return {"CANCELLED"}
        if event.type == "MOUSEMOVE":
            self._moves = self._moves or abs(event.mouse_region_x - self._pressed_px) > _CLICK_PX
            if self._moves:
                frames = round(_frame_under(context, event) - self._pressed_frame)
                self._show(context, armature, dragged(self._before, self._stance, self._part, frames))
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE":
            if not self._moves:
                self.cancel(context)
                context.scene.frame_set(self._stance.first)
                return {"CANCELLED"}
            self._end()
            keep_chosen(context, armature)
            bpy.ops.ed.undo_push(message=tr("Move stance"))
            return {"FINISHED"}
        elif event.type in {"ESC", "RIGHTMOUSE"}:
            self.cancel(context)
            return {"CANCELLED"}
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Take the drag back; Blender calls this, too, when it ends the operator."""
        armature = chosen_armature(context)
        if armature is not None:
            self._show(context, armature, self._before)
        self._end()

    def _end(self) -> None:
        note_ended(self)
        clear_status_text()

    def _show(self, context: bpy.types.Context, armature: Any, stances: "FootStances") -> None:
        from ..pins.stand_list import change

        now = changed_stance(self._before, stances, self._stance)
        change(context, armature, stances, now.foot, now.first)
        context.workspace.status_text_set(tr("Stance: frames {first} to {last}", first=now.first, last=now.last))
        redraw_views()


def dragged(stances: "FootStances", stance: "ListedStance", part: int, frames: int) -> "FootStances":
    """Return the stances after a stance was dragged by some frames: its start (-1), its end (1), or all of it (0)."""
    if part == 0:
        return stances.shifted(stance, frames)
    if part < 0:
        return stances.moved(stance, min(stance.first + frames, stance.last), stance.last)
    return stances.moved(stance, stance.first, max(stance.last + frames, stance.first))


def changed_stance(before: "FootStances", after: "FootStances", stance: "ListedStance") -> "ListedStance":
    """Return a stance as it is after a change of it."""
    known = {(one.foot, one.first, one.last) for one in before.listed()}
    new = [one for one in after.listed() if (one.foot, one.first, one.last) not in known]
    return next((one for one in new if one.foot == stance.foot), stance)


def stance_under(context: bpy.types.Context, event: bpy.types.Event) -> "tuple[ListedStance, int] | None":
    """Return the stance under the mouse, and which part of it: -1 its start, 1 its end, 0 what is between."""
    from .timeline import shown_stances, stance_row_at, x_of_frame

    foot, stances = stance_row_at(context, event.mouse_region_y), shown_stances(context)
    if foot is None or stances is None:
        return None
    reach = _REACH_PX * context.preferences.system.ui_scale
    x = event.mouse_region_x
    for stance in stances.listed():
        left, right = (x_of_frame(context.region, frame) for frame in (stance.first, stance.last + 1))
        if stance.foot == foot and left - reach <= x <= right + reach:
            inside = min(reach, (right - left) / 3)  # the middle of a short one must stay in reach
            return stance, -1 if x < left + inside else 1 if x > right - inside else 0
    return None


def _frame_under(context: bpy.types.Context, event: bpy.types.Event) -> float:
    return float(context.region.view2d.region_to_view(event.mouse_region_x, 0)[0])


CLASSES = (INPOSE_OT_drag_stand,)
