# SPDX-License-Identifier: Apache-2.0
"""Name the other files that belong to a recording: the columns of a table, and the files of the other devices."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..errors import InPoseError
from ..options.reading import ReadOptions
from .tables.assignment import mapping_path
from .tables.csv_format import CSV_HINT
from .tables.device_files import ListedFolders
from .tables.layouts import layout_from
from .tables.reader import layout_of, recognises
from .tables.text_table import open_table

COLUMNS: Final[str] = "columns"
_LOOKED_AT_BYTES: Final[int] = 1 << 16


def companions_of(path: Path, options: ReadOptions, folders: ListedFolders | None = None) -> dict[str, Path]:
    """Return the files of the recording's folder that a reader opens together with it, each by what it holds.

    Keys are ``columns``, and ``head``, ``left`` or ``right`` for the files of other devices. Files that other options
    name are not among them.

    Args:
        path: the recording, a file or an address.
        options: how it is read.
        folders: finds the files of the other devices, for many recordings of one folder.
    """
    found: dict[str, Path] = {}
    beside = mapping_path(path)
    if options.columns is None and beside.is_file():
        found[COLUMNS] = beside
    files = (folders or ListedFolders()).device_files(path)
    others = {device: file for device, file in files.items() if file.name != path.name}
    return found | others if others and has_one_device(path, options) else found


def has_one_device(path: Path, options: ReadOptions) -> bool:
    """Return whether a file is a table with a single device: the files beside it have the others.

    A file that cannot be read is none; whoever reads it says what is wrong.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LOOKED_AT_BYTES)
        if not recognises(data):
            return False
        if options.columns is not None:
            return layout_from(options.columns).shape == "files"
        # The last line may be cut off.
        table = open_table(data[: data.rfind(b"\n") + 1] or data, path.name, CSV_HINT)
        layout = layout_of(table, path, options)
    except (InPoseError, OSError):
        return False
    return layout is not None and layout[0].shape == "files"
