# SPDX-License-Identifier: Apache-2.0
"""Say what an animator changes about a solved motion: an ordered list of edits, each on a stretch of time.

Times are those of the recording, in seconds, as for pins. Places are in the world of the motion: Y up, metres, in the
size of the character.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..errors import EditError
from ..numerics.filters import smooth_step
from .ground import Ground, LevelGround
from .kinds import KIND_OF, EditKind, MirrorPlane

DEFAULT_EASE_S: Final[float] = 1 / 3
LONGEST_EASE_S: Final[float] = 5.0
_LEAST_SHARE: Final[float] = 1e-4


@dataclass(frozen=True)
class Edit:
    """Ask for one change of a motion over a stretch of time.

    Raises:
        EditError: there is no such kind, the times are in disorder, or the amount is out of range.
    """

    kind: str
    """Name of one of `KINDS`."""
    start_s: float | None = None
    """None: from the start of the take."""
    stop_s: float | None = None
    """None: to its end."""
    amount: float | None = None
    """What it means depends on the kind; None: the usual amount."""
    ease_s: float = DEFAULT_EASE_S
    """Time in which the edit fades in before its start, and out after its end."""
    hold_hands: bool | None = None
    """Whether the hands stay where they are; None: as is usual for the kind."""
    ground: Ground = LevelGround()
    """What the feet stand on after an edit of the kind "ground"."""
    muted: bool = False
    """Keep the edit, but do not apply it."""

    def __post_init__(self) -> None:
        if self.kind not in KIND_OF:
            raise EditError(f'"{str(self.kind)[:40]}" is not a kind of edit.', f"The kinds are {', '.join(KIND_OF)}.")
        kind, label = KIND_OF[self.kind], KIND_OF[self.kind].label
        start_s = -math.inf if self.start_s is None else self.start_s
        stop_s = math.inf if self.stop_s is None else self.stop_s
        if not start_s <= stop_s:
            raise EditError(f'The edit "{label}" ends before it starts.', "Give the earlier time first.")
        if self.amount is not None and not kind.least <= self.amount <= kind.most:
            raise EditError(
                f'The amount of the edit "{label}" is {self.amount:g}.',
                f"Choose {kind.least:g} to {kind.most:g}: {kind.amount_description[0].lower()}"
                f"{kind.amount_description[1:]}.",
            )
        if not 0 <= self.ease_s <= LONGEST_EASE_S:
            raise EditError(
                f'The ease of the edit "{label}" is {self.ease_s:g} s.', f"Choose 0 to {LONGEST_EASE_S:g} s."
            )

    @property
    def facts(self) -> EditKind:
        """Return what is known of its kind."""
        return KIND_OF[self.kind]

    @property
    def strength(self) -> float:
        """Return the amount, or the usual one."""
        return self.facts.usual if self.amount is None else self.amount

    @property
    def holds_hands(self) -> bool:
        """Return whether the hands stay where they are."""
        if self.hold_hands is None or not self.facts.can_hold_hands:
            return self.facts.holds_hands
        return self.hold_hands

    def share(self, motion: Motion, start_s: float) -> FloatArray:
        """Return the influence of the edit on each frame of a motion, (F,): 0 to 1.

        Args:
            motion: the motion that is edited.
            start_s: time in the recording at which it begins.
        """
        times_s = start_s + np.arange(len(motion)) / motion.fps
        frame_s = 1.0 / motion.fps
        first_s = -math.inf if self.start_s is None else self.start_s
        last_s = math.inf if self.stop_s is None else self.stop_s
        outside_s = np.maximum(first_s - times_s, times_s - last_s).clip(min=0)
        # The frame that is nearest to the start is inside.
        share = smooth_step(1 - (outside_s - 0.5001 * frame_s).clip(min=0) / max(self.ease_s, frame_s))
        return np.where(share < _LEAST_SHARE, 0.0, share)


@dataclass(frozen=True)
class EditList:
    """Hold all edits of one take, in the order in which they are applied."""

    edits: tuple[Edit, ...] = ()
    mirror: MirrorPlane | None = None
    """Plane in which the whole take is mirrored before the edits."""

    def __bool__(self) -> bool:
        return self.mirror is not None or any(not edit.muted for edit in self.edits)
