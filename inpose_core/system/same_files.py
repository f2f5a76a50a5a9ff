# SPDX-License-Identifier: Apache-2.0
"""Tell whether two paths are one file, so that no output replaces what it is made from."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from ..errors import OutputError

Identity = str | tuple[int, int]
"""A spelling of a path, or the number of a file on its device."""


def spelling_of(path: Path) -> str:
    """Return the same text for all spellings of a path, whatever the letter case.

    Some disks tell letter cases apart, but a folder may be copied to one that does not.
    """
    return unicodedata.normalize("NFC", os.path.abspath(path)).casefold()  # noqa: PTH100 (resolve follows links)


def identities_of(path: Path) -> frozenset[Identity]:
    """Return what a file is known by; two paths of one file, also through links, have one of them in common."""
    spelling = spelling_of(path)
    try:
        status = path.stat()
    except (OSError, ValueError):  # it is not there
        return frozenset((spelling,))
    # Some network drives number no file.
    return frozenset((spelling, (status.st_dev, status.st_ino)) if status.st_ino else (spelling,))


def is_same_file(path: Path, other: Path) -> bool:
    """Say whether two paths are one file: spelled in another letter case, or reached by links."""
    return not identities_of(path).isdisjoint(identities_of(other))


def refuse_to_replace(outputs: Iterable[Path], inputs: Iterable[tuple[Path | None, str]]) -> None:
    """Check that no output is one of the files that the outputs are made from.

    Args:
        outputs: what will be written.
        inputs: the files that are read, each with what it is ("a recording"); None stands for no file.

    Raises:
        OutputError: one is.
    """
    known = {identity: what for path, what in inputs if path is not None for identity in identities_of(path)}
    for output in outputs:
        for identity in identities_of(output) & known.keys():
            raise OutputError(f"{output} is {known[identity]}: it would be replaced.", "Choose another name or folder.")
