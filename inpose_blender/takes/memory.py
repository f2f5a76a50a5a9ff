# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the last takes in memory. Does not import bpy or numpy."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import InPoseError

if TYPE_CHECKING:
    from .take import SolvedTake

_IN_MEMORY: Final[int] = 4
"""A take of an hour needs 160 MB of memory; to load it again takes a tenth of a second per minute of motion."""


class TakeMemory:
    """Hold the last few takes in memory, so that re-baking does not read a file."""

    def __init__(self) -> None:
        self._takes: OrderedDict[Path, SolvedTake] = OrderedDict()

    def remember(self, path: Path, take: SolvedTake) -> None:
        """Keep a take, and remove the one that was not used for the longest time."""
        self._takes[path] = take
        self._takes.move_to_end(path)
        while len(self._takes) > _IN_MEMORY:
            self._takes.popitem(last=False)

    def at_hand(self, path: Path) -> SolvedTake | None:
        """Return a take if it is in memory."""
        return self._takes.get(path)

    def recall(self, path: Path) -> SolvedTake:
        """Return a take from memory, else from its file.

        Raises:
            InPoseError: it is in neither.
        """
        if path in self._takes:
            self._takes.move_to_end(path)
        else:
            from .take import load_take

            self.remember(path, load_take(path))
        return self._takes[path]

    def clear(self) -> None:
        """Forget all."""
        self._takes.clear()


TAKES: Final[TakeMemory] = TakeMemory()
"""The takes of the running Blender; they belong to no file."""


def take_loader(solved: Any) -> Callable[[], SolvedTake]:
    """Return a function that loads a take with its motion before pins; it may be called in a thread.

    Args:
        solved: the `INPOSE_PG_take` of the take. It is read now.
    """
    file, unpinned = Path(solved.file), Path(solved.unpinned) if solved.unpinned else None

    def load() -> SolvedTake:
        take = TAKES.recall(file)
        if unpinned is None or unpinned == file:
            return take
        try:
            return replace(take, unpinned=TAKES.recall(unpinned).motion)
        except InPoseError:  # its file is gone: the pinned motion is all that is left
            return take

    return load
