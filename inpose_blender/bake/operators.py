# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-bake a solved motion with other options, without solving again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..character.problems import CHANGED, SLOW, TEXTS
from ..errors import InPoseError
from ..fingers.moved import SOURCE_TEXTS
from ..options import EDIT_KIND_OF
from ..rig.properties import chosen_armature
from ..takes.memory import TAKES, take_loader
from ..ui.modal import BAKE_TIMER_S, ModalBake
from ..ui.redraw import redraw_panels
from ..ui.status import clear_result, show_error, show_result
from ..ui.translate import tr
from .asked_pins import NOT_SOLVED, asked_pins, pins_changed
from .properties import options_of_take
from .settings import BakeResult

if TYPE_CHECKING:
    from ..rig.prepare import PreparedRig


def has_take(operator: Any, context: bpy.types.Context) -> bool:
    """Return whether something was solved for the chosen armature; if not, tell Blender what is missing."""
    armature = chosen_armature(context)
    if context.mode not in {"OBJECT", "POSE"}:
        operator.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
    elif armature is None or armature.type != "ARMATURE":
        operator.poll_message_set(tr("Select the armature of the character"))
    elif not armature.inpose_take.file:
        operator.poll_message_set(tr("Solve a recording for this armature first"))
    else:
        return True
    return False


class INPOSE_OT_bake_take(ModalBake, bpy.types.Operator):
    """Re-bake the solved motion with the current options. Replaces the last bake, unless you edited it"""

    bl_idname = "inpose.bake_take"
    bl_label = "Bake again"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return has_take(cls, context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Bake in slices while Blender draws."""
        if bpy.app.background:
            return self.execute(context)
        if not self._start(context):
            return {"CANCELLED"}
        clear_result(context)
        self.begin_modal(context, BAKE_TIMER_S)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Go on until it is done."""
        answer = self.go_on_baking(event)
        assert self._bake is not None
        if not self._bake.done:
            return answer
        self.end_timer(context)
        return self._finish(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake before returning."""
        if not self._start(context):
            return {"CANCELLED"}
        assert self._bake is not None
        while not self._bake.done:
            self._bake.step()
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Take back what was begun when Blender ends the operator."""
        self.abandon(context)

    def _start(self, context: bpy.types.Context) -> bool:
        from ..rig.prepare import prepare_rig
        from .job import BakeJob

        armature, scene = chosen_armature(context), context.scene
        assert armature is not None, "poll has seen one"
        take = armature.inpose_take
        label, load = take.label, take_loader(take)
        self._file, self._notes = Path(take.file), take.notes.splitlines()
        try:
            rig = self._rig = prepare_rig(armature, scene)
        except InPoseError as error:
            show_error(self, context, error, "Baking")
            return False
        options = options_of_take(scene, take)
        self._bake = BakeJob(rig, scene, load, options, label, replace_own=True)
        return True

    def _finish(self, context: bpy.types.Context) -> set[str]:
        from .confidence import confidence_notes

        assert self._bake is not None
        try:
            result = self._bake.result
            motion = TAKES.recall(self._file).motion
            keep_place(self._rig, result, context.scene)
        except InPoseError as error:
            show_error(self, context, error, "Baking")
            return {"CANCELLED"}
        finally:
            redraw_panels()
        pins = (tr(NOT_SOLVED),) if pins_changed(self._rig.armature_object) else ()
        trust = confidence_notes(motion, result)
        notes = (*pins, *trust, *range_note(result, context.scene), *self._notes, *bake_notes(result))
        show_result(self, context, baked_text(result, None), notes, spoken_problems(result))
        return {"FINISHED"}


def keep_place(rig: PreparedRig, result: BakeResult, scene: Any) -> None:
    """Keep with a take where in time and space its last bake in a scene is, and move the pins and their handles there.

    Raises:
        RigError: the armature was deleted in the meantime.
    """
    from .pin_handles import keep_bake, move_pins
    from .room_change import placed_bake

    armature = rig.armature_object
    changed, before = pins_changed(armature), placed_bake(armature, scene, rig.measure)
    keep_bake(armature, result)
    after = placed_bake(armature, scene, rig.measure)
    if before is not None and after is not None:  # else this is the first bake
        move_pins(armature, before, after, result.edited)
        if armature.inpose_take.solved_pins and not changed:
            armature.inpose_take.solved_pins = asked_pins(armature)


def baked_text(result: BakeResult, mean_hand_error_m: float | None) -> str:
    """Return one line about the baked action."""
    values: dict[str, Any] = {"action": result.action_name, "first": result.first_frame, "last": result.last_frame}
    if mean_hand_error_m is None:
        return tr("Baked {action}, frames {first} to {last}", **values)
    error_cm = f"{100 * mean_hand_error_m:.1f}"
    return tr("Baked {action}, frames {first} to {last}, mean hand error {error} cm", **values, error=error_cm)


def bake_notes(result: BakeResult) -> tuple[str, ...]:
    """Return notes about the fingers, about the previous action, and about a check that was not done."""
    notes = list(result.notes)
    if result.fingers.count:
        notes.append(tr(SOURCE_TEXTS[result.fingers.source], count=result.fingers.count))
    for kind in () if result.edited is None else result.edited.without_effect:
        notes.append(tr("The edit {kind} has nothing to change in its frames.", kind=tr(EDIT_KIND_OF[kind].label)))
    notes += _notes_about_edits(result)
    if result.character.skipped in {SLOW, CHANGED}:
        notes.append(tr(result.character.skipped))
    return tuple(notes)


def _notes_about_edits(result: BakeResult) -> Iterator[str]:
    """Yield what became of the action before, and of the edits in it."""
    kept = result.kept_action_name
    if result.patched:
        frames = ", ".join(f"{first:.0f}–{last:.0f}" for first, last in result.patched)
        yield tr("Your edits of the bake are kept. The solve has changed these frames: {frames}.", frames=frames)
        if kept:
            yield tr(
                "Where it has changed a bone much, your edits are only in {action}, in a muted NLA track.", action=kept
            )
    elif kept and result.not_patched:
        yield tr("Your edits are in {action}, in a muted NLA track.", action=kept) + " " + tr(result.not_patched)
    elif kept:
        yield tr("The action {action} is kept in a muted NLA track.", action=kept)


def spoken_problems(result: BakeResult) -> list[tuple[str, str]]:
    """Return what is wrong with the character in the language of the interface, each sentence with what to do."""
    return [
        (tr(TEXTS[found.kind][0], **dict(found.values)), tr(TEXTS[found.kind][1], **dict(found.values)))
        for found in result.character.problems
    ]


def range_note(result: BakeResult, scene: Any) -> tuple[str, ...]:
    """Return a note about keys after the end of the scene's frame range, where there are any."""
    if result.last_frame <= scene.frame_end:
        return ()
    values = {"last": result.last_frame, "end": scene.frame_end}
    return (
        tr(
            "The motion ends at frame {last}, but the scene at {end}. To play all of it, bake with Extend frame range.",
            **values,
        ),
    )


CLASSES = (INPOSE_OT_bake_take,)
