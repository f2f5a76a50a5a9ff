# SPDX-License-Identifier: Apache-2.0
"""Hold what a player of an animated file would show: the place of each joint at each key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray


@dataclass(frozen=True)
class FileClip:
    """Hold one animation of a file, in metres, Y up."""

    name: str
    times_s: FloatArray
    """(K,) times of all keys of the clip, from its start."""
    places_m: Mapping[str, FloatArray]
    """Joint to its path, (K, 3)."""


@dataclass(frozen=True)
class LocalTracks:
    """Hold the movement of joints relative to their parents, at common times."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    """-1 for none. A joint may stand before its parent."""
    translations: FloatArray
    """(K, J, 3)"""
    rotations: FloatArray
    """(K, J, 3, 3)"""
    scales: FloatArray
    """(K, J, 3)"""

    def world_matrices(self) -> FloatArray:
        """Return the matrices of all joints in the world, (K, J, 4, 4).

        Raises:
            ValueError: joints are their own parents.
        """
        local = np.zeros((*self.translations.shape[:2], 4, 4))
        local[..., :3, :3] = self.rotations * self.scales[..., None, :]
        local[..., :3, 3] = self.translations
        local[..., 3, 3] = 1.0
        for joint in _parents_first(self.parents):
            if (parent := self.parents[joint]) >= 0:
                local[:, joint] = local[:, parent] @ local[:, joint]
        return local


def _parents_first(parents: Sequence[int]) -> list[int]:
    order: list[int] = []
    placed = {-1}
    waiting = list(range(len(parents)))
    while waiting:
        ready = [joint for joint in waiting if parents[joint] in placed]
        if not ready:
            raise ValueError("joints are their own parents")
        order += ready
        placed.update(ready)
        waiting = [joint for joint in waiting if joint not in placed]
    return order
