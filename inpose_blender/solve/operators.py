# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve a recording and bake it."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy

from ..bake.asked_pins import NOTHING
from ..bake.operators import bake_notes, baked_text, keep_place, range_note, spoken_problems
from ..bake.properties import bake_options
from ..errors import InPoseError
from ..options import CalibrationSettings, SolveSettings
from ..preferences.machine_settings import results_folder, solver_device, solver_interpreters
from ..recording.properties import chosen_reading, recording_path
from ..remembered import remember
from ..rig.properties import chosen_armature
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
        from ..bake.bake import check_root_motion
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
            self._job = SolveJob(recording, skeleton, solver_interpreters(), options, results_folder())
        except InPoseError as error:
            show_error(self, context, error, "Preparing")
            return False
        return True

    def _finish(self, context: bpy.types.Context) -> set[str]:
        from ..bake.confidence import confidence_notes

        outcome: SolveOutcome = self._job.outcome
        assert self._bake is not None
        try:
            result = self._bake.result
            take = self._rig.armature_object.inpose_take
        except InPoseError as error:
            show_error(self, context, error, "Baking")
            return {"CANCELLED"}
        take.unpinned, take.solved_pins = "", NOTHING  # pins start from this motion now
        take.file, take.label, take.notes = str(outcome.file), self._label, "\n".join(outcome.notes)
        take.recording, take.start_s = self._recording, outcome.start_s
        take.scale = outcome.take.scale or 1.0
        take.findings, take.seat_height_m = json.dumps(outcome.findings), outcome.seat_height_m
        scene = self._scene.find(bpy.data.scenes) or context.scene
        keep_place(self._rig, result, scene)
        trust = confidence_notes(outcome.take.motion, result.first_frame, result.frames_per_s)
        told = (*range_note(result, scene), *outcome.notes, *self._rig.measure.notes, *bake_notes(result))
        notes = (*trust, *told)
        text = baked_text(result, outcome.mean_hand_error_m)
        show_result(self, context, text, notes, spoken_problems(result))
        return {"FINISHED"}


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


CLASSES = (INPOSE_OT_solve_full_body, INPOSE_OT_cancel)
