# SPDX-License-Identifier: Apache-2.0
"""Refine how devices are turned in the hands by how far wrists can bend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import multiply_quaternions, quaternion_to_matrix, rotvec_to_quaternion
from ..recording.types import Recording
from .reaching_arms import ReachingArm, reaching_arms
from .rigid import RigidOffset
from .wrist_anatomy import wrist_strain

_INDEPENDENT_FRAMES: Final[float] = 2.0
"""A recording's mean strain counts as much as this many frames, because errors of the forearms do not average out.
With a larger number, the rotation follows the errors of the forearms. Chosen on simulated recordings of the training
people."""
_FIRST_STEP_RAD, _LAST_STEP_RAD = np.radians((12.0, 1.5))


def refine_turns(
    recording: Recording,
    stature_m: float,
    wrists: tuple[RigidOffset, RigidOffset],
    deviations_rad: tuple[float, float],
) -> tuple[RigidOffset, RigidOffset]:
    """Return both wrists with their most probable rotations. The positions do not change.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's height.
        wrists: left and right wrist in their devices.
        deviations_rad: standard deviations of their rotations about each axis.
    """
    arms = reaching_arms(recording, stature_m, wrists)
    if arms is None:
        return wrists
    left = _turned(wrists[0], arms[0], deviations_rad[0])
    return left, _turned(wrists[1].mirrored(), arms[1], deviations_rad[1]).mirrored()


def _turned(wrist: RigidOffset, arm: ReachingArm, deviation_rad: float) -> RigidOffset:
    """Return a left wrist, or a mirrored right one, in its most probable rotation."""
    R_device_wrist = quaternion_to_matrix(wrist.wxyz)

    def improbability(turn: FloatArray) -> float:
        strain = wrist_strain(R_device_wrist @ quaternion_to_matrix(rotvec_to_quaternion(turn)), arm)
        return _INDEPENDENT_FRAMES * strain + 0.5 * float(turn @ turn) / deviation_rad**2

    return RigidOffset(wrist.position_m, multiply_quaternions(wrist.wxyz, rotvec_to_quaternion(_least(improbability))))


def _least(improbability: Callable[[FloatArray], float]) -> FloatArray:
    """Return the rotation vector at which a function is least, by steps that become smaller."""
    turn, least, step_rad = np.zeros(3), improbability(np.zeros(3)), float(_FIRST_STEP_RAD)
    while step_rad >= _LAST_STEP_RAD:
        judged = [(improbability(near), near) for near in _around(turn, step_rad)]
        best, near = min(judged, key=lambda pair: pair[0])
        if best < least:
            turn, least = near, best
        else:
            step_rad /= 2.0
    return turn


def _around(turn: FloatArray, step_rad: float) -> Iterator[FloatArray]:
    for axis in np.eye(3):
        yield turn + step_rad * axis
        yield turn - step_rad * axis
