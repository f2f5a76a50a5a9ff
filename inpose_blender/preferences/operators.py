# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the solver, and delete old results."""

from __future__ import annotations

import bpy

from ..errors import InPoseError
from ..takes.memory import TAKES
from ..takes.on_disk import look_again
from ..ui.modal import IDLE_TIMER_S, ModalBake
from ..ui.panel_words import panel_words
from ..ui.properties import status_of
from ..ui.redraw import redraw_panels
from ..ui.status import show_error
from ..ui.translate import tr
from .machine_settings import results_folder, solver_interpreters
from .solver_text import solver_lines


class INPOSE_OT_test_solver(ModalBake, bpy.types.Operator):
    """Start the solver and show what it runs on: Python, library, device and memory"""

    bl_idname = "inpose.test_solver"
    bl_label = "Test solver"

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start it while Blender goes on."""
        if bpy.app.background:
            return self.execute(context)
        if not self._start(context):
            return {"CANCELLED"}
        status_of(context).solver = tr("Starting the solver")
        self.begin_modal(context, IDLE_TIMER_S)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Wait for its first words."""
        if event.type == "TIMER":
            self._job.step()
        if not self._job.done:
            return {"PASS_THROUGH"}
        self.abandon(context)
        return self._finish(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start it and wait for its first words."""
        if not self._start(context):
            return {"CANCELLED"}
        self._job.wait()
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Stop waiting when Blender ends the operator."""
        self._job.cancel()
        self.abandon(context)

    def _start(self, context: bpy.types.Context) -> bool:
        from ..runtime.worker_job import HelloJob

        try:
            self._job = HelloJob(solver_interpreters())
        except InPoseError as error:
            return self._fail(context, error)
        return True

    def _finish(self, context: bpy.types.Context) -> set[str]:
        try:
            solver = self._job.outcome
        except InPoseError as error:
            self._fail(context, error)
            return {"CANCELLED"}
        lines = [tr("Works: {label}", label=solver["interpreter"]), *solver_lines(solver)]
        lines += [tr("Cannot be used: {reason}", reason=failure) for failure in solver["failures"]]
        status_of(context).solver = "\n".join(lines)
        redraw_panels()
        self.report({"INFO"}, "; ".join(lines))
        return {"FINISHED"}

    def _fail(self, context: bpy.types.Context, error: InPoseError) -> bool:
        status_of(context).solver = "\n".join(filter(None, map(panel_words, (error.message, error.hint))))
        show_error(self, context, error, "Testing the solver")
        return False


class INPOSE_OT_clear_results(bpy.types.Operator):
    """Delete all solved motions that InPose keeps for re-baking. Your actions stay"""

    bl_idname = "inpose.clear_results"
    bl_label = "Delete results"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Delete the files that are InPose's own by their names: the user may have chosen a folder with other files."""
        from ..takes.take import is_take_file_name

        try:
            files = [path for path in results_folder().iterdir() if is_take_file_name(path.name) and path.is_file()]
            size = sum(path.stat().st_size for path in files)
            for path in files:
                path.unlink()
        except (OSError, InPoseError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        TAKES.clear()
        look_again()
        self.report({"INFO"}, tr("Deleted {count} files, {size} MB", count=len(files), size=round(size / 1e6)))
        return {"FINISHED"}


CLASSES = (INPOSE_OT_test_solver, INPOSE_OT_clear_results)
