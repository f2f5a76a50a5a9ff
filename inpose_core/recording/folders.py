# SPDX-License-Identifier: Apache-2.0
"""List the recordings of a folder, without importing the readers: Blender's start must not wait for numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import BadZipFile, ZipFile

from ..options.reading import ReadOptions
from .formats.suffixes import recording_suffixes
from .tables.device_files import groups_of_devices

_BESIDE_RECORDINGS: Final[tuple[str, ...]] = (".calibration.json", ".columns.json")
"""Endings of what InPose writes beside recordings."""
LEDGER_NAME: Final[str] = "inpose-batch.jsonl"
"""The file in which a batch keeps what it has done."""
_OF_A_BATCH: Final[str] = "inpose-batch."
_OF_A_SOLVE: Final[frozenset[str]] = frozenset({"sensor_error_m.npy", "foot_contact.npy"})


def recordings_in(folder: Path, options: ReadOptions | None = None) -> list[Path]:
    """Return the recordings of a folder, by the endings of their files, in alphabetical order.

    What InPose writes itself is left out: calibrations, columns of tables, reports of batches, and solved motions, also
    those that a batch has written as BVH. A
    recording that has one file per device is named by the head's file alone.

    Args:
        folder: a folder; its subfolders are not looked at.
        options: how the recordings are read.
    """
    files = (path for path in folder.iterdir() if path.suffix.lower() in recording_suffixes())
    written = written_by_batches(folder)
    found = (path for path in files if path.name not in written and _may_be_recording(path))
    return one_file_each(sorted(found), options or ReadOptions())


def written_by_batches(folder: Path) -> frozenset[str]:
    """Return the names of the motions that batches have written into a folder, as their ledger there tells.

    Of a BVH file alone, nobody could say whether it was captured or solved.
    """
    try:
        lines = (folder / LEDGER_NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(filter(None, map(_output_name, lines)))


def is_solved_motion(path: Path) -> bool:
    """Return whether an .npz file has what only a solve of InPose writes; motion of others has the same ending."""
    return path.suffix.lower() == ".npz" and array_names(path) >= _OF_A_SOLVE


def array_names(path: Path) -> frozenset[str]:
    """Return the names of the members of an .npz file; none if it cannot be read: whoever reads it says why."""
    try:
        with path.open("rb") as file, ZipFile(file) as arrays:
            return frozenset(arrays.namelist())
    except (OSError, BadZipFile):
        return frozenset()


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


def _may_be_recording(path: Path) -> bool:
    return not path.name.startswith(".") and not _is_ours(path) and path.is_file()


def _output_name(line: str) -> str:
    """Return the name of the motion that a line of a ledger is about; empty if the line was cut off."""
    try:
        return PurePosixPath(json.loads(line)["result"]["output"].replace("\\", "/")).name
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _is_ours(path: Path) -> bool:
    name = path.name.lower()
    return name.endswith(_BESIDE_RECORDINGS) or name.startswith(_OF_A_BATCH) or is_solved_motion(path)
