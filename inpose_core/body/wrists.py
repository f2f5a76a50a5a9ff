# SPDX-License-Identifier: Apache-2.0
"""Measure how far a wrist bends and turns against its forearm.

Between forearm and hand there are three turns: the forearm rolls about its length (pronation), then the wrist bends up
or down (extension, flexion) and to a side (towards thumb or little finger). In a T-pose with palms down all are 0.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..arrays import FloatArray
from .quaternions import multiply_quaternions, rotvec_to_quaternion

EXTENSION_RANGE_DEG: Final[tuple[float, float]] = (-80.0, 70.0)
"""Down (flexion) and up."""
DEVIATION_RANGE_DEG: Final[tuple[float, float]] = (-35.0, 20.0)
"""To the little finger and to the thumb."""
ROLL_RANGE_DEG: Final[tuple[float, float]] = (-90.0, 90.0)
RANGES_DEG: Final[FloatArray] = np.array((EXTENSION_RANGE_DEG, DEVIATION_RANGE_DEG, ROLL_RANGE_DEG))


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


def rotation_of_turns(turns: WristTurns) -> FloatArray:
    """Return the rotation of a left wrist against its forearm, wxyz (..., 4): the inverse of `wrist_turns`."""
    extension, deviation, roll = (np.radians(turn) for turn in turns)
    nothing = np.zeros_like(roll)
    rolled = rotvec_to_quaternion(np.stack((roll, nothing, nothing), axis=-1))
    return multiply_quaternions(rolled, rotvec_to_quaternion(np.stack((nothing, -deviation, extension), axis=-1)))


def beyond_anatomy_deg(turns: WristTurns) -> FloatArray:
    """Return by how much each turn is beyond its range, (..., 3), 0 within it."""
    angles = np.stack(turns, axis=-1)
    return np.maximum(np.maximum(RANGES_DEG[:, 0] - angles, angles - RANGES_DEG[:, 1]), 0.0)
