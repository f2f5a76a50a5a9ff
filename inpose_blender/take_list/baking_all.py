# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake all solved takes of the list: onto NLA strips one after another, or each to its own action."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from typing import Any, Final

import bpy

from ..bake.operators import bake_notes, keep_place, range_note, spoken_problems
from ..bake.options import BakeOptions
from ..bake.properties import bake_options
from ..bake.takes_of_actions import bakes_on
from ..errors import InPoseError
from ..takes.adoption import adopt_characters
from ..takes.listed import chosen_entry, data_of, entry_of, is_solved
from ..takes.memory import take_loader
from ..takes.swapping import show_on_character
from ..ui.modal import BAKE_TIMER_S, ModalBake
from ..ui.redraw import redraw_panels
from ..ui.status import clear_result, show_error, show_result
from ..ui.translate import tr
from .edited import look_now
from .row_frames import first_frame_in_row, row_end
from .starred import nothing_starred, wanted_entries

ONTO: Final[tuple[tuple[str, str, str], ...]] = (
    ("NLA", "NLA strips, one after another", "A row of NLA strips, in the order of the list, with the gap between"),
    ("ACTIONS", "An action for each take", "Each take begins at the first frame. Choose a take to see its action"),
)


class INPOSE_OT_bake_takes(ModalBake, bpy.types.Operator):
    """Bake all solved takes with the options under Adjust and Bake. Bakes that you edited stay as they are"""

    bl_idname = "inpose.bake_takes"
    bl_label = "Bake all"
    bl_options = {"UNDO"}

    onto: bpy.props.EnumProperty(name="Onto", description="Where the bakes go", items=ONTO)

    # Blender evaluates annotations of operators.
    _waiting: Any
    """Ids of the takes that are not baked yet."""
    _take_id: Any
    """The take that is being baked."""
    _shown: Any
    """By the name of the character: the take that it showed before."""
    _free_frames: Any
    """By the name of the character: the first frame after its row."""
    _rig: Any
    """The `PreparedRig` of the take that is being baked."""
    _results: Any
    _notes: Any

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Some take must be solved."""
        if context.mode not in {"OBJECT", "POSE"}:
            cls.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
        elif not takes_to_bake(context.scene):
            cls.poll_message_set(nothing_starred(context.scene) or _nothing_solved(context.scene))
        else:
            return True
        return False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Bake in slices while Blender draws."""
        if bpy.app.background:
            return self.execute(context)
        self._start(context)
        clear_result(context)
        if not self._next(context):
            return self._finish(context)
        self.begin_modal(context, BAKE_TIMER_S)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Go on until all takes are baked; Esc stops after the take that is being baked."""
        answer = self.go_on_baking(event)
        assert self._bake is not None
        if event.type == "ESC" and event.value == "PRESS":
            self._waiting.clear()
        if not self._bake.done:
            return answer
        self._keep(context)
        if self._next(context):
            return answer
        self.end_timer(context)
        return self._finish(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake all of them before returning."""
        self._start(context)
        while self._next(context):
            while not self._bake.done:
                self._bake.step()
            self._keep(context)
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Take back the unfinished bake when Blender ends the operator."""
        self.abandon(context)

    def _start(self, context: bpy.types.Context) -> None:
        scene = context.scene
        adopt_characters(scene)
        self._waiting = [entry.take_id for entry in takes_to_bake(scene)]
        characters = {entry.character.name: entry.character for entry in takes_to_bake(scene)}
        self._shown = {name: character.inpose_take.take_id for name, character in characters.items()}
        first = bake_options(scene).frame_in(scene.frame_start, scene.frame_current)
        self._free_frames = dict.fromkeys(characters, first)
        self._results, self._notes = [], []

    def _next(self, context: bpy.types.Context) -> bool:
        """Begin the next bake, and return whether there is one."""
        from ..bake.baked_actions import has_edited_strip
        from ..bake.job import BakeJob
        from ..rig.prepare import prepare_rig

        scene = context.scene
        while self._waiting:
            entry = entry_of(scene, self._waiting.pop(0))
            show_on_character(scene, entry)
            baked = bakes_on(entry.character, entry.name)
            if any(look_now(action) for action in baked) or has_edited_strip(entry.character, entry.name):
                self._notes.append(tr("{take} was edited after its bake, and stays as it is.", take=entry.name))
                self._go_behind(entry.character, row_end(entry.character, baked), scene)
                continue
            load = take_loader(data_of(entry).solved)
            try:
                self._rig = prepare_rig(entry.character, scene)
                options = self._options(scene, entry.character)
            except InPoseError as error:
                self._tell_failure(entry.name, error)
                continue
            self._take_id = entry.take_id
            self._bake = BakeJob(self._rig, scene, load, options, entry.name, replace_own=True)
            return True
        return False

    def _options(self, scene: Any, character: Any) -> BakeOptions:
        from ..bake.shared_room import character_to_start_with

        options = bake_options(scene)
        if self.onto == "ACTIONS":
            return replace(options, to_nla_track=False)
        plain = replace(options.layers, layer="none", mask="whole", tweak_layer=False)
        other = character_to_start_with(options, character, scene)
        first = first_frame_in_row(self._free_frames, character, options, other)
        return replace(options, first_frame=first, to_nla_track=True, set_frame_range=False, layers=plain)

    def _keep(self, context: bpy.types.Context) -> None:
        """Keep with the take where its bake is."""
        scene = context.scene
        entry = entry_of(scene, self._take_id)
        try:
            result = self._bake.result
            keep_place(self._rig, result, scene)
        except InPoseError as error:
            self._tell_failure(entry.name, error)
            return
        data_of(entry).solved.in_row = self.onto == "NLA"
        self._go_behind(entry.character, result.last_frame, scene)
        self._results.append(result)

    def _go_behind(self, character: Any, last_frame: int | None, scene: Any) -> None:
        """Let the next take of a character begin after a frame."""
        if last_frame is not None:
            free = self._free_frames[character.name]
            self._free_frames[character.name] = max(free, last_frame + 1 + scene.inpose_takes.gap)

    def _finish(self, context: bpy.types.Context) -> set[str]:
        from ..bake.play_action import show_bake

        scene = context.scene
        for take_id in self._shown.values():
            if (entry := entry_of(scene, take_id)) is not None:
                show_on_character(scene, entry)
        chosen = chosen_entry(scene)
        if chosen is not None and chosen.character is not None:
            show_bake(chosen.character, chosen.name)
        redraw_panels()
        if not self._results:
            text = self._notes[0] if self._notes else tr("Nothing was baked.")
            show_error(self, context, InPoseError(text, ""), "Baking")
            return {"CANCELLED"}
        first, last = min(r.first_frame for r in self._results), max(r.last_frame for r in self._results)
        if bake_options(scene).set_frame_range and self.onto == "NLA":
            scene.frame_start, scene.frame_end = first, last
        latest = max(self._results, key=lambda result: result.last_frame)
        notes = [*self._notes, *range_note(latest, scene)]
        notes += [note for result in self._results for note in bake_notes(result)]
        problems = [problem for result in self._results for problem in spoken_problems(result)]
        values = {"count": len(self._results), "first": first, "last": last}
        text = tr("Baked {count} takes, frames {first} to {last}", **values)
        show_result(self, context, text, notes, list(dict.fromkeys(problems)))
        return {"FINISHED"}

    def _tell_failure(self, name: str, error: InPoseError) -> None:
        self._notes.append(tr("{take} was not baked: {reason}", take=name, reason=str(error)))


def takes_to_bake(scene: Any) -> list[Any]:
    """Return the solved takes of a scene whose character is in it; if the list says so, only those with a star."""
    return [
        entry
        for entry in wanted_entries(scene)
        if is_solved(entry) and entry.character is not None and entry.character.name in scene.objects
    ]


def _nothing_solved(scene: Any) -> str:
    """Return why no wanted take can be baked."""
    if any(is_solved(entry) for entry in wanted_entries(scene)):
        return tr("The characters of the solved takes are not in this scene. Choose a character for a take")
    return tr("Solve a take with a star first") if scene.inpose_takes.only_starred else tr("Solve a take first")


CLASSES = (INPOSE_OT_bake_takes,)
