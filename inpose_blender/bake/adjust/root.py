# SPDX-License-Identifier: GPL-3.0-or-later
"""Separate root motion from the movement of the body around it, and remove it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...core import FloatArray, Motion, gaussian_filter, quaternion_to_matrix

_SWAY_S: Final[float] = 0.3
"""Movement that is faster than this belongs to the body and not to the root motion: the sway of a step takes a second
or less."""


@dataclass(frozen=True)
class RootPath:
    """Hold root motion in the core frame, Y up."""

    ground_m: FloatArray
    """(F, 3) with y = 0."""
    heading_rad: FloatArray
    """(F,) turn about +Y away from facing +Z, unwrapped."""

    @property
    def wxyz(self) -> FloatArray:
        """Return the heading as quaternions, (F, 4)."""
        half = self.heading_rad[:, None] / 2
        return np.concatenate((np.cos(half), np.zeros_like(half), np.sin(half), np.zeros_like(half)), axis=-1)


def root_path_of(rotations_wxyz: FloatArray, root_m: FloatArray, fps: float) -> RootPath:
    """Return root motion: the smooth path of the pelvis over the ground, from rotations (F, 22, 4) and positions (F,
    3)."""
    forward = quaternion_to_matrix(rotations_wxyz[:, 0])[..., 2]
    heading = np.unwrap(np.arctan2(forward[:, 0], forward[:, 2]))
    return RootPath(
        gaussian_filter(root_m * np.array((1.0, 0.0, 1.0)), _SWAY_S * fps, "nearest"),
        gaussian_filter(heading, _SWAY_S * fps, "nearest"),
    )


def in_place(motion: Motion) -> Motion:
    """Return the motion without root motion: the body turns and sways in place."""
    return replace(motion, root_translation_m=motion.root_translation_m + _ways_back_m(motion))


def way_back_m(motion: Motion, time_s: float) -> FloatArray:
    """Return the way, (3,), by which a motion without root motion is moved at a time after its start."""
    ways_m = _ways_back_m(motion)
    return np.asarray(ways_m[min(max(round(time_s * motion.fps), 0), len(ways_m) - 1)])


def _ways_back_m(motion: Motion) -> FloatArray:
    path = root_path_of(motion.rotations_wxyz, motion.root_translation_m, motion.fps).ground_m
    return path[:1] - path
