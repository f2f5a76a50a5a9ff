# SPDX-License-Identifier: Apache-2.0
"""List the recordings of a folder, without importing the readers: Blender's start must not wait for numpy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from ..options.reading import ReadOptions
from .formats.suffixes import recording_suffixes
from .tables.device_files import groups_of_devices

_BESIDE_RECORDINGS: Final[tuple[str, ...]] = (".calibration.json", ".columns.json")
"""Endings of what InPose writes beside recordings."""
_OF_A_BATCH: Final[str] = "inpose-batch."
_OF_A_SOLVE: Final[frozenset[str]] = frozenset({"sensor_error_m.npy", "foot_contact.npy"})


def recordings_in(folder: Path, options: ReadOptions | None = None) -> list[Path]:
    """Return the recordings of a folder, by the endings of their files, in alphabetical order.

    What InPose writes itself is left out: calibrations, columns of tables, reports of batches, and solved motions. A
    recording that has one file per device is named by the head's file alone.

    Args:
        folder: a folder; its subfolders are not looked at.
        options: how the recordings are read.
    """
    files = (path for path in folder.iterdir() if path.suffix.lower() in recording_suffixes())
    found = (path for path in files if not path.name.startswith(".") and not _is_ours(path) and path.is_file())
    return one_file_each(sorted(found), options or ReadOptions())


def one_file_each(files: Sequence[Path], options: ReadOptions) -> list[Path]:
    """Return the files without those that are read together with another one of them, in the given order.

    Of a recording that has one file per device, the head's file stays.
    """
    left_out: set[Path] = set()
    for group in groups_of_devices(files):
        from .companions import has_one_device  # noqa: PLC0415 (the readers take time; few folders need them)

        head = group.pop("head")
        if has_one_device(head, options):
            left_out.update(group.values())
    return [file for file in files if file not in left_out]


def _is_ours(path: Path) -> bool:
    name = path.name.lower()
    if name.endswith(_BESIDE_RECORDINGS) or name.startswith(_OF_A_BATCH):
        return True
    return path.suffix.lower() == ".npz" and _is_solved(path)


def _is_solved(path: Path) -> bool:
    """Return whether a file has what only a solve of InPose writes; motion of others has the same ending."""
    try:
        with path.open("rb") as file, ZipFile(file) as arrays:
            return set(arrays.namelist()) >= _OF_A_SOLVE
    except (OSError, BadZipFile):
        return False  # whoever reads it says what is wrong
