# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the frame at which each take of a row of NLA strips begins. Does not need numpy.

Each character has a row of its own. Characters of one room stay in time with each other, too: a take of the first
character begins when all rows are free, and the take of another performer begins with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bake.options import BakeOptions


def first_frame_in_row(free_frames: Mapping[str, int], character: Any, options: BakeOptions, other: Any | None) -> int:
    """Return the first frame of a character's next take.

    Args:
        free_frames: by the name of each character, the first frame after its row.
        character: its armature object.
        options: of the bake.
        other: the character with which it starts, whose last bake is that of the same room; None if with no other.
    """
    own = free_frames[character.name]
    if options.start_at != "character":
        return own
    if other is None:
        return max(free_frames.values())
    return max(own, int(other.inpose_take.first_frame))


def row_end(owner: Any, actions: list[Any]) -> int | None:
    """Return the last frame of the strips of actions, as far as they play; None if none of them has a strip."""
    animation = owner.animation_data
    tracks = [track for track in animation.nla_tracks if not track.mute] if animation is not None else []
    ends = [strip.frame_end for track in tracks for strip in track.strips if strip.action in actions]
    return round(max(ends)) if ends else None
