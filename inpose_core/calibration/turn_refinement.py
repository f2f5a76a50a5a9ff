# SPDX-License-Identifier: Apache-2.0
"""Refine how a known device is turned in the hands: the most probable turn, from its row and from how wrists bend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import multiply_quaternions, quaternion_to_matrix, rotvec_to_quaternion
from ..recording.types import Recording
from .holding import Holding
from .reaching_arms import reaching_arms
from .rigid import RigidOffset
from .wrist_anatomy import wrist_strain

_INDEPENDENT_FRAMES: Final[float] = 2.0
"""What a recording's mean strain counts for: errors of its forearms and habits of its hands stay. Chosen on simulated
recordings of the people who train: 12.3 degrees become 11; counted for more, the turn follows the forearms' errors."""
_FIRST_STEP_RAD, _LAST_STEP_RAD = np.radians((12.0, 1.5))


def refine_turn(recording: Recording, stature_m: float, holding: Holding) -> Holding:
    """Return the way of holding with its most probable turn, the same for both hands; the wrists' places stay.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
        holding: returned as it is for unknown devices, whose turn may be anything, and for sabers, whose turn was
            already chosen by how wrists bend.
    """
    arms = reaching_arms(recording, stature_m, holding.wrists)
    if arms is None or not holding.device or holding.pose == "saber":
        return holding
    R_device_wrist = quaternion_to_matrix(holding.left.wxyz)
    deviation_rad = np.radians(holding.turn_deviation_deg)

    def improbability(turn: FloatArray) -> float:
        R = R_device_wrist @ quaternion_to_matrix(rotvec_to_quaternion(turn))
        strain = float(np.mean([wrist_strain(R, arm) for arm in arms]))
        return _INDEPENDENT_FRAMES * strain + 0.5 * float(turn @ turn) / deviation_rad**2

    turn, least, step_rad = np.zeros(3), improbability(np.zeros(3)), float(_FIRST_STEP_RAD)
    while step_rad >= _LAST_STEP_RAD:
        judged = [(improbability(near), near) for near in _around(turn, step_rad)]
        best, near = min(judged, key=lambda pair: pair[0])
        if best < least:
            turn, least = near, best
        else:
            step_rad /= 2.0
    turned = multiply_quaternions(holding.left.wxyz, rotvec_to_quaternion(turn))
    return replace(holding, left=RigidOffset(holding.left.position_m, turned))


def _around(turn: FloatArray, step_rad: float) -> Iterator[FloatArray]:
    for axis in np.eye(3):
        yield turn + step_rad * axis
        yield turn - step_rad * axis
