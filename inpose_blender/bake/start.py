# SPDX-License-Identifier: GPL-3.0-or-later
"""Say where a bake finds the current frame and the 3D cursor: later bakes of a take keep those of the first. Neither
bpy nor numpy here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

Cursor = tuple[float, float, float]


@dataclass(frozen=True)
class BakeStart:
    """Hold which choice of a start a bake obeys.

    The playhead and the 3D cursor move while an animator works, but a take must stay where it is. So a take remembers
    the number of the choice that its last bake has obeyed, and only a new choice looks at them again.
    """

    frame_choice: int = 0
    """How many times somebody has chosen *First frame*."""
    place_choice: int = 0
    """How many times somebody has chosen *Start at*."""
    cursor_world: Cursor | None = None
    """The 3D cursor of this bake, in Blender's units; None: wherever it is when the bake begins."""

    def cursor_in(self, cursor_now: Sequence[float]) -> Cursor:
        """Return the 3D cursor of this bake in a scene whose cursor is there now."""
        if self.cursor_world is not None:
            return self.cursor_world
        x, y, z = cursor_now
        return (x, y, z)

    def at_cursor(self, cursor_now: Sequence[float]) -> BakeStart:
        """Return the start of a bake that begins now."""
        return replace(self, cursor_world=self.cursor_in(cursor_now))
