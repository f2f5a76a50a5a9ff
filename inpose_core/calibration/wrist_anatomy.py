# SPDX-License-Identifier: Apache-2.0
"""Measure how far a wrist bends and turns against its forearm, and how unlikely this is.

Between forearm and hand there are three turns: the forearm rolls about its length (pronation), then the wrist bends up
or down (extension, flexion) and to a side (towards thumb or little finger). In a T-pose with palms down all are 0.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..arrays import FloatArray
from .reaching_arms import ReachingArm

EXTENSION_RANGE_DEG: Final[tuple[float, float]] = (-80.0, 70.0)
"""Down (flexion) and up."""
DEVIATION_RANGE_DEG: Final[tuple[float, float]] = (-35.0, 20.0)
"""To the little finger and to the thumb."""
ROLL_RANGE_DEG: Final[tuple[float, float]] = (-90.0, 90.0)
_RANGES_DEG: Final[FloatArray] = np.array((EXTENSION_RANGE_DEG, DEVIATION_RANGE_DEG, ROLL_RANGE_DEG))
_USUAL_DEG: Final[FloatArray] = np.array((10.0, -3.0, -10.0))
"""Hands that hold something are bent up and rolled a little."""
_DEVIATIONS_DEG: Final[FloatArray] = np.array((22.0, 14.0, 40.0))
_BEYOND_DEVIATION_DEG: Final[float] = 8.0
"""Softness of the ends of the ranges, because people differ and the forearms are only estimated."""
_MOST_STRAIN: Final[float] = 16.0
"""Largest strain of one frame, because its forearm may be wrong."""


class WristTurns(NamedTuple):
    """Hold three turns between forearm and hand in degrees, each (...,)."""

    extension_deg: FloatArray
    deviation_deg: FloatArray
    roll_deg: FloatArray


def wrist_turns(R_forearm_wrist: FloatArray) -> WristTurns:
    """Return the turns of left wrists, (..., 3, 3) as ``R_world_forearm^T R_world_wrist`` of joints. Mirror right ones.

    Positive: up, to the thumb, and the thumb turned down.
    """
    R = R_forearm_wrist
    # The roll is the twist about X; what is left bends the hand away from X.
    roll = 2.0 * np.arctan2(R[..., 2, 1] - R[..., 1, 2], 1.0 + R[..., 0, 0] + R[..., 1, 1] + R[..., 2, 2])
    fingers = R[..., :, 0]
    up = np.cos(roll) * fingers[..., 1] + np.sin(roll) * fingers[..., 2]
    aside = np.cos(roll) * fingers[..., 2] - np.sin(roll) * fingers[..., 1]
    across = np.hypot(up, aside)
    bend_deg = np.degrees(np.arctan2(across, fingers[..., 0])) / np.maximum(across, 1e-9)
    roll_deg = np.degrees((roll + np.pi) % (2.0 * np.pi) - np.pi)
    return WristTurns(bend_deg * up, bend_deg * aside, roll_deg)


def beyond_anatomy_deg(turns: WristTurns) -> FloatArray:
    """Return by how much each turn is beyond its range, (..., 3), 0 within it."""
    angles = np.stack(turns, axis=-1)
    return np.maximum(np.maximum(_RANGES_DEG[:, 0] - angles, angles - _RANGES_DEG[:, 1]), 0.0)


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
