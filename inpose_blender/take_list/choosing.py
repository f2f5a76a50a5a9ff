# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose takes, copy and delete them."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake.play_action import show_bake
from ..bake.takes_of_actions import release_bakes
from ..pins.handles import remove_handle
from ..rig.properties import chosen_armature
from ..takes.adoption import adopt_characters, own_handles
from ..takes.groups import clear_group, copy_group
from ..takes.kept_settings import keep_settings
from ..takes.listed import chosen_entry, data_of, entries_of, entry_of, names_beside, new_id, on_character
from ..takes.naming import free_name
from ..takes.swapping import OF_THE_RIG, choose, leave
from ..ui.status import clear_error


def choose_take(context: bpy.types.Context, scene: Any, entry: Any) -> None:
    """Choose a take, its character, and its bake if the character plays a bake of another take."""
    take_id = entry.take_id
    adopt_characters(scene)
    entry = entry_of(scene, take_id)  # the list may have moved in memory
    if chosen_entry(scene) != entry:
        choose(scene, entry)
    character = entry.character
    if character is not None and character.name in scene.objects:
        if context.scene != scene or chosen_armature(context) != character:
            scene.inpose.armature = character
        show_bake(character, entry.name)
    clear_error(context)


def duplicate_take(scene: Any, entry: Any) -> Any:
    """Add a copy of a take below it, with its own pins, and return it. The copy has no bake."""
    if entry == chosen_entry(scene):
        keep_settings(scene, entry)
    take_id = entry.take_id
    copy = entries_of(scene).add()
    entry = entry_of(scene, take_id)  # adding may move the list in memory
    copy_group(entry, copy, without=("take_id", "solved", "pins", "edits"))
    copy.take_id = new_id()
    data = data_of(entry)
    copy_group(data.solved, copy.solved, without=OF_THE_RIG)
    copy_group(data.pins, copy.pins)
    copy_group(data.edits, copy.edits)
    own_handles(copy.pins, None)
    for pin in copy.pins.entries:
        if pin.handle is not None:
            pin.handle.hide_viewport = True
    copy.name = free_name(entry.name, names_beside(scene, copy, copy.character))
    copy.solved.take_id, copy.solved.label = copy.take_id, copy.name
    copy.solved.in_row = False
    new_id_, below = copy.take_id, _index(scene, take_id) + 1
    entries_of(scene).move(len(entries_of(scene)) - 1, below)
    return entry_of(scene, new_id_)


def delete_take(scene: Any, entry: Any) -> Any:
    """Remove a take from the list, with its pins, and return the take that is next to it, or None.

    Files and bakes stay; the bakes are the user's from now on.
    """
    data = data_of(entry)
    if entry.character is not None:
        release_bakes(entry.character, entry.name)
    for pin in data.pins.entries:
        remove_handle(pin.handle)
    if on_character(entry):
        for group in (data.solved, data.pins, data.edits):
            clear_group(group, without=OF_THE_RIG)
    if entry == chosen_entry(scene):
        leave(scene)
        scene.inpose.recording = ""
    index = _index(scene, entry.take_id)
    entries_of(scene).remove(index)
    left = entries_of(scene)
    return left[min(index, len(left) - 1)] if len(left) else None


def _index(scene: Any, take_id: str) -> int:
    return [entry.take_id for entry in entries_of(scene)].index(take_id)
