# SPDX-License-Identifier: Apache-2.0
"""List the recordings of a folder, without importing the readers: Blender's start must not wait for numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from .formats.suffixes import recording_suffixes

_BESIDE_RECORDINGS: Final[tuple[str, ...]] = (".calibration.json", ".columns.json")
"""Endings of what InPose writes beside recordings."""
_OF_A_BATCH: Final[str] = "inpose-batch."
_OF_A_SOLVE: Final[frozenset[str]] = frozenset({"sensor_error_m.npy", "foot_contact.npy"})


def recordings_in(folder: Path) -> list[Path]:
    """Return the files of a folder that may be recordings, by their endings, in alphabetical order.

    What InPose writes itself is left out: calibrations, columns of tables, reports of batches, and solved motions.
    """
    files = (path for path in folder.iterdir() if path.suffix.lower() in recording_suffixes())
    return sorted(path for path in files if not path.name.startswith(".") and not _is_ours(path) and path.is_file())


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
