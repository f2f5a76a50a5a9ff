# SPDX-License-Identifier: Apache-2.0
"""Find on which side of the body an elbow fits, while its hand stays.

An elbow that is deep in the body does not get out by small steps: the nearest skin may be on the wrong side. So a few
angles are tried at some frames, and the best path through them over time is found (Viterbi 1967).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray, lengths
from ..body.motion import Motion
from ..body.quaternions import quaternion_to_matrix, rotvec_to_quaternion
from ..body.skeleton import SHOULDER_JOINTS, WRIST_JOINTS
from ..numerics.filters import gaussian_filter
from .arm_points import arm_gives_m, arm_places_m
from .body_shape import BodyShape
from .body_surface import PosedSurface

_ANGLES_RAD: Final[FloatArray] = np.radians(np.arange(-100.0, 101.0, 20.0))
_EVERY_S: Final[float] = 1 / 15
"""Time between two frames that are looked at."""
_DEEP_M: Final[float] = 0.01
_WIDE_RAD: Final[float] = np.radians(60.0)
"""So far an elbow swivels for one `_DEEP_M` less of depth."""
_FAST_RAD: Final[float] = np.radians(20.0)
"""So far it swivels between two frames that are looked at for one `_DEEP_M` less of depth in one of them."""
_POINTS: Final[int] = 2
"""Every second point of the arm is enough to tell the side."""


def searched_swivels_rad(
    motion: Motion,
    side: int,
    shape: BodyShape,
    surface: PosedSurface,
    frames: IndexArray,
    fixed: BoolArray,
    distance_m: float,
) -> FloatArray:
    """Return by how much an elbow should swivel about the line from shoulder to wrist, (K,), smooth over time.

    Args:
        motion: K frames.
        side: left (0) or right (1).
        shape: the skin of the character.
        surface: its body.
        frames: (K,) the frames of the surface to which those of the motion belong, ascending.
        fixed: (K,) frames in which the elbow stays.
        distance_m: what the arm keeps from the skin.
    """
    step = max(1, round(_EVERY_S * motion.fps))
    rows = np.flatnonzero((frames % step == 0) | fixed)
    if not len(rows):
        return np.zeros(len(frames))
    depth_m = _depths_m(motion.part(rows), side, shape, surface, frames[rows]) + distance_m
    costs = (depth_m.clip(min=0) / _DEEP_M) ** 2 + (_ANGLES_RAD / _WIDE_RAD) ** 2
    rest = len(_ANGLES_RAD) // 2
    costs[fixed[rows]] = np.where(np.arange(len(_ANGLES_RAD)) == rest, 0.0, np.inf)
    # Where frames are left out, the elbow is at rest on both sides of the gap.
    path = _ANGLES_RAD[_best_path(costs, ((_ANGLES_RAD[:, None] - _ANGLES_RAD) / _FAST_RAD) ** 2)]
    swivels = np.interp(np.arange(len(frames)), rows, path)
    return np.where(fixed, 0.0, gaussian_filter(swivels, 2 * step, "nearest"))


def _depths_m(motion: Motion, side: int, shape: BodyShape, surface: PosedSurface, frames: IndexArray) -> FloatArray:
    """Return how deep upper arm and forearm are with each angle, (K, A)."""
    positions_m = motion.joint_positions_m
    shoulder_m, wrist_m = (positions_m[:, joints[side]] for joints in (SHOULDER_JOINTS, WRIST_JOINTS))
    axis = (wrist_m - shoulder_m) / np.maximum(lengths(wrist_m - shoulder_m), 1e-9)[:, None]
    counts = [len(piece.points_m) for piece in shape.arms[side]]
    gives_m = arm_gives_m(side, shape)
    chosen = np.arange(0, counts[0] + counts[1], _POINTS)
    own_m = arm_places_m(motion, side, shape)[:, chosen] - shoulder_m[:, None]
    depths_m = []
    for angle in _ANGLES_RAD:
        places_m = shoulder_m[:, None] + own_m @ quaternion_to_matrix(rotvec_to_quaternion(angle * axis)).swapaxes(1, 2)
        skin = surface.nearest(places_m, frames)
        found_m, _ = surface.below(places_m.reshape(-1, 3), np.repeat(frames, len(chosen)), skin.reshape(-1))
        depths_m.append((found_m.reshape(skin.shape) - gives_m[chosen]).max(axis=1, initial=-np.inf))
    return np.stack(depths_m, axis=1)


def _best_path(costs: FloatArray, moves: FloatArray) -> IndexArray:
    """Return the column of each row (K,) with the least sum of costs (K, A) and moves (A, A) between rows."""
    total, came = costs[0], np.zeros(costs.shape, np.int64)
    for row in range(1, len(costs)):
        sums = total[:, None] + moves
        came[row] = sums.argmin(axis=0)
        total = sums.min(axis=0) + costs[row]
    path = np.empty(len(costs), np.int64)
    column = int(total.argmin())
    for row in range(len(costs) - 1, -1, -1):
        path[row] = column
        column = int(came[row, column])
    return path
