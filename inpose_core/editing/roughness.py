# SPDX-License-Identifier: Apache-2.0
"""Measure how rough a motion is around each frame: an edit that smooths must not make any part of a body rougher."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.motion import Motion
from ..body.skeleton import JOINT_INDEX
from ..numerics.filters import gaussian_filter
from .limbs import ARMS, LEGS

_AROUND_S: Final[float] = 0.1
_LEVER_M: Final[float] = 0.4
"""Turns a bend of a knee or an elbow into the way of a foot or a hand."""
_MORE: Final[float] = 1.1
_NOTICED_M_S2: Final[float] = 1.0
"""Nobody sees a joint that is rougher by less than this and by a tenth."""


def roughness_m_s2(motion: Motion) -> FloatArray:
    """Return how rough each joint is around each frame, (F, 26): 22 joints, and the bends of knees and elbows.

    It is the root of the mean squared acceleration in m/s^2 over about a quarter of a second.
    """
    places_m, bends = motion.joint_positions_m, []
    if len(motion) < 3:
        return np.zeros((len(motion), places_m.shape[1] + 4))
    for limb in (*LEGS, *ARMS):
        start, middle, end = (places_m[:, JOINT_INDEX[name]] for name in (limb.start, limb.middle, limb.end))
        upper, lower = middle - start, end - middle
        bends.append(np.arctan2(np.linalg.norm(np.cross(upper, lower), axis=-1), (upper * lower).sum(axis=-1)))
    of_places = (np.diff(places_m, 2, axis=0) ** 2).sum(axis=-1)
    of_bends = (_LEVER_M * np.diff(np.stack(bends, axis=1), 2, axis=0)) ** 2
    squares = np.pad(np.concatenate((of_places, of_bends), axis=1), ((1, 1), (0, 0)), mode="edge")
    around = gaussian_filter(squares, _AROUND_S * motion.fps, "nearest")
    return np.asarray(np.sqrt(around.clip(min=0)) * motion.fps**2)


def rougher(motion: Motion, before_m_s2: FloatArray) -> BoolArray:
    """Return the frames, (F,), in which any joint of a motion is visibly rougher than it was (F, 26)."""
    return np.asarray((roughness_m_s2(motion) > _MORE * before_m_s2 + _NOTICED_M_S2).any(axis=1))
