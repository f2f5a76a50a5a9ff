# SPDX-License-Identifier: GPL-3.0-or-later
"""Take recordings into the list, wherever they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import bpy

from .adoption import adopt_characters, new_entry
from .groups import clear_group
from .kept_settings import drop_own_calibration, keep_settings
from .listed import chosen_entry, entries_of, entry_of, is_solved, names_beside, same_file
from .naming import free_name, next_name
from .swapping import choose, leave

_OF_ONE_RECORDING: Final[tuple[str, ...]] = ("take", "trim_start_s", "trim_end_s", "leave_out", "calibration_time_s")
"""Settings that say parts and times of one recording: a new one begins without them."""
_OF_ONE_LAYOUT: Final[tuple[str, ...]] = ("pose", "head_view")
"""Options of the calibration that say what a file contains, as all reading options do."""
_MADE: Final[frozenset[str]] = frozenset({"HEADSET", "LIVE", "SCENE"})
"""Sources whose recordings are made now, so that a slate can name them."""


def arrive(scene: Any, file: str | Path, source: str = "FILE", character: Any = None) -> Any:
    """Add a recording to the list and choose it, and return its entry. All sources of recordings end here.

    A recording that is in the list already is chosen there. A new one has the settings of the take that was chosen
    before, except times and a calibration that was recorded with that take. If the file has another format or other
    columns, the options that say how a file is read begin anew, too. The name of the take is that of its file, or the
    next one of the list's slate.

    Args:
        scene: gets the take.
        file: the recording.
        source: FILE, HEADSET, LIVE, SCENE or EXAMPLE.
        character: the armature object that will get the motion; None: it is chosen later.
    """
    file = str(file)
    adopt_characters(scene)
    listed = _listed(scene, file, character)
    before = chosen_entry(scene)
    if listed is not None:
        if before is None or listed.take_id != before.take_id:
            choose(scene, listed)
        return listed
    if before is not None:
        keep_settings(scene, before)
    before_id = "" if before is None else before.take_id
    slate = scene.inpose_takes.next_slate if source in _MADE else ""
    name = next_name(slate, {other.name for other in entries_of(scene)}) if slate else ""
    entry = new_entry(scene, file, source, character, name)
    scene.inpose_takes.current = entry.take_id
    before = entry_of(scene, before_id)  # the new entry may have moved the list in memory
    if before is not None:
        drop_own_calibration(scene, before)
        _begin_anew(scene)
        if source != "LIVE" and not _same_layout(before.file, file):  # Live has obeyed these options already
            _forget_layout(scene)
    if scene.inpose.recording != file:
        scene.inpose.recording = file  # it is read at once, with the settings of this moment
    return entry


def recording_changed(scene: Any, character: Any) -> None:
    """Choose the take of the recording that somebody has chosen by its file; without a file, no take is chosen."""
    file, before = scene.inpose.recording, chosen_entry(scene)
    if not file:
        leave(scene)
    elif before is None or not same_file(before.file, file):
        arrive(scene, file, character=character)


def take_to_solve(scene: Any, character: Any) -> Any:
    """Return the take of the chosen recording for a character; it is new if the chosen one is another character's."""
    adopt_characters(scene)
    entry = chosen_entry(scene)
    if entry is None or (entry.character != character and is_solved(entry)):
        return arrive(scene, scene.inpose.recording, entry.source if entry is not None else "FILE", character)
    give_character(scene, entry, character)
    return entry


def give_character(scene: Any, entry: Any, character: Any) -> None:
    """Give a take a character. If another take of the character has its name, the name gets a number."""
    if entry.character == character:
        return
    entry.name = free_name(entry.name, names_beside(scene, entry, character))
    entry.character = character


def take_again(scene: Any, take_id: str, file: str, character: Any, name: str) -> Any:
    """Return the take with an id; if it was deleted or given to another character meanwhile, it is new.

    Args:
        scene: has the list.
        take_id: of the take.
        file: its recording.
        character: the armature object that it was solved for.
        name: of a new take.
    """
    entry = entry_of(scene, take_id)
    if entry is None or (entry.character != character and is_solved(entry)):
        return new_entry(scene, file, "FILE", character, name)
    give_character(scene, entry, character)
    return entry


def note_facts(file: Path, length_s: float, stature_m: float) -> None:
    """Keep what was read of a recording with its takes: for the list.

    Args:
        file: the recording.
        length_s: of it.
        stature_m: the performer's height as measured; 0 if it is unknown.
    """
    for scene in bpy.data.scenes:
        for entry in entries_of(scene):
            if Path(bpy.path.abspath(entry.file)) == file:
                entry.length_s, entry.stature_m = length_s, stature_m


def _begin_anew(scene: Any) -> None:
    """Unset parts and times, which were said of the recording before."""
    for group in (scene.inpose, scene.inpose_reading):
        for setting in _OF_ONE_RECORDING:
            if setting in group.bl_rna.properties:
                group.property_unset(setting)


def _same_layout(before: str, file: str) -> bool:
    """Return whether two recordings are written in the same way; not if one of them cannot be read."""
    from ..core_tables import file_layout

    layout_before, layout = (file_layout(Path(bpy.path.abspath(each))) for each in (before, file))
    return layout is not None and layout == layout_before


def _forget_layout(scene: Any) -> None:
    """Unset what was said of how a file is read."""
    clear_group(scene.inpose_reading)
    for setting in _OF_ONE_LAYOUT:
        scene.inpose.property_unset(setting)


def _listed(scene: Any, file: str, character: Any) -> Any:
    """Return the take of a recording for a character; one that no character has yet will do, too. Else None."""
    same = [entry for entry in entries_of(scene) if same_file(entry.file, file)]
    chosen = chosen_entry(scene)
    if chosen in same and (character is None or chosen.character in {character, None}):
        return chosen
    fitting = [entry for entry in same if entry.character == character]
    return next(iter(fitting or [entry for entry in same if entry.character is None or character is None]), None)
