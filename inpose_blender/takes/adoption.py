# SPDX-License-Identifier: GPL-3.0-or-later
"""Give takes an entry in the list that have none: those of older files, and of armature objects that were duplicated or
appended."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import bpy

from .kept_settings import keep_settings
from .listed import chosen_entry, data_on, entries_of, entry_anywhere, names_beside, new_id, same_file
from .naming import free_name


def adopt(scene: Any) -> None:
    """Add the takes that armature objects of a scene show to its list, and its recording."""
    adopt_characters(scene)
    if scene.inpose.recording and chosen_entry(scene) is None:
        choose_by_file(scene)


def adopt_characters(scene: Any) -> None:
    """Add the takes that armature objects of a scene show to its list."""
    for armature in unlisted(scene):
        adopt_from(scene, armature)


def needs_adoption(scene: Any) -> bool:
    """Return whether something of a scene is missing in its list."""
    return bool(unlisted(scene)) or bool(scene.inpose.recording and chosen_entry(scene) is None)


def unlisted(scene: Any) -> list[Any]:
    """Return the armature objects of a scene with a take that is in no list."""
    return [
        thing
        for thing in scene.objects
        if thing.type == "ARMATURE"
        and thing.inpose_take.file
        and thing.is_editable
        and entry_anywhere(scene, thing.inpose_take.take_id, thing) is None
    ]


def adopt_from(scene: Any, armature: Any) -> None:
    """Add an entry for the take that an armature object shows, if it is solved and in no list."""
    live = data_on(armature)
    if not live.solved.file or entry_anywhere(scene, live.solved.take_id, armature) is not None:
        return
    if live.solved.take_id:  # a duplicate: it must not move the pins of the character that it was made from
        own_handles(live.pins, armature)
    entry = entries_of(scene).add()
    entry.take_id = live.solved.take_id = new_id()
    entry.character, entry.file = armature, live.solved.recording
    entry.recorded = _date_of(entry.file)
    keep_settings(scene, entry)  # they were the same for all takes then
    name = live.solved.label or Path(live.solved.file).stem
    entry.name = free_name(name, names_beside(scene, entry, armature))
    live.solved.label = entry.name
    chosen = chosen_entry(scene)
    if chosen is None and entry.file and same_file(entry.file, scene.inpose.recording):
        scene.inpose_takes.current = entry.take_id


def own_handles(pins: Any, armature: Any) -> None:
    """Give pins copies of their handles: they were copied from the pins of another take.

    Handles that were duplicated or appended together with the armature object are its own already.
    """
    for pin in pins.entries:
        if pin.handle is None or (armature is not None and pin.handle.inpose_room_of == armature):
            continue
        handle = pin.handle.copy()
        if handle.animation_data is not None and handle.animation_data.action is not None:
            handle.animation_data.action = handle.animation_data.action.copy()
        for collection in pin.handle.users_collection:
            collection.objects.link(handle)
        handle.inpose_room_of = armature
        pin.handle = handle


def choose_by_file(scene: Any) -> None:
    """Let the recording of a scene that was saved before there were lists be a chosen take."""
    file = scene.inpose.recording
    same = [entry for entry in entries_of(scene) if same_file(entry.file, file)]
    own = [entry for entry in same if entry.character in {scene.inpose.armature, None}]
    if own or (same and scene.inpose.armature is None):
        scene.inpose_takes.current = (own or same)[0].take_id
        return
    scene.inpose_takes.current = new_entry(scene, file, "FILE", scene.inpose.armature).take_id


def new_entry(scene: Any, file: str, source: str, character: Any, name: str = "") -> Any:
    """Add a take that is not solved to the list, and return it. Its settings are those of the scene.

    Args:
        scene: gets the take.
        file: the recording, as the scene stores it.
        source: one of the sources of `take_list.properties`.
        character: an armature object, or None if it is chosen later.
        name: of the take; empty: that of the file.
    """
    entry = entries_of(scene).add()
    entry.take_id, entry.file, entry.source = new_id(), file, source
    entry.recorded = _date_of(file)
    keep_settings(scene, entry)
    if character is not None and character.type == "ARMATURE":
        entry.character = character
    stem = Path(bpy.path.abspath(file)).stem
    entry.name = free_name(name or stem, names_beside(scene, entry, entry.character))
    return entry


def _date_of(file: str) -> str:
    """Return the date of a file, to the minute; empty if it is not there."""
    try:
        changed_s = Path(bpy.path.abspath(file)).stat().st_mtime if file else None
    except OSError:
        return ""
    return "" if changed_s is None else datetime.fromtimestamp(changed_s).isoformat(" ", "minutes")
