# SPDX-License-Identifier: GPL-3.0-or-later
"""Find files of takes that are not where they were: by their names, in folders."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PureWindowsPath
from typing import Any, Final

import bpy

from ..takes.listed import TakeData, chosen_entry, data_of, entries_of
from ..takes.on_disk import is_there, look_again

_MOST_FILES: Final[int] = 50_000
"""Files that are looked at: a search must end also where somebody chooses a whole disk."""


@dataclass(frozen=True)
class MissingFile:
    """Hold a file of a take that is not there."""

    take: str
    """Name of the take."""
    kind: str
    """Which property has it: ``recording``, ``file`` or ``unpinned``."""
    path: Path


def missing_files(scene: Any, fresh: bool = True) -> list[MissingFile]:
    """Return the files of takes in a scene's list that are not there.

    Args:
        scene: has the list.
        fresh: look at the disk; else what was seen in the last seconds will do.
    """
    if fresh:
        look_again()
    return [missing for entry in entries_of(scene) for missing in missing_of(entry)]


def missing_of(entry: Any) -> list[MissingFile]:
    """Return the files of a take that are not there."""
    data = data_of(entry)
    named = {"recording": entry.file, "file": data.solved.file, "unpinned": data.solved.unpinned}
    paths = {kind: Path(bpy.path.abspath(text)) for kind, text in named.items() if text}
    return [MissingFile(entry.name, kind, path) for kind, path in paths.items() if not is_there(path)]


def has_motion(entry: Any, fresh: bool = True) -> bool:
    """Return whether a take is solved, and the file of its motion is there.

    Args:
        entry: the take.
        fresh: look at the disk; else what was seen in the last seconds will do.
    """
    file = data_of(entry).solved.file
    if fresh:
        look_again()
    return bool(file) and is_there(Path(bpy.path.abspath(file)))


def find_missing(scene: Any, folders: Sequence[Path], deep: bool) -> int:
    """Use files with the names of missing ones (`places_of`), and return how many were found.

    Args:
        scene: has the list.
        folders: where to look.
        deep: look in the folders within them, too.
    """
    paths = {missing.path for missing in missing_files(scene)}
    others = {Path(bpy.path.abspath(entry.file)) for entry in entries_of(scene)} - paths
    files = _files_named({plain_name(path) for path in paths}, folders, deep) if paths else set()
    found = places_of(paths, files - others)
    count = 0
    for entry in entries_of(scene):
        for missing in missing_of(entry):
            place = found.get(missing.path)
            if place is not None:
                _use(scene, entry, data_of(entry), missing.kind, str(place))
                count += 1
    look_again()
    return count


def places_of(paths: Collection[Path], files: Collection[Path]) -> dict[Path, Path]:
    """Return where missing files are: each has the file of its name that shares most folders with its old place.

    Sessions often have files of the same names. So a missing file has no place if two files fit it equally well, or if
    the file that fits best fits another missing file as well or better.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        shared = {file: _shared_folders(path, file) for file in files if file.name == plain_name(path)}
        best = [file for file, count in shared.items() if count == max(shared.values())]
        if len(best) == 1:
            found[path] = best[0]

    def rivals(path: Path) -> list[Path]:
        return [other for other, file in found.items() if file == found[path] and other != path]

    return {
        path: file
        for path, file in found.items()
        if all(_shared_folders(path, file) > _shared_folders(other, file) for other in rivals(path))
    }


def _shared_folders(old: Path, new: Path) -> int:
    """Return how many folders above two files of one name have the same names."""
    folders = zip(PureWindowsPath(str(old)).parts[-2::-1], PureWindowsPath(str(new)).parts[-2::-1], strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], folders)))


def plain_name(path: Path) -> str:
    """Return the name of a file; its path may be one of Windows, from another computer."""
    return PureWindowsPath(str(path)).name


def _use(scene: Any, entry: Any, data: TakeData, kind: str, file: str) -> None:
    if kind != "recording":
        setattr(data.solved, kind, file)
        return
    is_chosen = entry == chosen_entry(scene)
    if data.solved.recording:
        data.solved.recording = file
    entry.file = file
    if is_chosen:
        scene.inpose.recording = file


def _files_named(names: set[str], folders: Sequence[Path], deep: bool) -> set[Path]:
    return {path for path in _files_in(folders, deep) if path.name in names}


def _files_in(folders: Sequence[Path], deep: bool) -> Iterator[Path]:
    left = _MOST_FILES
    for folder in folders:
        for parent, children, files in os.walk(folder):
            if not deep:
                children.clear()
            children.sort()
            for name in files:
                left -= 1
                if left < 0:
                    return
                yield Path(parent, name)
