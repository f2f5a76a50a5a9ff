# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve a recording and bake it."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from ..bake.asked_pins import NOTHING
from ..bake.operators import bake_notes, baked_text, keep_place, range_note, spoken_problems
from ..bake.properties import bake_options, in_its_row
from ..errors import InPoseError
from ..options import CalibrationSettings, ReadOptions, SolveSettings
from ..preferences.machine_settings import results_folder, solved_folder, solver_device, solver_interpreters
from ..recording.properties import chosen_reading, recording_path
from ..remembered import remember
from ..rig.properties import chosen_armature
from ..takes.arrival import take_to_solve
from ..takes.listed import data_of
from ..ui.option_properties import settings_of
from ..ui.status import show_error, show_result
from ..ui.translate import tr
from .modal import ModalSolve
from .options import SolveOptions, require_files
from .queue import QUEUE

if TYPE_CHECKING:
    from ..rig.prepare import PreparedRig
    from .job import SolveOutcome


class INPOSE_OT_solve_full_body(ModalSolve, bpy.types.Operator):
    """Solve the full body from the recording and bake it as a new action. InPose keeps your current action"""

    bl_idname = "inpose.solve_full_body"
    bl_label = "Solve full body"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return whether everything is ready; if not, tell Blender what is missing."""
        if context.mode not in {"OBJECT", "POSE"}:
            cls.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
        elif not context.scene.inpose.recording:
            cls.poll_message_set(tr("Choose a recording first"))
        elif (armature := chosen_armature(context)) is None or armature.type != "ARMATURE":
            cls.poll_message_set(tr("Select the armature of the character"))
        else:
            return True
        return False

    def _start(self, context: bpy.types.Context) -> bool:
        """Prepare the job with the current options; later changes apply to later solves."""
        from ..bake.rig_facts import check_root_motion
        from ..rig.prepare import prepare_rig
        from .job import SolveJob

        scene = context.scene
        recording = recording_path(scene.inpose)
        self._recording, self._label, self._scene = scene.inpose.recording, recording.stem, remember(scene)
        try:
            self._options = bake_options(scene)
            self._rig: PreparedRig = prepare_rig(chosen_armature(context), scene)
            check_root_motion(self._rig.armature_object, self._options.way, scene=scene, mapping=self._rig.mapping)
            options = solve_options(scene)
            require_files(recording, options)
            skeleton = self._rig.measure.skeleton
            folder = solved_folder(scene) or results_folder()
            self._job = SolveJob(recording, skeleton, solver_interpreters(), options, folder)
        except InPoseError as error:
            show_error(self, context, error, "Preparing")
            return False
        entry = take_to_solve(scene, self._rig.armature_object)
        self._take_id, self._label = entry.take_id, entry.name
        self._options = in_its_row(self._options, data_of(entry).solved)
        return True

    def _finish(self, context: bpy.types.Context) -> set[str]:
        from ..bake.confidence import confidence_notes

        outcome: SolveOutcome = self._job.outcome
        assert self._bake is not None
        scene = self._scene.find(bpy.data.scenes) or context.scene
        try:
            result = self._bake.result
            take = self._rig.armature_object.inpose_take
        except InPoseError as error:
            self._keep_unbaked(outcome)
            self._show_what_was_chosen(scene, baked=False)
            show_error(self, context, error, "Baking")
            return {"CANCELLED"}
        keep_outcome(take, outcome, self._label, self._recording)
        keep_place(self._rig, result, scene)
        self._show_what_was_chosen(scene, baked=True)
        trust = confidence_notes(outcome.take.motion, result)
        told = (*range_note(result, scene), *outcome.notes, *self._rig.measure.notes, *bake_notes(result))
        notes = (*trust, *told)
        text = baked_text(result, outcome.mean_hand_error_m)
        show_result(self, context, text, notes, spoken_problems(result))
        return {"FINISHED"}

    def _keep_unbaked(self, outcome: "SolveOutcome") -> None:
        """Keep the first motion of a take if it could not be baked: *Bake again* bakes it when the reason is gone."""
        try:
            take = self._rig.armature_object.inpose_take
        except InPoseError:  # the rig was deleted
            return
        if not take.file:
            keep_outcome(take, outcome, self._label, self._recording)


class INPOSE_OT_cancel(bpy.types.Operator):
    """Cancel this solve. The scene stays unchanged"""

    bl_idname = "inpose.cancel"
    bl_label = "Cancel solving"

    index: bpy.props.IntProperty(name="Place", description="Position in the queue; 0 is the running solve", min=0)

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Return whether there is a solve to cancel."""
        if not len(QUEUE):
            cls.poll_message_set(tr("Nothing is being solved"))
        return len(QUEUE) > 0

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Ask the operator that owns the job to cancel it."""
        QUEUE.cancel(self.index)
        return {"FINISHED"}


def keep_outcome(take: Any, outcome: "SolveOutcome", label: str, recording: str) -> None:
    """Keep a finished solve with a take.

    Args:
        take: its `INPOSE_PG_take`.
        outcome: of the solve.
        label: name of the take.
        recording: what was solved, as the scene stores it.
    """
    from ..bake.confidence import told_confidence

    take.unpinned, take.solved_pins = "", NOTHING  # pins start from this motion now
    take.file, take.label, take.notes = str(outcome.file), label, "\n".join(outcome.notes)
    take.recording, take.start_s = recording, outcome.start_s
    take.scale = outcome.take.scale or 1.0
    take.findings, take.seat_height_m = json.dumps(outcome.findings), outcome.seat_height_m
    take.confidence = told_confidence(outcome.take.motion)


def solve_options(scene: bpy.types.Scene) -> SolveOptions:
    """Read the scene's choices.

    Raises:
        InPoseError: a value does not fit.
    """
    return SolveOptions(
        chosen_reading(scene),
        settings_of(CalibrationSettings, scene.inpose),
        replace(settings_of(SolveSettings, scene.inpose), device=solver_device()),
    )


def kept_options(settings: Any) -> SolveOptions:
    """Read the choices that are kept with a take which is not the chosen one.

    Args:
        settings: its `INPOSE_PG_kept_settings`.

    Raises:
        InPoseError: a value does not fit.
    """
    return SolveOptions(
        settings_of(ReadOptions, settings),
        settings_of(CalibrationSettings, settings),
        replace(settings_of(SolveSettings, settings), device=solver_device()),
    )


CLASSES = (INPOSE_OT_solve_full_body, INPOSE_OT_cancel)
