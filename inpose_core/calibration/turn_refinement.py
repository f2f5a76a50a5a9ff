# SPDX-License-Identifier: Apache-2.0
"""Refine the rotation of a known device in the hands, from its preset and from how far wrists can bend."""

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
"""A recording's mean strain counts as much as this many frames, because errors of the forearms do not average out.
Chosen on simulated recordings of the training people: the error of 12.3 degrees becomes 11. With a larger number, the
rotation follows the errors of the forearms."""
_FIRST_STEP_RAD, _LAST_STEP_RAD = np.radians((12.0, 1.5))


def refine_turn(recording: Recording, stature_m: float, holding: Holding) -> Holding:
    """Return the holding with its most probable rotation, the same for both hands. The positions do not change.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's height.
        holding: if the devices are unknown (any rotation is possible) or sabers (their rotation was already chosen by
            how wrists bend), it is returned unchanged.
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
