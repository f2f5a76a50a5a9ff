# SPDX-License-Identifier: Apache-2.0
"""Place points on the soles of the feet, by the proportions of the skeleton, and put a sole on a ground."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import rotate_vector
from ..body.skeleton import ANKLE_JOINTS, TOE_JOINTS, Skeleton
from .ground import Ground

_HEEL: Final[float] = 0.3
"""The heel is so far behind the ankle, over the distance from ankle to toe joint."""
_TOES: Final[float] = 0.45
"""The toes end so far before the toe joint, over the same."""
_HALF_WIDTH: Final[float] = 0.28
_ROWS: Final[int] = 8
_COLUMNS: Final[int] = 3
_STEEPEST: Final[float] = np.tan(np.radians(30.0))
"""A foot tilts no further: on the edge of a step it stays level."""


def sole_points_m(skeleton: Skeleton, side: int) -> FloatArray:
    """Return points of the left (0) or right (1) sole in the frame of its ankle, (N, 3): the foot is flat there."""
    toe_m = skeleton.offsets_m[TOE_JOINTS[side]]
    length_m = float(np.hypot(toe_m[0], toe_m[2]))
    forward = toe_m * np.array((1.0, 0.0, 1.0)) / max(length_m, 1e-9)
    aside = np.array((forward[2], 0.0, -forward[0]))
    ahead = np.linspace(-_HEEL, 1 + _TOES, _ROWS)[:, None, None] * forward
    across = _HALF_WIDTH * np.linspace(-1.0, 1.0, _COLUMNS)[:, None] * aside
    points_m = (length_m * (ahead + across)).reshape(-1, 3)
    points_m[:, 1] = toe_m[1] - skeleton.sole_height_m
    return np.asarray(points_m)


def sole_places_m(motion: Motion, side: int) -> FloatArray:
    """Return where the points of the left (0) or right (1) sole are, (F, N, 3)."""
    joint = ANKLE_JOINTS[side]
    from_ankle_m = rotate_vector(motion.rotations_wxyz[:, joint, None], sole_points_m(motion.skeleton, side))
    return np.asarray(motion.joint_positions_m[:, joint, None] + from_ankle_m)


def heights_above_floor(ground: Ground, places_m: FloatArray) -> FloatArray:
    """Return the heights (...,) of a ground at places (..., 3); beside it there is the floor of the recording."""
    return np.nan_to_num(ground.heights_m(places_m), nan=0.0)


def ground_planes(ground: Ground, places_m: FloatArray) -> FloatArray:
    """Return the plane on which each sole rests, (F, 3): its height below the middle of the sole, slope along X and Z.

    The plane has the slope of the ground below the sole, by least squares, and touches the ground from above. A slope
    on which no foot stands, such as the edge of a step, counts as level.

    Args:
        ground: the ground.
        places_m: (F, N, 3) points of the soles.
    """
    heights_m = heights_above_floor(ground, places_m)
    aside_m = (places_m - places_m.mean(axis=1, keepdims=True))[..., [0, 2]]
    scatter = np.einsum("fni,fnj->fij", aside_m, aside_m) + 1e-9 * np.eye(2)
    above_mean_m = heights_m - heights_m.mean(axis=1, keepdims=True)
    slope = np.linalg.solve(scatter, np.einsum("fni,fn->fi", aside_m, above_mean_m)[..., None])[..., 0]
    slope[np.hypot(slope[:, 0], slope[:, 1]) > _STEEPEST] = 0.0
    height_m = (heights_m - np.einsum("fni,fi->fn", aside_m, slope)).max(axis=1)
    return np.concatenate((height_m[:, None], slope), axis=1)
