# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve the stretches around the pins again, and bake."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..bake.asked_pins import asked_pins
from ..bake.operators import bake_notes, baked_text, has_take, keep_place, range_note, spoken_problems
from ..bake.properties import options_of_take
from ..errors import InPoseError
from ..options import SolveSettings
from ..preferences.machine_settings import results_folder, solved_folder, solver_device, solver_interpreters
from ..remembered import remember
from ..rig.properties import chosen_armature
from ..solve.modal import ModalSolve
from ..takes.adoption import adopt_characters
from ..takes.memory import take_loader
from ..ui.option_properties import settings_of
from ..ui.status import show_error, show_result
from .properties import pins_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..takes.take import SolvedTake
    from .job import PinnedOutcome


class INPOSE_OT_solve_again(ModalSolve, bpy.types.Operator):
    """Solve the stretches around the pins again, and bake. The rest of the motion stays as it is"""

    bl_idname = "inpose.solve_again"
    bl_label = "Solve again"
    bl_options = {"UNDO"}

    another: bpy.props.BoolProperty(
        name="Another",
        description="Find another likely motion through the same pins, instead of the most likely one",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return has_take(cls, context)

    def _start(self, context: bpy.types.Context) -> bool:
        from ..rig.prepare import prepare_rig
        from .collect import collected_pins
        from .job import SolveAgainJob

        armature, scene = chosen_armature(context), context.scene
        assert armature is not None, "poll has seen one"
        adopt_characters(scene)
        take, pins = armature.inpose_take, pins_of(armature)
        self._take_id = take.take_id
        self._recording = take.recording
        self._label, self._scene, self._notes = take.label, remember(scene), take.notes.splitlines()
        self._load_before, self._unpinned = take_loader(take), take.unpinned or take.file
        self._seed = pins.seed + 1 if self.another else 0
        try:
            self._options = options_of_take(scene, take)
            self._rig = prepare_rig(armature, scene)
            asked = collected_pins(context, armature, self._rig.measure)
            self._asked = asked_pins(armature)
            settings = replace(settings_of(SolveSettings, scene.inpose), device=solver_device())
            if self._seed:
                settings = replace(settings, variation=1.0, seed=self._seed)
            folder = solved_folder(scene) or results_folder()
            self._job = SolveAgainJob(Path(self._unpinned), self._label, asked, solver_interpreters(), settings, folder)
        except InPoseError as error:
            show_error(self, context, error, "Preparing")
            return False
        return True

    def _take_before(self) -> "Callable[[], SolvedTake]":
        return self._load_before

    def _finish(self, context: bpy.types.Context) -> set[str]:
        from ..bake.confidence import told_confidence

        outcome: PinnedOutcome = self._job.outcome
        assert self._bake is not None
        scene = self._scene.find(bpy.data.scenes) or context.scene
        try:
            result = self._bake.result
            armature = self._rig.armature_object
        except InPoseError as error:
            self._show_what_was_chosen(scene, baked=False)
            show_error(self, context, error, "Baking")
            return {"CANCELLED"}
        take, pins = armature.inpose_take, pins_of(armature)
        take.confidence = told_confidence(outcome.take.motion)
        take.file, take.unpinned, pins.seed = str(outcome.file), self._unpinned, self._seed
        take.solved_pins = self._asked  # what has changed while the solver worked is not solved
        keep_place(self._rig, result, scene)
        self._show_what_was_chosen(scene, baked=True)
        notes = (*outcome.notes, *range_note(result, scene), *bake_notes(result))
        show_result(self, context, baked_text(result, None), notes, spoken_problems(result))
        return {"FINISHED"}


CLASSES = (INPOSE_OT_solve_again,)
