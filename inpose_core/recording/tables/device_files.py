# SPDX-License-Identifier: Apache-2.0
"""Find the files of a recording that has one file per device, by their names; this module loads no numpy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_FILE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "head": ("head", "hmd", "camera", "headset", "centereye"),
    "left": ("left", "lhand", "l_hand"),
    "right": ("right", "rhand", "r_hand"),
}
_OTHER_WORDS: Final[tuple[str, ...]] = ("controller", "hand", "main", "_", "-")


class ListedFolders:
    """Find the files of the other devices of many recordings: each folder is listed once, when first asked for."""

    def __init__(self) -> None:
        self._groups: dict[Path, dict[tuple[str, str], dict[str, Path]]] = {}

    def device_files(self, path: Path) -> dict[str, Path]:
        """Return the matching files of head and hands: their names differ only in the word for the device.

        A file whose name has no such word has none; what the files contain is not looked at.
        """
        own = _device_of(path.name)
        if own is None:
            return {}
        if path.parent not in self._groups:
            self._groups[path.parent] = _groups_in(path.parent)
        group = self._groups[path.parent].get((path.suffix, _without_device(path.name)), {})
        return {own: path} | {device: file for device, file in group.items() if device != own}


def device_files(path: Path) -> dict[str, Path]:
    """Return the files of head and hands that belong to one file, as `ListedFolders` does."""
    return ListedFolders().device_files(path)


def groups_of_devices(paths: Iterable[Path]) -> Iterator[dict[str, Path]]:
    """Yield the files of each head and its hands; hands whose head is not among the files are passed over."""
    groups: dict[tuple[Path, str, str], dict[str, Path]] = {}
    for path in sorted(paths):
        if (device := _device_of(path.name)) is not None:
            groups.setdefault((path.parent, path.suffix, _without_device(path.name)), {}).setdefault(device, path)
    yield from (group for group in groups.values() if "head" in group and len(group) > 1)


def _groups_in(folder: Path) -> dict[tuple[str, str], dict[str, Path]]:
    """Return the files of a folder whose names have a word for a device, by ending and the rest of the name."""
    groups: dict[tuple[str, str], dict[str, Path]] = {}
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError:
        return groups
    for path in paths:
        if (device := _device_of(path.name)) is not None:
            groups.setdefault((path.suffix, _without_device(path.name)), {}).setdefault(device, path)
    return groups


def _device_of(name: str) -> str | None:
    lower = name.lower()
    return next((device for device, words in _FILE_WORDS.items() if any(word in lower for word in words)), None)


def _without_device(name: str) -> str:
    rest = name.lower()
    for word in (*(word for words in _FILE_WORDS.values() for word in words), *_OTHER_WORDS):
        rest = rest.replace(word, "")
    return rest
