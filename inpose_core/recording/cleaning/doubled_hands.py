# SPDX-License-Identifier: Apache-2.0
"""Find hands that have the pose of the other hand: a logger writes one controller twice, or one stands for both.

Two controllers cannot be in one place. The hand is the one on whose side of the head it is most of the time.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray, runs
from ...body.quaternions import geodesic_angle, rotate_vector
from .defects import Poses, TrackDefect

_SAME_M: Final[float] = 0.004
_SAME_RAD: Final[float] = np.radians(2.0)
_SHORTEST_S: Final[float] = 0.25
HOW: Final[str] = "has the pose of the other hand"


def find_doubled_hands(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Return the spans in which both hands have one pose, each for the hand whose pose it is not."""
    both = poses.measured[:, 1] & poses.measured[:, 2]
    apart_m = np.linalg.norm(poses.positions_m[:, 1] - poses.positions_m[:, 2], axis=-1)
    same = both & (apart_m < _SAME_M)
    if not same.any():
        return []
    same[same] = geodesic_angle(poses.rotations_wxyz[same, 1], poses.rotations_wxyz[same, 2]) < _SAME_RAD
    spans = [(start, stop) for start, stop in runs(same) if times_s[stop - 1] - times_s[start] >= _SHORTEST_S]
    return [TrackDefect("another_device", _wrong_hand(poses, start, stop), start, stop, HOW) for start, stop in spans]


def _wrong_hand(poses: Poses, start: int, stop: int) -> int:
    """Return the hand on whose side of the head the pose is not."""
    apart_m = poses.positions_m[start:stop, 1] - poses.positions_m[start:stop, 0]
    right = rotate_vector(poses.rotations_wxyz[start:stop, 0], (1.0, 0.0, 0.0))
    seen = poses.measured[start:stop, 0]
    aside_m = (apart_m * right).sum(axis=-1)[seen]
    return 1 if len(aside_m) and float(np.median(aside_m)) > 0 else 2
