# SPDX-License-Identifier: GPL-3.0-or-later
"""Record from a headset while Blender goes on, and choose each take that has ended."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..takes.arrival import arrive
from ..ui.modal import ModalTimer, is_playing
from ..ui.redraw import redraw_panels
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from . import qr_picture
from .properties import takes_folder

if TYPE_CHECKING:
    from .session import HeadsetChoices, HeadsetSession

_TIMER_S: Final[float] = 0.2
_DOING: Final[str] = "Recording from the headset"


def running_session() -> "HeadsetSession | None":
    """Return the session that runs; while none has ever run, nothing is loaded for it."""
    module = sys.modules.get(f"{__package__}.session")
    return module.running() if module else None


def end_session() -> None:
    """End the session, if one runs, without telling the panel."""
    if module := sys.modules.get(f"{__package__}.session"):
        module.drop()


def choose_takes(context: bpy.types.Context, paths: Sequence[Path]) -> None:
    """Add takes to the list, and make the last one the chosen recording, as if the user had chosen its file."""
    for path in paths:
        arrive(context.scene, path, "HEADSET", chosen_armature(context))
    if paths:
        clear_error(context)
        bpy.ops.ed.undo_push(message=tr("Record from headset"))


class INPOSE_OT_record_headset(ModalTimer, bpy.types.Operator):
    """Record in the browser of your headset. Each take becomes a file, and the chosen recording"""

    bl_idname = "inpose.record_headset"
    bl_label = "Record from headset"

    # Blender evaluates annotations of operators, and HeadsetSession is not loaded then.
    _session: Any = None

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """One session at a time; in the background nothing would end it."""
        if bpy.app.background:
            cls.poll_message_set(tr("This needs a window of Blender"))
            return False
        return running_session() is None

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Serve the page, and return to Blender."""
        from .session import begin

        try:
            self._session = begin(choices_of(context.window_manager.inpose_headset))
        except InPoseError as error:
            show_error(self, context, error, _DOING)
            return {"CANCELLED"}
        clear_error(context)
        self.begin_modal(context, _TIMER_S)
        context.window_manager.modal_handler_add(self)
        redraw_panels()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Choose takes that have ended. Esc ends the session; everything else is Blender's."""
        session = running_session()
        if session is None or session is not self._session:
            return self._finished(context)
        if event.type == "ESC" and event.value == "PRESS" and not is_playing(context):
            bpy.ops.inpose.end_headset()
            return self._finished(context)
        if event.type == "TIMER":
            choose_takes(context, session.new_takes())
            redraw_panels()
            if (error := session.error) is not None:
                bpy.ops.inpose.end_headset()
                show_error(self, context, error, _DOING)
                return self._finished(context)
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """End the server, because Blender ends the operator: another file is opened, or the window closes."""
        end_session()
        self._finished(context)

    def _finished(self, context: bpy.types.Context) -> set[str]:
        self.end_timer(context)
        redraw_panels()
        return {"FINISHED"}


class _WhileRecording:
    """Allow an operator only while a session runs; mixed into operators."""

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be a session."""
        return running_session() is not None


class INPOSE_OT_end_headset(_WhileRecording, bpy.types.Operator):
    """End the connection to the headset. Everything that arrived is kept"""

    bl_idname = "inpose.end_headset"
    bl_label = "End the headset session"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """End the server, and choose the newest of its takes."""
        from .session import end

        try:
            choose_takes(context, end())
        except InPoseError as error:
            show_error(self, context, error, _DOING)
        redraw_panels()
        return {"FINISHED"}


class INPOSE_OT_command_headset(_WhileRecording, bpy.types.Operator):
    """Start or stop a take in the headset"""

    bl_idname = "inpose.command_headset"
    bl_label = "Start or stop take"

    name: bpy.props.EnumProperty(
        name="Command", items=(("start", "Start take", ""), ("stop", "Stop take", "")), options={"HIDDEN"}
    )

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Send the command."""
        session = running_session()
        if session is None or not session.command(self.name):
            self.report({"WARNING"}, tr("No headset is connected"))
            return {"CANCELLED"}
        return {"FINISHED"}


class INPOSE_OT_copy_headset_text(bpy.types.Operator):
    """Copy this line to the clipboard"""

    bl_idname = "inpose.copy_headset_text"
    bl_label = "Copy"

    text: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the text onto the clipboard."""
        context.window_manager.clipboard = self.text
        return {"FINISHED"}


def choices_of(settings: Any) -> "HeadsetChoices":
    """Return what the panel says."""
    from .session import HeadsetChoices

    certificate, key = (Path(bpy.path.abspath(text)) if text else None for text in (settings.certificate, settings.key))
    return HeadsetChoices(
        takes_folder(settings), settings.port, settings.connection == "WIFI", certificate, key, not settings.folder
    )


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # of Blender
def _end_before_loading(*_arguments: object) -> None:
    end_session()


def register() -> None:
    """End the session whenever another file is opened."""
    bpy.app.handlers.load_pre.append(_end_before_loading)


def unregister() -> None:
    """End the session, free its pictures, and no longer watch for other files."""
    bpy.app.handlers.load_pre.remove(_end_before_loading)
    end_session()
    qr_picture.clear()


CLASSES = (
    INPOSE_OT_record_headset,
    INPOSE_OT_end_headset,
    INPOSE_OT_command_headset,
    INPOSE_OT_copy_headset_text,
)
