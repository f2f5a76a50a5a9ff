# SPDX-License-Identifier: GPL-3.0-or-later
"""Find files of takes that are not where they were: by their names, in folders."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any, Final

import bpy

from ..takes.listed import TakeData, chosen_entry, data_of, entries_of

_MOST_FILES: Final[int] = 50_000
"""Files that are looked at: a search must end also where somebody chooses a whole disk."""
_FRESH_S: Final[float] = 2.0
_looked: dict[Path, tuple[float, bool]] = {}
"""When a file was last looked at, and whether it was there: panels are drawn often, and disks can be slow."""


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
        _looked.clear()
    return [missing for entry in entries_of(scene) for missing in missing_of(entry)]


def missing_of(entry: Any) -> list[MissingFile]:
    """Return the files of a take that are not there."""
    data = data_of(entry)
    named = {"recording": entry.file, "file": data.solved.file, "unpinned": data.solved.unpinned}
    paths = {kind: Path(bpy.path.abspath(text)) for kind, text in named.items() if text}
    return [MissingFile(entry.name, kind, path) for kind, path in paths.items() if not _is_there(path)]


def find_missing(scene: Any, folders: Sequence[Path], deep: bool) -> int:
    """Use files with the names of missing ones, and return how many were found.

    Args:
        scene: has the list.
        folders: where to look.
        deep: look in the folders within them, too.
    """
    wanted = {plain_name(missing.path) for missing in missing_files(scene)}
    found = _files_named(wanted, folders, deep) if wanted else {}
    count = 0
    for entry in entries_of(scene):
        for missing in missing_of(entry):
            place = found.get(plain_name(missing.path))
            if place is not None:
                _use(scene, entry, data_of(entry), missing.kind, str(place))
                count += 1
    _looked.clear()
    return count


def plain_name(path: Path) -> str:
    """Return the name of a file; its path may be one of Windows, from another computer."""
    return PureWindowsPath(str(path)).name


def forget() -> None:
    """Forget which files were there."""
    _looked.clear()


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


def _files_named(names: set[str], folders: Sequence[Path], deep: bool) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in _files_in(folders, deep):
        if path.name in names:
            found.setdefault(path.name, path)
            if len(found) == len(names):
                break
    return found


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


def _is_there(path: Path) -> bool:
    now_s = time.monotonic()
    looked = _looked.get(path)
    if looked is None or now_s - looked[0] > _FRESH_S:
        looked = _looked[path] = (now_s, path.is_file())
    return looked[1]
