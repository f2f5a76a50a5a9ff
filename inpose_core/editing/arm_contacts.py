# SPDX-License-Identifier: Apache-2.0
"""Recognise hands that rest at the body on purpose: on the hip, on the belly, at the face, or in folded arms."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import BoolArray, lengths, runs
from ..body.motion import Motion
from ..numerics.filters import gaussian_filter
from .body_shape import BodyShape
from .body_surface import PosedSurface

_NEAR_M: Final[float] = 0.06
"""A hand that rests is no further from the skin, or somewhere below it."""
_SLOW_M_S: Final[float] = 0.2
"""So fast it may move over the skin."""
_SMOOTH_S: Final[float] = 0.1
_LEAST_S: Final[float] = 0.3
"""A hand that passes the body is near for less time."""


def resting_hands(motion: Motion, side: int, shape: BodyShape, surface: PosedSurface) -> BoolArray:
    """Return when the left (0) or right (1) hand rests at the body, (F,): near its skin, and slow against it.

    Args:
        motion: the motion.
        side: of the hand.
        shape: the skin of the character.
        surface: its body in all frames of the motion.
    """
    count = len(motion)
    if count < 2:
        return np.zeros(count, np.bool_)
    places_m, every = shape.arms[side][-1].places_m(motion, motion.joint_positions_m), np.arange(count)
    nearest = surface.nearest(places_m, every)
    depth_m, _ = surface.below(places_m.reshape(-1, 3), np.repeat(every, nearest.shape[1]), nearest.reshape(-1))
    depth_m = depth_m.reshape(nearest.shape)
    deepest = depth_m.argmax(axis=1)
    hand_m, skin = places_m[every, deepest], nearest[every, deepest]
    # The same point of the hand and of the skin, one frame later.
    later = np.minimum(every + 1, count - 1)
    hand_goes_m = places_m[later, deepest] - hand_m
    skin_goes_m = surface.places_m(skin, later) - surface.places_m(skin, every)
    speed_m_s = gaussian_filter(lengths(hand_goes_m - skin_goes_m) * motion.fps, _SMOOTH_S * motion.fps, "nearest")
    rests = (depth_m.max(axis=1) > -_NEAR_M) & (speed_m_s < _SLOW_M_S)
    for first, end in runs(rests):
        if end - first < _LEAST_S * motion.fps:
            rests[first:end] = False
    return rests
