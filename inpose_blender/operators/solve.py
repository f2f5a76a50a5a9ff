# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve a recording and bake it: a modal job in the window, a blocking one in the background and for scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import bpy

from ..bake import BakeSettings
from ..core import CancelledError, InPoseError
from ..pipeline import PreparedRig, SolveSettings, bake_outcome, prepare_rig, result_text, solve_request
from ..preferences import solver_device, solver_interpreters
from ..properties import chosen_armature, status_of
from ..solve_job import SolveJob

_TIMER_S: Final[float] = 0.1


class INPOSE_OT_solve_full_body(bpy.types.Operator):
    """Solve the full body from the recording and bake it as a new action; the present action is kept."""

    bl_idname = "inpose.solve_full_body"
    bl_label = "Solve full body"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say what is missing as long as something is."""
        if status_of(context).running:
            cls.poll_message_set("InPose is already solving")
        elif context.mode not in {"OBJECT", "POSE"}:
            cls.poll_message_set("Switch to Object Mode or Pose Mode")
        elif not context.scene.inpose.recording:
            cls.poll_message_set("Choose a recording first")
        elif (armature := chosen_armature(context)) is None or armature.type != "ARMATURE":
            cls.poll_message_set("Select the armature of the character")
        else:
            return True
        return False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start the job and return to Blender at once."""
        if not self._start(context):
            return {"CANCELLED"}
        status = status_of(context)
        status.running, status.cancel_requested = True, False
        status.fraction, status.text = 0.0, self._job.text
        self._timer = context.window_manager.event_timer_add(_TIMER_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        context.workspace.status_text_set("InPose: solving. Esc cancels.")
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look after the job at each tick; everything but Esc belongs to the user."""
        status = status_of(context)
        if event.type == "ESC" and event.value == "PRESS":
            status.cancel_requested = True
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        if status.cancel_requested:
            self._job.cancel()
        if self._job.step():
            status.fraction, status.text = self._job.fraction, self._job.text
            context.workspace.status_text_set(f"InPose: {status.text} {status.fraction:.0%}. Esc cancels.")
            _redraw_panels(context)
        if not self._job.done:
            return {"RUNNING_MODAL"} if event.type == "ESC" else {"PASS_THROUGH"}
        self._end_modal(context)
        return self._finish(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do the whole job before returning."""
        if not self._start(context):
            return {"CANCELLED"}
        self._job.wait()
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """End the job when Blender ends the operator: a closing window, another file."""
        self._job.cancel()
        self._end_modal(context)

    def _start(self, context: bpy.types.Context) -> bool:
        settings = context.scene.inpose
        self._recording = Path(bpy.path.abspath(settings.recording))
        self._first_frame = settings.first_frame
        self._scene_name = context.scene.name
        try:
            self._rig: PreparedRig = prepare_rig(chosen_armature(context), context.scene)
            request = solve_request(self._rig, self._recording, solve_settings(settings))
            self._job = SolveJob(request, solver_interpreters())
        except InPoseError as error:
            self._report_error(context, error)
            return False
        return True

    def _finish(self, context: bpy.types.Context) -> set[str]:
        status = status_of(context)
        try:
            outcome = self._job.outcome
            scene = bpy.data.scenes.get(self._scene_name, context.scene)
            bake_settings = BakeSettings(self._recording.stem, self._first_frame)
            result = bake_outcome(self._rig, scene, outcome, bake_settings)
        except CancelledError:
            status.result, status.notes, status.failed = "Cancelled. Nothing was changed.", "", False
            self.report({"INFO"}, "InPose: cancelled, nothing was changed")
            return {"CANCELLED"}
        except InPoseError as error:
            self._report_error(context, error)
            return {"CANCELLED"}
        status.result, status.failed = result_text(outcome, result), False
        status.notes = "\n".join((*outcome.notes, *self._rig.measure.notes, *_kept_note(result.kept_action_name)))
        self.report({"INFO"}, status.result)
        return {"FINISHED"}

    def _end_modal(self, context: bpy.types.Context) -> None:
        status = status_of(context)
        status.running = status.cancel_requested = False
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)
        _redraw_panels(context)

    def _report_error(self, context: bpy.types.Context, error: InPoseError) -> None:
        status = status_of(context)
        status.result, status.notes, status.failed = error.message, error.hint, True
        for details in getattr(error, "__notes__", ()):
            self.report({"WARNING"}, details)  # the Info editor keeps the process' last words for bug reports
        self.report({"ERROR"}, str(error))


class INPOSE_OT_cancel(bpy.types.Operator):
    """Stop the running solve; nothing is changed."""

    bl_idname = "inpose.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be something to stop."""
        return status_of(context).running

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Leave word for the running operator, which owns the job."""
        status_of(context).cancel_requested = True
        return {"FINISHED"}


def solve_settings(settings: Any) -> SolveSettings:
    """Read the scene's choices; what is left at zero or automatic is the solver's choice."""
    return SolveSettings(
        stature_m=settings.stature or None,
        pose=None if settings.pose == "auto" else settings.pose,
        device=solver_device(),
        steps=settings.steps or None,
        temperature=settings.variation or None,
        seed=settings.seed,
    )


def _kept_note(action_name: str) -> tuple[str, ...]:
    return (f"The action {action_name} is kept in a muted NLA track.",) if action_name else ()


def _redraw_panels(context: bpy.types.Context) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


CLASSES = (INPOSE_OT_solve_full_body, INPOSE_OT_cancel)
