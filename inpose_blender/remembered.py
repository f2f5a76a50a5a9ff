# SPDX-License-Identifier: GPL-3.0-or-later
"""Find data-blocks again after a pause: an undo makes a pointer invalid, and a renaming a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Remembered:
    """Stand-in for a data-block while Blender may change it."""

    name: str
    """Its name at that time."""
    session_uid: int
    """Blender keeps this number through renaming and undo, until the file is closed."""

    def find(self, collection: Any) -> Any:
        """Return the data-block in a collection such as ``bpy.data.objects``, or None if it is gone."""
        named = collection.get(self.name)
        if named is not None and named.session_uid == self.session_uid:
            return named
        return next((block for block in collection if block.session_uid == self.session_uid), None)


def remember(data_block: Any) -> Remembered:
    """Return the stand-in of a data-block."""
    return Remembered(data_block.name, data_block.session_uid)
