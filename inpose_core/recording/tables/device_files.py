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
_MOST_FILES: Final[int] = 2000


def device_files(path: Path) -> dict[str, Path]:
    """Return the matching files of head and hands: their names differ only in the word for the device.

    A file whose name has no such word has none; what the files contain is not looked at.
    """
    own = _device_of(path.name)
    if own is None:
        return {}
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix)[:_MOST_FILES]
    except OSError:
        names = []
    rest, found = _without_device(path.name), {own: path}
    for name in names:
        device = _device_of(name)
        if device is not None and device not in found and _without_device(name) == rest:
            found[device] = path.parent / name
    return found


def groups_of_devices(paths: Iterable[Path]) -> Iterator[dict[str, Path]]:
    """Yield the files of each head and its hands; hands whose head is not among the files are passed over."""
    groups: dict[tuple[Path, str, str], dict[str, Path]] = {}
    for path in sorted(paths):
        device = _device_of(path.name)
        if device is not None:
            groups.setdefault((path.parent, path.suffix, _without_device(path.name)), {}).setdefault(device, path)
    yield from (group for group in groups.values() if "head" in group and len(group) > 1)


def _device_of(name: str) -> str | None:
    lower = name.lower()
    return next((device for device, words in _FILE_WORDS.items() if any(word in lower for word in words)), None)


def _without_device(name: str) -> str:
    rest = name.lower()
    for word in (*(word for words in _FILE_WORDS.values() for word in words), *_OTHER_WORDS):
        rest = rest.replace(word, "")
    return rest
