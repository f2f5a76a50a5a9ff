# SPDX-License-Identifier: GPL-3.0-or-later
"""Start Live, measure, record, stop; and the list of further performers."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import sys
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..errors import InPoseError
from ..options import VMC_PORT
from ..rig.properties import chosen_armature
from ..ui.modal import ModalTimer, is_playing
from ..ui.redraw import redraw_panels
from ..ui.status import clear_error, show_error
from ..ui.translate import tr

if TYPE_CHECKING:
    from .stage import Stage

_TIMER_S: Final[float] = 0.1
_DOING: Final[str] = "Live"


def running_stage() -> "Stage | None":
    """Return the session that runs; while none has ever run, nothing is loaded for it."""
    module = sys.modules.get(f"{__package__}.session")
    return module.running() if module else None


class INPOSE_OT_live(ModalTimer, bpy.types.Operator):
    """Let the character follow a performer who moves now. Stop gives the character its pose back"""

    bl_idname = "inpose.live"
    bl_label = "Start Live"

    # Blender evaluates annotations of operators, and Stage is not loaded then.
    _stage: Any = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One session at a time; in the background nothing would end it."""
        if bpy.app.background:
            cls.poll_message_set(tr("This needs a window of Blender"))
        elif running_stage() is not None:
            cls.poll_message_set(tr("Live runs already"))
        elif context.mode not in {"OBJECT", "POSE"}:
            cls.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
        elif (armature := chosen_armature(context)) is None or armature.type != "ARMATURE":
            cls.poll_message_set(tr("Select the armature of the character"))
        else:
            return True
        return False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Begin to follow, and return to Blender."""
        try:
            self._stage = begin_stage(context)
        except InPoseError as error:
            show_error(self, context, error, _DOING)
            return {"CANCELLED"}
        clear_error(context)
        self.begin_modal(context, _TIMER_S)
        context.window_manager.modal_handler_add(self)
        redraw_panels()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Wait for the end. Esc ends the session; everything else is Blender's."""
        stage = running_stage()
        if stage is None or stage is not self._stage:
            return self._finished(context)
        if event.type == "ESC" and event.value == "PRESS" and not stage.ends and not is_playing(context):
            stage.stop()
            return {"RUNNING_MODAL"}
        if event.type == "TIMER" and stage.done:
            end_stage(self, context, stage)
            return self._finished(context)
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """End at once, because Blender ends the operator: another file is opened, or the window closes."""
        stage = running_stage()
        drop_stage()
        if stage is not None:
            from .dropped import list_soon

            list_soon(stage)
        self._finished(context)

    def _finished(self, context: bpy.types.Context) -> set[str]:
        self.end_timer(context)
        redraw_panels()
        return {"FINISHED"}


class _WhileLive:
    """Allow an operator only while a session runs; mixed into operators."""

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be a session that has not ended."""
        stage = running_stage()
        return stage is not None and not stage.ends


class INPOSE_OT_live_stop(_WhileLive, bpy.types.Operator):
    """Stop Live. The character gets its pose back, and the takes are solved and baked"""

    bl_idname = "inpose.live_stop"
    bl_label = "Stop Live"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Ask for the end."""
        stage = running_stage()
        assert stage is not None, "poll has seen one"
        stage.stop()
        return {"FINISHED"}


class INPOSE_OT_live_calibrate(_WhileLive, bpy.types.Operator):
    """Measure the performer again. Take a T-pose when the countdown ends"""

    bl_idname = "inpose.live_calibrate"
    bl_label = "Calibrate"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Count down."""
        stage = running_stage()
        assert stage is not None, "poll has seen one"
        stage.calibrate()
        return {"FINISHED"}


class INPOSE_OT_live_record(_WhileLive, bpy.types.Operator):
    """Start or end a take. Everything that arrives is written to a file at once"""

    bl_idname = "inpose.live_record"
    bl_label = "Start or end live take"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Begin a take, or end the one that runs."""
        stage = running_stage()
        assert stage is not None, "poll has seen one"
        if stage.records:
            stage.end_take()
        else:
            stage.record()
        return {"FINISHED"}


class INPOSE_OT_live_add_performer(bpy.types.Operator):
    """Add a performer with a character and a port of their own"""

    bl_idname = "inpose.live_add_performer"
    bl_label = "Add performer"
    bl_options = {"UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add one with the next free port."""
        settings = context.scene.inpose_live
        ports = {settings.port, *(each.port for each in settings.performers)}
        added = settings.performers.add()
        added.port = next(port for port in range(VMC_PORT + 2, 65536) if port not in ports)
        return {"FINISHED"}


class INPOSE_OT_live_remove_performer(bpy.types.Operator):
    """Remove this performer"""

    bl_idname = "inpose.live_remove_performer"
    bl_label = "Remove performer"
    bl_options = {"UNDO"}

    index: bpy.props.IntProperty(options={"HIDDEN"}, min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        context.scene.inpose_live.performers.remove(self.index)
        return {"FINISHED"}


def begin_stage(context: bpy.types.Context) -> "Stage":
    """Begin a session with the scene's settings.

    Raises:
        InPoseError: a rig cannot be posed, a folder is missing, or a setting makes no sense.
    """
    from . import session
    from .sources import begin_performers
    from .stage import Stage

    performers, folder = begin_performers(context)
    uses_xr = context.scene.inpose_live.source == "XR"
    stage = Stage(performers, context.scene, folder, uses_xr=uses_xr, redraw=redraw_panels)
    session.begin(stage)
    return stage


def end_stage(operator: bpy.types.Operator, context: bpy.types.Context, stage: "Stage") -> None:
    """Take leave of a session that is done: say what went wrong, list its takes, and solve them."""
    from . import session
    from .finishing import hand_over

    takes, scene = stage.takes, stage.scene or context.scene
    session.forget()
    hand_over(context, takes, solve=stage.error is None and scene.inpose_live.solve_takes, scene=scene)
    context.view_layer.update()
    bpy.ops.ed.undo_push(message=tr("Live"))
    if stage.error is not None:
        show_error(operator, context, stage.error, _DOING)


def drop_stage() -> None:
    """End the session at once, if one runs."""
    if module := sys.modules.get(f"{__package__}.session"):
        module.drop()


CLASSES = (
    INPOSE_OT_live,
    INPOSE_OT_live_stop,
    INPOSE_OT_live_calibrate,
    INPOSE_OT_live_record,
    INPOSE_OT_live_add_performer,
    INPOSE_OT_live_remove_performer,
)
