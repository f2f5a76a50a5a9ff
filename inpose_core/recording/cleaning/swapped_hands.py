# SPDX-License-Identifier: Apache-2.0
"""Put back hands that were swapped: after a reconnect, each hand continues where the other one was."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, lengths
from ...body.quaternions import geodesic_angle, rotate_vector
from .defects import Poses

_LONGEST_RECONNECT_S: Final[float] = 0.5
_SWAP_DISTANCE_M: Final[float] = 0.35
"""The hands must have been this far apart for a swap to be visible."""
_SWAP_RATIO: Final[float] = 0.3
_CLEAR_RATIO: Final[float] = 0.15
_NEAR_M: Final[float] = 0.06
_FASTEST_M_S: Final[float] = 3.0
_TURNED_RAD: Final[float] = np.radians(50.0)
"""Sum over both hands, from one frame to the next."""


def put_hands_back(times_s: FloatArray, poses: Poses) -> tuple[Poses, BoolArray]:
    """Return the poses with swapped hands put back, and the frames in which they were swapped, (F,).

    At a swap, each hand continues where the other one was. The right order is the one in which the left hand is on the
    left of the head in more frames.
    """
    positions_m, rotations_wxyz, measured = poses
    frames = np.flatnonzero(measured[:, 1] & measured[:, 2])
    exchanged = np.zeros(len(times_s), dtype=np.bool_)
    if len(frames) < 2:
        return poses, exchanged
    before, after = frames[:-1], frames[1:]
    hands = positions_m[:, 1:]
    apart = lengths(hands[before, 0] - hands[before, 1])
    straight = lengths(hands[after] - hands[before]).sum(axis=-1)
    crossed = lengths(hands[after] - hands[before][:, ::-1]).sum(axis=-1)
    between_s = times_s[after] - times_s[before]
    swaps = (apart > _SWAP_DISTANCE_M) & (crossed < _SWAP_RATIO * straight) & (straight > apart)
    # Close hands cross in reality, but not within a frame, and they keep how they are turned.
    turns = rotations_wxyz[:, 1:]
    kept_rad = geodesic_angle(turns[after], turns[before]).sum(axis=-1)
    traded_rad = geodesic_angle(turns[after], turns[before][:, ::-1]).sum(axis=-1)
    near = (crossed < 0.5 * straight) & (straight > _FASTEST_M_S * between_s)
    traded = (traded_rad < _SWAP_RATIO * kept_rad) & (kept_rad > _TURNED_RAD)
    swaps |= near & (traded | ((apart > _NEAR_M) & (crossed < _CLEAR_RATIO * straight)))
    swaps &= between_s < _LONGEST_RECONNECT_S
    at = after[swaps]
    if not len(at):
        return poses, exchanged
    parity = np.zeros(len(times_s), dtype=np.int64)
    parity[at] = 1
    exchanged = np.cumsum(parity) % 2 == 1
    if _right_hand_side(poses, exchanged) < 0:
        exchanged = ~exchanged
    order = np.where(exchanged[:, None], (0, 2, 1), (0, 1, 2))
    put_back = Poses(
        np.take_along_axis(positions_m, order[..., None], axis=1),
        np.take_along_axis(rotations_wxyz, order[..., None], axis=1),
        np.take_along_axis(measured, order, axis=1),
    )
    return put_back, exchanged


def _right_hand_side(poses: Poses, exchanged: BoolArray) -> float:
    """Return how far the right hand is to the right of the left hand, on average, seen from the head, in metres."""
    positions_m, rotations_wxyz, measured = poses
    seen = measured.all(axis=1)
    if not seen.any():
        return 0.0
    across = (positions_m[seen, 2] - positions_m[seen, 1]) * np.where(exchanged[seen], -1.0, 1.0)[:, None]
    right = rotate_vector(rotations_wxyz[seen, 0], (1.0, 0.0, 0.0)) * (1.0, 0.0, 1.0)
    return float((across * right).sum(axis=-1).mean())
