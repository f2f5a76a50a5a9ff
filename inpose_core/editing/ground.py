# SPDX-License-Identifier: Apache-2.0
"""Tell the height of the ground below points: a level floor, a map of heights, or whatever a caller brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np

from ..arrays import FloatArray
from ..errors import EditError

_MOST_HEIGHTS: Final[int] = 4_000_000


@runtime_checkable
class Ground(Protocol):
    """Answer how high the ground is. The add-on brings one that asks a mesh of the scene."""

    def heights_m(self, points_m: FloatArray) -> FloatArray:
        """Return the height (...,) of the ground below or above points (..., 3), in metres, Y up.

        Where there is no ground the height is NaN: there, the feet stay as they are.
        """
        ...


@dataclass(frozen=True)
class LevelGround:
    """A floor; at 0 it is that of the recording."""

    height_m: float = 0.0

    def heights_m(self, points_m: FloatArray) -> FloatArray:
        """Return the height of the floor for each point."""
        return np.full(points_m.shape[:-1], self.height_m)


@dataclass(frozen=True, eq=False)
class GroundMap:
    """Heights on a grid of equal steps, bilinear between them.

    Raises:
        EditError: it is no grid of finite numbers.
    """

    origin_m: tuple[float, float]
    """X and Z of the first height."""
    step_m: float
    map_m: FloatArray
    """(X, Z) heights; both at least 2."""

    def __post_init__(self) -> None:
        heights_m = np.asarray(self.map_m, dtype=np.float64)
        fits = heights_m.ndim == 2 and min(heights_m.shape, default=0) >= 2 and heights_m.size <= _MOST_HEIGHTS
        if not fits or not np.isfinite(heights_m).all() or not (np.isfinite(self.step_m) and self.step_m > 0):
            raise EditError(
                "The heights of the ground are not a grid.", "Give at least two rows of as many heights, and a step."
            )
        object.__setattr__(self, "map_m", heights_m)

    def heights_m(self, points_m: FloatArray) -> FloatArray:
        """Return the height below each point; NaN beside the map."""
        cells = (points_m[..., [0, 2]] - np.array(self.origin_m)) / self.step_m
        most = np.array(self.map_m.shape) - 1
        inside = ((cells >= -1e-9) & (cells <= most + 1e-9)).all(axis=-1)
        low = np.clip(np.floor(cells), 0, most - 1).astype(np.int64)
        x, z = np.moveaxis(np.clip(cells - low, 0.0, 1.0), -1, 0)
        i, j = np.moveaxis(low, -1, 0)
        near = (1 - z) * self.map_m[i, j] + z * self.map_m[i, j + 1]
        far = (1 - z) * self.map_m[i + 1, j] + z * self.map_m[i + 1, j + 1]
        return np.where(inside, (1 - x) * near + x * far, np.nan)
