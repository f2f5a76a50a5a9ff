# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve all takes of the list that are not solved yet, one after another, and bake none."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from dataclasses import dataclass
from typing import Any

import bpy

from ..errors import CancelledError, InPoseError
from ..preferences.machine_settings import results_folder, solved_folder, solver_interpreters
from ..remembered import Remembered, remember
from ..rig.properties import chosen_armature
from ..solve.operators import keep_outcome, kept_options, solve_options
from ..solve.options import require_files
from ..solve.queue import QUEUE, QueuedSolve
from ..takes.adoption import adopt_characters
from ..takes.arrival import give_character
from ..takes.listed import chosen_entry, data_of, entry_of, recording_of
from ..takes.memory import TAKES
from ..takes.swapping import show_on_character
from ..ui.modal import IDLE_TIMER_S, ModalTimer, is_playing
from ..ui.redraw import redraw_panels
from ..ui.running import clear_status_text
from ..ui.status import clear_result, show_error, show_result
from ..ui.translate import tr
from .finding import has_motion
from .starred import nothing_starred, wanted_entries


@dataclass
class WaitingTake:
    """Hold a take that waits to be solved."""

    take_id: str
    name: str
    recording: str
    armature: Remembered
    job: Any
    """A `SolveJob`."""
    queued: QueuedSolve | None = None


class INPOSE_OT_solve_takes(ModalTimer, bpy.types.Operator):
    """Solve all takes that are not solved yet, each with its own settings. Nothing is baked"""

    bl_idname = "inpose.solve_takes"
    bl_label = "Solve all"
    bl_options = {"UNDO"}

    # Blender evaluates annotations of operators.
    _waiting: Any
    """The takes that are not solved yet, as `WaitingTake`."""
    _failed: Any
    """Names of takes, each with why it failed."""
    _solved: Any
    _scene: Any
    """The scene, `Remembered`."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Some take must wait to be solved."""
        if context.mode not in {"OBJECT", "POSE"}:
            cls.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
        elif not takes_to_solve(context.scene, fresh=False):
            cls.poll_message_set(_nothing_to_solve(context.scene))
        else:
            return True
        return False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Queue the takes and return to Blender at once."""
        if bpy.app.background:
            return self.execute(context)
        self._start(context)
        if not self._waiting:
            return self._finish(context)
        clear_result(context)
        for waiting in self._waiting:
            waiting.queued = QUEUE.add(waiting.name, waiting.job)
        self.begin_modal(context, IDLE_TIMER_S)
        context.window_manager.modal_handler_add(self)
        redraw_panels()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Advance the first take at each timer event; Esc cancels all that are left."""
        waiting = self._waiting[0]
        at_head = QUEUE.is_at_head(waiting.queued)
        if at_head and event.type == "ESC" and event.value == "PRESS" and not is_playing(context):
            for left in self._waiting:
                left.job.cancel()
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        if at_head and waiting.job.step():
            self._tell_progress(context, waiting)
        for ended in [each for each in self._waiting if each.job.done]:
            self._waiting.remove(ended)
            QUEUE.remove(ended.queued)
            self._keep(context, ended)
        if self._waiting:
            return {"PASS_THROUGH"}
        self._end(context)
        return self._finish(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Solve all of them before returning."""
        self._start(context)
        while self._waiting:
            waiting = self._waiting.pop(0)
            waiting.job.wait()
            self._keep(context, waiting)
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """End the jobs when Blender ends the operator: a closing window, another file."""
        for waiting in self._waiting:
            waiting.job.cancel()
            QUEUE.remove(waiting.queued)
        self._end(context)

    def _start(self, context: bpy.types.Context) -> None:
        scene = context.scene
        adopt_characters(scene)
        self._scene, self._waiting, self._failed, self._solved = remember(scene), [], [], []
        rigs: dict[str, Any] = {}
        for entry in takes_to_solve(scene):
            try:
                self._waiting.append(_waiting_take(context, entry, rigs))
            except InPoseError as error:
                self._failed.append((entry.name, error))

    def _keep(self, context: bpy.types.Context, waiting: WaitingTake) -> None:
        scene = self._scene.find(bpy.data.scenes) or context.scene
        try:
            outcome = waiting.job.outcome
        except CancelledError:
            return
        except InPoseError as error:
            self._failed.append((waiting.name, error))
            return
        entry, armature = entry_of(scene, waiting.take_id), waiting.armature.find(bpy.data.objects)
        if entry is None or armature is None:  # deleted in the meantime
            return
        TAKES.remember(outcome.file, outcome.take)
        give_character(scene, entry, armature)
        keep_outcome(data_of(entry).solved, outcome, entry.name, waiting.recording)
        self._solved.append(entry.name)
        if entry == chosen_entry(scene):
            show_on_character(scene, entry)

    def _finish(self, context: bpy.types.Context) -> set[str]:
        redraw_panels()
        if self._failed and not self._solved:
            name, error = self._failed[0]
            show_error(self, context, type(error)(f"{name}: {error.message}", error.hint), "Solving")
            return {"CANCELLED"}
        if not self._solved:
            show_result(self, context, tr("Cancelled. Nothing was changed."))
            return {"CANCELLED"}
        notes = [tr("{take} was not solved: {reason}", take=name, reason=str(error)) for name, error in self._failed]
        text = tr("Solved {count} takes. Bake all makes keyframes of them", count=len(self._solved))
        show_result(self, context, text, notes)
        return {"FINISHED"}

    def _tell_progress(self, context: bpy.types.Context, waiting: WaitingTake) -> None:
        percent = round(100 * waiting.job.fraction)
        context.workspace.status_text_set(
            tr("InPose: {doing} {percent} %. Esc cancels.").format(
                doing=f"{waiting.name}: {tr(waiting.job.text)}", percent=percent
            )
        )
        redraw_panels()

    def _end(self, context: bpy.types.Context) -> None:
        self.end_timer(context)
        clear_status_text()
        redraw_panels()


def _nothing_to_solve(scene: Any) -> str:
    """Return why no wanted take waits to be solved."""
    if reason := nothing_starred(scene):
        return reason
    return tr("All takes with a star are solved") if scene.inpose_takes.only_starred else tr("All takes are solved")


def takes_to_solve(scene: Any, fresh: bool = True) -> list[Any]:
    """Return the takes of a scene that have no motion; if the list says so, only those with a star.

    Args:
        scene: has the list.
        fresh: look on the disk whether the motions are there; else what was seen in the last seconds will do.
    """
    return [entry for entry in wanted_entries(scene) if not has_motion(entry, fresh)]


def _waiting_take(context: bpy.types.Context, entry: Any, rigs: dict[str, Any]) -> WaitingTake:
    """Prepare the job of a take.

    Raises:
        InPoseError: a file is missing, the take has no character, or its rig cannot be used.
    """
    from ..errors import RigError
    from ..rig.prepare import prepare_rig
    from ..solve.job import SolveJob

    scene = context.scene
    armature = entry.character
    if armature is None or armature.name not in scene.objects:
        armature = chosen_armature(context)
    if armature is None or armature.type != "ARMATURE":
        raise RigError(tr("The take has no character."), tr("Select the armature of the character"))
    options = solve_options(scene) if entry == chosen_entry(scene) else kept_options(entry.settings)
    require_files(recording_of(entry), options)
    if armature.name not in rigs:
        rigs[armature.name] = prepare_rig(armature, scene)
    skeleton = rigs[armature.name].measure.skeleton
    folder = solved_folder(scene) or results_folder()
    job = SolveJob(recording_of(entry), skeleton, solver_interpreters(), options, folder)
    return WaitingTake(entry.take_id, entry.name, entry.file, remember(armature), job)


CLASSES = (INPOSE_OT_solve_takes,)
