# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the bundled packages in the preferences, and unpack or check them on request."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..errors import InPoseError
from ..runtime.bundle import Runtime, Unpacking, remove, start_unpacking
from .preferences import installed_runtimes

_TIMER_S: Final[float] = 0.1


class INPOSE_OT_unpack_runtime(bpy.types.Operator):
    """Unpack the included solver, or check it and repair damaged files. The first solve does this, too."""

    bl_idname = "inpose.unpack_runtime"
    bl_label = "Unpack the solver"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something to unpack."""
        if usable_runtime() is None:
            cls.poll_message_set(
                "This build of InPose includes no solver for this Blender: choose a Python with PyTorch"
            )
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Unpack in the background, with the progress in the status bar."""
        unpacking = self._begin()
        if unpacking is None:
            return {"FINISHED"}
        self._unpacking = unpacking
        self._timer = context.window_manager.event_timer_add(_TIMER_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Show the progress; everything but Esc belongs to the user."""
        if event.type == "ESC" and event.value == "PRESS":
            self._unpacking.stop()
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not self._unpacking.done:
            context.workspace.status_text_set(f"InPose: unpacking {self._unpacking.fraction:.0%}. Esc cancels.")
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)
        if context.area:
            context.area.tag_redraw()
        return self._end(self._unpacking)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Unpack before returning."""
        unpacking = self._begin()
        if unpacking is None:
            return {"FINISHED"}
        unpacking.wait()
        return self._end(unpacking)

    def _begin(self) -> Unpacking | None:
        runtime = usable_runtime()
        assert runtime is not None, "poll has seen one"
        if runtime.ready:
            if not (damaged := runtime.damaged_files()):
                self.report({"INFO"}, "InPose: the solver is unpacked and complete")
                return None
            self.report({"INFO"}, f"InPose: {len(damaged)} files of the solver are damaged; unpacking again")
            from ..runtime.worker_job import stop_warm_process

            stop_warm_process()
            try:
                remove(runtime)
            except InPoseError as error:
                self.report({"ERROR"}, str(error))
                return None
        return start_unpacking(runtime)

    def _end(self, unpacking: Unpacking) -> set[str]:
        if unpacking.error is not None:
            self.report({"ERROR"}, str(unpacking.error))
            return {"CANCELLED"}
        self.report({"INFO"}, "InPose: the solver is unpacked")
        return {"FINISHED"}


def usable_runtime() -> Runtime | None:
    """Return the bundled runtime that a Python on this machine can use, if there is one."""
    try:
        return next((runtime for runtime in installed_runtimes() if runtime.executable), None)
    except InPoseError:
        return None


def draw_runtime(layout: Any, _context: bpy.types.Context) -> None:
    """Say in the preferences whether the solver is there, and offer what can be done."""
    runtime = usable_runtime()
    column = layout.column()
    if runtime is None:
        column.label(text="This build includes no solver for this Blender: choose a Python with PyTorch", icon="INFO")
        return
    row = column.row()
    if runtime.ready:
        row.label(text="InPose's own solver is unpacked", icon="CHECKMARK")
        row.operator(INPOSE_OT_unpack_runtime.bl_idname, text="Check")
    else:
        size = f"{runtime.unpacked_bytes / 1e9:.1f} GB"
        row.label(text=f"InPose's own solver will be unpacked at the first solve ({size})", icon="PACKAGE")
        row.operator(INPOSE_OT_unpack_runtime.bl_idname, text="Unpack now")


CLASSES = (INPOSE_OT_unpack_runtime,)
