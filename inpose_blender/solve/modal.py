# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve and bake step by step while Blender draws, or at once in the background: what the solving operators share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import bpy

from ..errors import CancelledError, InPoseError
from ..takes.arrival import take_again
from ..takes.listed import chosen_entry, entry_of
from ..takes.memory import TAKES
from ..takes.swapping import show_on_character
from ..ui.modal import BAKE_TIMER_S, IDLE_TIMER_S, ModalBake, is_playing
from ..ui.redraw import redraw_panels
from ..ui.status import clear_result, show_cancelled, show_error
from ..ui.translate import tr
from .queue import QUEUE, QueuedSolve

if TYPE_CHECKING:
    from ..takes.take import SolvedTake


class ModalSolve(ModalBake):
    """Run a job of the solver and bake its take; mixed into operators.

    An operator prepares everything in `_start`, and keeps and tells the result in `_finish`.
    """

    # Blender evaluates annotations of operators, and these types are not loaded then.
    _job: Any
    """A `WorkerJob` whose outcome has the ``take`` and the ``file`` of a motion."""
    _rig: Any
    """The `PreparedRig`."""
    _options: Any
    """The `BakeOptions`."""
    _scene: Any
    """The scene, `Remembered`."""
    _label: str
    """The name of the take."""
    _recording: str
    """What is solved, as the scene stores it: another recording may be chosen when the job ends."""
    _queued: QueuedSolve
    _take_id: str
    """The take in the list of the scene that is solved."""
    _shown_before: str
    """The take that the character showed when the bake began."""

    def _start(self, context: bpy.types.Context) -> bool:
        """Prepare the job with the current options; return whether that was possible."""
        raise NotImplementedError

    def _finish(self, context: bpy.types.Context) -> set[str]:
        """Keep the baked take, and tell the user."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Queue the job and return to Blender at once."""
        if bpy.app.background:
            return self.execute(context)
        if not self._start(context):
            return {"CANCELLED"}
        clear_result(context)
        self._queued = QUEUE.add(self._label, self._job)
        self.begin_modal(context, IDLE_TIMER_S)
        context.window_manager.modal_handler_add(self)
        redraw_panels()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Advance the job at each timer event; pass on all events except Esc."""
        if self._bake is not None:
            return self._modal_bake(context, event)
        at_head = QUEUE.is_at_head(self._queued)
        stops = at_head and event.type == "ESC" and event.value == "PRESS" and not is_playing(context)
        if stops:
            self._job.cancel()
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        if at_head and self._job.step():
            context.workspace.status_text_set(
                tr("InPose: {doing} {percent} %. Esc cancels.").format(
                    doing=tr(self._job.text), percent=round(100 * self._job.fraction)
                )
            )
            redraw_panels()
        if not self._job.done:
            return {"RUNNING_MODAL"} if stops else {"PASS_THROUGH"}
        if not self._begin_bake(context):
            self._leave_queue(context)
            return {"CANCELLED"}
        self._queued.job.text = "Baking"
        self.begin_modal(context, BAKE_TIMER_S)
        return {"PASS_THROUGH"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do the whole job before returning."""
        if not self._start(context):
            return {"CANCELLED"}
        self._job.wait()
        if not self._begin_bake(context):
            return {"CANCELLED"}
        assert self._bake is not None
        while not self._bake.done:
            self._bake.step()
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """End the job before its end: a closing window, another file, the add-on is disabled."""
        self._job.cancel()
        QUEUE.remove(self._queued)
        self.abandon(context)

    def _modal_bake(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        assert self._bake is not None
        answer = self.go_on_baking(event)
        if not self._bake.done:
            return answer
        self._leave_queue(context)
        return self._finish(context)

    def _leave_queue(self, context: bpy.types.Context) -> None:
        QUEUE.remove(self._queued)
        self.abandon(context)

    def _begin_bake(self, context: bpy.types.Context) -> bool:
        """Take the outcome of the solve, and prepare its bake."""
        from ..bake.job import BakeJob

        try:
            outcome: Any = self._job.outcome
        except CancelledError:
            show_cancelled(self, context)
            return False
        except InPoseError as error:
            show_error(self, context, error, "Solving")
            return False
        TAKES.remember(outcome.file, outcome.take)
        scene = self._scene.find(bpy.data.scenes) or context.scene
        try:
            self._show_take(scene)
        except InPoseError as error:
            show_error(self, context, error, "Baking")
            return False
        self._bake = BakeJob(
            *(self._rig, scene, lambda: outcome.take, self._options, self._label),
            replace_own=True,
            load_before=self._take_before(),
        )
        return True

    def _take_before(self) -> Callable[[], SolvedTake] | None:
        """Return a function that loads the take whose edited bake is patched; None if the bake is a new one."""
        return None

    def _show_take(self, scene: Any) -> None:
        """Let the character show the solved take, whose edits the bake applies: another one may have been chosen.

        Raises:
            InPoseError: the armature was deleted in the meantime.
        """
        armature = self._rig.armature_object
        entry = take_again(scene, self._take_id, self._recording, armature, self._label)
        self._take_id, self._label = entry.take_id, entry.name
        self._shown_before = armature.inpose_take.take_id
        show_on_character(scene, entry)

    def _show_what_was_chosen(self, scene: Any, baked: bool) -> None:
        """Let the character show again what the user works on; nothing was baked: what it showed before."""
        before = entry_of(scene, self._shown_before)
        if before is not None and (not baked or before == chosen_entry(scene)):
            show_on_character(scene, before)
