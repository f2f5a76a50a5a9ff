# SPDX-License-Identifier: GPL-3.0-or-later
"""Move the data of takes between the list, the armature objects and the scene's settings."""

from __future__ import annotations

from typing import Any, Final

import bpy

from .adoption import adopt_from
from .groups import clear_group, copy_group
from .kept_settings import drop_own_calibration, keep_settings, use_settings
from .listed import TakeData, chosen_entry, data_on, entry_anywhere, is_solved, names_beside, on_character
from .naming import free_name

OF_THE_RIG: Final[tuple[str, ...]] = ("switched_off",)
"""What a bake has done to the rig stays with the rig, whichever take it shows."""


def choose(scene: Any, entry: Any) -> None:
    """Choose a take: its recording with its settings, and if it is solved, its motion with pins and edits."""
    leave(scene)
    scene.inpose.recording = ""  # while the settings change, nothing is read
    use_settings(scene, entry)
    scene.inpose_takes.current = entry.take_id
    scene.inpose.recording = entry.file
    if is_solved(entry):
        show_on_character(scene, entry)


def leave(scene: Any) -> None:
    """Keep the scene's settings with the chosen take; afterwards none is chosen, and its own calibration not used."""
    entry = chosen_entry(scene)
    if entry is not None:
        keep_settings(scene, entry)
    scene.inpose_takes.current = ""
    if entry is not None:
        drop_own_calibration(scene, entry)


def show_on_character(scene: Any, entry: Any) -> None:
    """Let the armature object of a take show this take; the take that it showed before goes back to the list."""
    if entry.character is None or on_character(entry):
        return
    character, take_id = entry.character, entry.take_id
    put_away(scene, character)
    entry = entry_anywhere(scene, take_id, character)  # a new entry may have moved the list in memory
    live = data_on(character)
    _move(TakeData(entry.solved, entry.pins, entry.edits), live)
    live.solved.take_id = entry.take_id
    if live.solved.file:
        live.solved.label = entry.name
    for pin in live.pins.entries:
        if pin.handle is not None:
            pin.handle.hide_viewport, pin.handle.inpose_room_of = False, character


def bring_along(scene: Any, entry: Any) -> None:
    """Give a take that has just got another character the motion, pins and edits that the one before still shows."""
    take_id, character = entry.take_id, entry.character
    before = next((thing for thing in _showing(take_id) if thing != character), None)
    if before is None or entry_anywhere(scene, take_id, before) is not None:  # it is a take of another scene, too
        return
    entry.name = free_name(entry.name, names_beside(scene, entry, character))
    _hide(data_on(before), entry)
    if entry == chosen_entry(scene) and character is not None:
        show_on_character(scene, entry)


def put_away(scene: Any, armature: Any) -> None:
    """Move the data of the take that an armature object shows into its entry; it gets one if it has none."""
    live = data_on(armature)
    adopt_from(scene, armature)
    entry = entry_anywhere(scene, live.solved.take_id, armature)
    if entry is None:
        return
    _hide(live, entry)


def _hide(live: TakeData, entry: Any) -> None:
    """Move the data of a take from its armature object into its entry."""
    for pin in live.pins.entries:
        if pin.handle is not None:  # a bake of another take must not move it
            pin.handle.hide_viewport, pin.handle.inpose_room_of = True, None
    _move(live, TakeData(entry.solved, entry.pins, entry.edits))


def _showing(take_id: str) -> list[Any]:
    """Return the armature objects that show a take."""
    armatures = (thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    return [thing for thing in armatures if take_id and thing.inpose_take.take_id == take_id]


def _move(source: TakeData, target: TakeData) -> None:
    for one, other in ((source.solved, target.solved), (source.pins, target.pins), (source.edits, target.edits)):
        copy_group(one, other, without=OF_THE_RIG)
        clear_group(one, without=OF_THE_RIG)
