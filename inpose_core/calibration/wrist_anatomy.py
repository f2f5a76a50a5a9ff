# SPDX-License-Identifier: Apache-2.0
"""Measure how far a wrist bends and turns against its forearm, and how unlikely this is.

The turns themselves are those of `body.wrists`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.wrists import beyond_anatomy_deg, wrist_turns
from .reaching_arms import ReachingArm

_USUAL_DEG: Final[FloatArray] = np.array((10.0, -3.0, -10.0))
"""Hands that hold something are bent up and rolled a little."""
_DEVIATIONS_DEG: Final[FloatArray] = np.array((22.0, 14.0, 40.0))
_BEYOND_DEVIATION_DEG: Final[float] = 8.0
"""Softness of the ends of the ranges, because people differ and the forearms are only estimated."""
_MOST_STRAIN: Final[float] = 16.0
"""Largest strain of one frame, because its forearm may be wrong."""


def wrist_strain(R_device_wrist: FloatArray, arm: ReachingArm) -> float:
    """Return how unlikely this rotation of the wrist in the device is, given the arm: a mean over frames.

    It is the negative log-likelihood of bend and roll, summed over the elbow's swivels. With the right turn it is
    between 1.5 and 5 on captured motion, with one that is 50 degrees off between 5 and 15.

    Args:
        R_device_wrist: (3, 3); of a right hand mirrored.
        arm: the forearms to bend against.
    """
    R_world_wrist = arm.R_world_device @ R_device_wrist
    turns = wrist_turns(np.swapaxes(arm.R_world_forearm, -1, -2) @ R_world_wrist[:, None])
    beyond_deg = beyond_anatomy_deg(turns)
    cost = 0.5 * ((np.stack(turns, axis=-1) - _USUAL_DEG) / _DEVIATIONS_DEG) ** 2
    cost += 0.5 * (beyond_deg / _BEYOND_DEVIATION_DEG) ** 2
    # A straight elbow has no axis, so nothing tells the forearm's roll.
    strains = cost[..., 0] + cost[..., 1] + arm.hinge * cost[..., 2] + arm.unusual
    least = strains.min(axis=1)
    frames = least - np.log(np.exp(least[:, None] - strains).mean(axis=1))
    return float(np.minimum(frames, _MOST_STRAIN).mean())
