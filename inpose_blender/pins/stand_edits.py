# SPDX-License-Identifier: GPL-3.0-or-later
"""Change stances as a list is changed, and keep only what the animator says. Does not import bpy.

The solver's stances are never copied. A change is kept as frames in which a foot is said to stand, or not to stand, and
these are as few as possible: to change something back removes what was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Blender's start must not wait for the core
    from ..core import BoolArray


@dataclass(frozen=True)
class SaidStance:
    """Hold one thing that the animator says of a foot."""

    foot: int
    """0 the left, 1 the right."""
    first: int
    """Frame of the scene."""
    last: int
    stands: bool


@dataclass(frozen=True)
class ListedStance:
    """Hold one stance as the list shows it."""

    foot: int
    first: int
    last: int
    is_said: bool
    """The animator has changed it, or said all of it."""


@dataclass(frozen=True, eq=False)  # arrays have no truth
class FootStances:
    """Hold the stances of both feet: those of the solver, and what the animator says."""

    solved: BoolArray
    """(N, 2) in which frames the solver's feet stand."""
    start: int
    """Frame of the scene that the first row is for."""
    said: tuple[SaidStance, ...] = ()

    @property
    def stands(self) -> BoolArray:
        """Return in which frames the feet stand, (N, 2)."""
        stands = self.solved.copy()
        for one in self.said:
            stands[self._rows(one.first, one.last), one.foot] = one.stands
        return stands

    def listed(self) -> tuple[ListedStance, ...]:
        """Return the stances in the order of time."""
        from ..core import runs

        stands = self.stands
        found = []
        for foot in range(2):
            for first, end in runs(stands[:, foot]):
                beside = slice(max(first - 1, 0), end + 1)
                span = (self.start + first, self.start + end - 1)
                # Frames beside it, too: a stance that was made shorter is changed.
                is_said = bool((stands[beside, foot] != self.solved[beside, foot]).any()) or any(
                    one.foot == foot and one.stands and one.first <= span[1] and one.last >= span[0]
                    for one in self.said
                )
                found.append(ListedStance(foot, *span, is_said))
        return tuple(sorted(found, key=lambda stance: (stance.first, stance.foot)))

    def moved(self, stance: ListedStance, first: int, last: int) -> FootStances:
        """Return the stances after one of them got other frames. A frame stays free beside its neighbours."""
        wanted = self.stands
        wanted[self._rows(stance.first, stance.last), stance.foot] = False
        low, high = self._room(wanted, stance)
        first, last = max(first, low), min(last, high)
        if last < first:  # dragged past its own end, or into its neighbour
            first = last = min(max(first, low), high)
        wanted[self._rows(first, last), stance.foot] = True
        return self._so_that(wanted)

    def shifted(self, stance: ListedStance, frames: int) -> FootStances:
        """Return the stances after one was moved as it is, as far as its neighbours let it."""
        wanted = self.stands
        wanted[self._rows(stance.first, stance.last), stance.foot] = False
        low, high = self._room(wanted, stance)
        frames = min(max(frames, low - stance.first), high - stance.last)
        return self.moved(stance, stance.first + frames, stance.last + frames)

    def split(self, stance: ListedStance, frame: int, gap: int) -> FootStances:
        """Return the stances after one was divided by a step of ``gap`` frames about a frame; unchanged if there is no
        room."""
        first = max(frame - (gap - 1) // 2, stance.first + 1)
        last = min(first + gap - 1, stance.last - 1)
        return self if last < first else self.with_said(SaidStance(stance.foot, first, last, stands=False))

    def with_said(self, said: SaidStance) -> FootStances:
        """Return the stances after a foot was said to stand, or not to stand, from a frame to another."""
        wanted = self.stands
        wanted[self._rows(said.first, said.last), said.foot] = said.stands
        return self._so_that(wanted)

    def as_solved(self, stance: ListedStance) -> FootStances:
        """Return the stances without what was said of one of them, and of the frames beside it."""
        kept = tuple(
            one
            for one in self.said
            if one.foot != stance.foot or one.last < stance.first - 1 or one.first > stance.last + 1
        )
        return replace(self, said=kept)

    def _so_that(self, wanted: BoolArray) -> FootStances:
        """Return the stances with the least that must be said so that they are these."""
        from ..core import runs

        said = [part for one in self.said for part in self._parts(one, wanted)]
        now = replace(self, said=tuple(said)).stands
        for foot in range(2):
            for first, end in runs(now[:, foot] != wanted[:, foot]):
                # A stretch may need both: to stand in a part of it, and not to stand in the rest.
                for stands in (True, False):
                    for a, b in runs(wanted[first:end, foot] == stands):
                        new = SaidStance(foot, self.start + first + a, self.start + first + b - 1, stands)
                        said = _joined(said, new)
        return replace(self, said=tuple(said))

    def _parts(self, one: SaidStance, wanted: BoolArray) -> Iterable[SaidStance]:
        """Return the parts of what was said that are still wanted."""
        from ..core import runs

        rows = self._rows(one.first, one.last)
        if rows.stop <= rows.start:  # outside of the motion: kept as it is
            yield one
        for first, end in runs(wanted[rows, one.foot] == one.stands):
            # What only repeats the solver was said for a reason if it was said as a whole.
            span = (self.start + rows.start + first, self.start + rows.start + end - 1)
            part = self.solved[rows.start + first : rows.start + end, one.foot]
            if span == (one.first, one.last) or not (part == one.stands).all():
                yield replace(one, first=span[0], last=span[1])

    def _room(self, others: BoolArray, stance: ListedStance) -> tuple[int, int]:
        """Return the first and the last frame that a stance may have, a frame away from its neighbours."""
        import numpy as np

        taken = np.flatnonzero(others[:, stance.foot]) + self.start
        before, after = taken[taken < stance.first], taken[taken > stance.last]
        low = int(before[-1]) + 2 if len(before) else self.start
        high = int(after[0]) - 2 if len(after) else self.start + len(others) - 1
        return low, max(low, high)

    def _rows(self, first: int, last: int) -> slice:
        start = min(max(first - self.start, 0), len(self.solved))
        return slice(start, min(max(last - self.start + 1, start), len(self.solved)))


def _joined(said: Sequence[SaidStance], new: SaidStance) -> list[SaidStance]:
    """Return what is said with something new, which extends what it touches."""
    for place, one in enumerate(said):
        same = (one.foot, one.stands) == (new.foot, new.stands)
        if same and one.first <= new.last + 1 and new.first <= one.last + 1:
            wide = replace(one, first=min(one.first, new.first), last=max(one.last, new.last))
            return _joined([*said[:place], *said[place + 1 :]], wide)
    return [*said, new]
