# SPDX-License-Identifier: GPL-3.0-or-later
"""Find takes in the list of a scene (`take_list.properties`), and the data of each.

Each take has its data in one place. The data of the take that an armature object shows now are on that object:
`inpose_take`, `inpose_pins` and `inpose_edits`. The data of every other take are in its entry of the list. The same
holds for the recording and its settings: those of the chosen take are in the scene's settings.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy


@dataclass(frozen=True)
class TakeData:
    """Hold the groups of properties with what was solved for a take, and what the animator says about it."""

    solved: Any
    """`INPOSE_PG_take`."""
    pins: Any
    edits: Any


def entries_of(scene: Any) -> Any:
    """Return the entries of a scene's list."""
    return scene.inpose_takes.entries


def new_id() -> str:
    """Return an id that no take has."""
    return secrets.token_hex(6)


def entry_of(scene: Any, take_id: str) -> Any:
    """Return the entry with an id, or None."""
    return next((entry for entry in entries_of(scene) if entry.take_id == take_id), None) if take_id else None


def entry_anywhere(scene: Any, take_id: str, character: Any) -> Any:
    """Return the entry of a character's take in the list of a scene, else in that of another scene, else None."""
    others = [other for other in bpy.data.scenes if other != scene]
    found = (entry_of(each, take_id) for each in (scene, *others))
    return next((entry for entry in found if entry is not None and entry.character == character), None)


def chosen_entry(scene: Any) -> Any:
    """Return the entry of the take that is chosen in a scene, or None."""
    return entry_of(scene, scene.inpose_takes.current)


def on_character(entry: Any) -> bool:
    """Return whether the character shows this take now: then its data are on the armature object."""
    character = entry.character
    return character is not None and character.inpose_take.take_id == entry.take_id


def data_of(entry: Any) -> TakeData:
    """Return the data of a take, wherever they are."""
    if on_character(entry):
        return data_on(entry.character)
    return TakeData(entry.solved, entry.pins, entry.edits)


def data_on(armature: Any) -> TakeData:
    """Return the data of the take that an armature object shows."""
    return TakeData(armature.inpose_take, armature.inpose_pins, armature.inpose_edits)


def is_solved(entry: Any) -> bool:
    """Return whether a take has a solved motion."""
    return bool(data_of(entry).solved.file)


def recording_of(entry: Any) -> Path:
    """Return the file of a take's recording; Blender's ``//`` stands for the file's own folder."""
    return Path(bpy.path.abspath(entry.file))


def same_file(first: str, second: str) -> bool:
    """Return whether two texts name the same file."""
    return Path(bpy.path.abspath(first)) == Path(bpy.path.abspath(second))


def names_beside(scene: Any, entry: Any, character: Any) -> set[str]:
    """Return the names that a take must not have: bakes of one character are told apart by them.

    Args:
        scene: has the list.
        entry: the take, or None for one that is new.
        character: of the take, or None. It may have takes in other scenes, too.
    """
    others = [other for other in entries_of(scene) if other.character in {character, None}]
    for elsewhere in bpy.data.scenes if character is not None else ():
        if elsewhere != scene:
            others += [other for other in entries_of(elsewhere) if other.character == character]
    return {other.name for other in others if entry is None or other.take_id != entry.take_id}
