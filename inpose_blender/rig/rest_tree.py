# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer questions about the rest pose of a rig: parents, children, lengths. No bpy here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import FloatArray

SAME_PLACE: Final[float] = 0.01
"""Of the stature: bones closer together than this begin in one place."""


@dataclass(frozen=True)
class RestBone:
    """Hold the facts about a bone that the search uses."""

    name: str
    parent: str | None
    head: tuple[float, float, float]
    """In the world, Z up, or in any frame where the character faces -Y if nothing else tells where it faces."""


class RestTree:
    """Answer questions about parents, children and lengths."""

    def __init__(self, bones: Sequence[RestBone]) -> None:
        self.head = {bone.name: np.asarray(bone.head, dtype=np.float64) for bone in bones}
        self.parent = {bone.name: bone.parent for bone in bones}
        self.children: dict[str, list[str]] = {bone.name: [] for bone in bones}
        self.roots = []
        for bone in bones:
            if bone.parent is None:
                self.roots.append(bone.name)
            else:
                self.children[bone.parent].append(bone.name)
        self.size = self._spread()
        self._reach: dict[str, float] = {}
        self._count: dict[str, int] = {}

    def _spread(self) -> float:
        """Return about the stature: the largest extent of the bones along any axis, stray ones left out."""
        places = np.array(list(self.head.values()))
        low, high = np.percentile(places, (2, 98), axis=0)
        return float(max((high - low).max(), 1e-9))

    def length(self, bone: str) -> float:
        """Return the distance of a bone's head from its parent's."""
        parent = self.parent[bone]
        return 0.0 if parent is None else float(np.linalg.norm(self.head[bone] - self.head[parent]))

    def reach(self, bone: str) -> float:
        """Return the length of the longest path below a bone."""
        if bone not in self._reach:
            self._reach[bone] = max(
                (self.length(child) + self.reach(child) for child in self.children[bone]), default=0.0
            )
        return self._reach[bone]

    def count(self, bone: str) -> int:
        """Return the number of bones below a bone."""
        if bone not in self._count:
            self._count[bone] = sum(1 + self.count(child) for child in self.children[bone])
        return self._count[bone]

    def longest_path(self, bone: str) -> list[str]:
        """Return the chain from a bone to the end of the longest path below it."""
        chain = [bone]
        while self.children[chain[-1]]:
            chain.append(max(self.children[chain[-1]], key=lambda child: self.length(child) + self.reach(child)))
        return chain

    def forks(self, bone: str) -> list[str]:
        """Return the next bones below; helper bones that begin in the same place are skipped."""
        children = self.children[bone]
        while len(children) == 1 and self.length(children[0]) < SAME_PLACE * self.size:
            children = self.children[children[0]]
        return children

    def ancestors(self, bone: str) -> list[str]:
        """Return a bone and all above it."""
        chain = [bone]
        while (parent := self.parent[chain[-1]]) is not None:
            chain.append(parent)
        return chain

    def common(self, a: str, b: str) -> str | None:
        """Return the lowest bone that is above both (or one of them)."""
        above = set(self.ancestors(a))
        return next((bone for bone in self.ancestors(b) if bone in above), None)

    def path(self, top: str, bottom: str) -> list[str]:
        """Return the bones from ``top`` down to ``bottom``, both included; empty where it is not below."""
        chain = self.ancestors(bottom)
        return chain[chain.index(top) :: -1] if top in chain else []

    def is_below(self, bone: str, *tops: str) -> bool:
        """Return whether a bone is one of the others, or below one of them."""
        return any(top in self.ancestors(bone) for top in tops)

    def unit(self, vector: FloatArray) -> FloatArray:
        """Return the direction of a vector, or zero where it is too short to have one."""
        length = np.linalg.norm(vector)
        return vector / length if length > 1e-4 * self.size else np.zeros(3)
