# SPDX-License-Identifier: Apache-2.0
"""Join what the motion tells of the devices in the hands with what the table of devices tells.

Both are estimates with uncertainties. For a known device, the result lies between its row and the estimate of the
motion, by their uncertainties. For undeclared devices, each row of the table is probable by how close it is to the
estimate, and so is a device that is in no row; the result is the mean over them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import (
    conjugate_quaternion,
    multiply_quaternions,
    quaternion_to_rotvec,
    rotvec_to_quaternion,
)
from ..recording.types import Recording
from .hand_finding import FoundHands
from .holding import Holding, other_holdings
from .rigid import RigidOffset
from .turn_refinement import refine_turns

_AXIS_SHARE: Final[float] = 0.63
"""Standard deviation per axis over the mean length of an error in three dimensions."""
_UNLISTED: Final[float] = 0.5
"""Share of devices that are in no row of the table."""
_UNLISTED_TURN_RAD: Final[float] = float(np.radians(25.0))
_UNLISTED_PLACE_M: Final[float] = 0.07
"""Standard deviations per axis of where such devices are, about an OpenXR grip."""


def refine_holding(
    holding: Holding, found: FoundHands, recording: Recording, stature_m: float
) -> tuple[RigidOffset, RigidOffset]:
    """Return both wrists in devices that are held as `holding` says, as the motion shows, and as wrists can bend.

    Args:
        holding: how the devices are probably held.
        found: what the motion shows of it.
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
    """
    turn_rad = float(np.radians(holding.turn_deviation_deg))
    left, right = (
        _between(wrist, holding.deviation_m, turn_rad, found, side) for side, wrist in enumerate(holding.wrists)
    )
    own_rad = [_AXIS_SHARE * error for error in found.turn_errors_rad]
    remaining = [turn_rad * own / float(np.hypot(turn_rad, own)) for own in own_rad]
    return refine_turns(recording, stature_m, (left, right), (remaining[0], remaining[1]))


def join_found(found: FoundHands, recording: Recording) -> tuple[RigidOffset, RigidOffset]:
    """Return both wrists in undeclared devices: both hands hold the same device, and most devices are in the table."""
    usual = other_holdings(recording, None)
    grip = next(holding for holding in usual if holding.device == "bare hand" and holding.pose == "grip")
    logs = [_log_density(holding, found) - np.log(len(usual)) for holding in usual]
    unlisted = sum(
        _log_normal(_apart(wrist, found, side), _UNLISTED_TURN_RAD, _UNLISTED_PLACE_M)
        for side, wrist in enumerate(grip.wrists)
    )
    shares = np.exp(np.array([*(np.array(logs) + np.log1p(-_UNLISTED)), unlisted + np.log(_UNLISTED)]) - max(logs))
    shares /= shares.sum()
    wrists = []
    for side in (0, 1):
        own = found.wrists[side]
        turn, shift_m = np.zeros(3), np.zeros(3)
        for share, holding in zip(shares[:-1], usual, strict=True):
            fused = _between(
                holding.wrists[side], holding.deviation_m, np.radians(holding.turn_deviation_deg), found, side
            )
            turn += share * _turn_from(own, fused)
            shift_m += share * (fused.position_m - own.position_m)
        wrists.append(RigidOffset(own.position_m + shift_m, multiply_quaternions(own.wxyz, rotvec_to_quaternion(turn))))
    return wrists[0], wrists[1]


def _between(row: RigidOffset, place_m: float, turn_rad: float, found: FoundHands, side: int) -> RigidOffset:
    """Return the offset between a row and the motion's estimate, by their standard deviations per axis."""
    own = found.wrists[side]
    own_m, own_rad = _AXIS_SHARE * found.place_errors_m[side], _AXIS_SHARE * found.turn_errors_rad[side]
    to_own_m = place_m**2 / (place_m**2 + own_m**2)
    to_own = turn_rad**2 / (turn_rad**2 + own_rad**2)
    turn = rotvec_to_quaternion(to_own * _turn_from(row, own))
    return RigidOffset(
        row.position_m + to_own_m * (own.position_m - row.position_m), multiply_quaternions(row.wxyz, turn)
    )


def _log_density(holding: Holding, found: FoundHands) -> float:
    """Return the log density of the estimate if both hands hold a device in this way."""
    total = 0.0
    for side, wrist in enumerate(holding.wrists):
        turn = np.hypot(np.radians(holding.turn_deviation_deg), _AXIS_SHARE * found.turn_errors_rad[side])
        place = np.hypot(holding.deviation_m, _AXIS_SHARE * found.place_errors_m[side])
        total += _log_normal(_apart(wrist, found, side), float(turn), float(place))
    return total


def _apart(row: RigidOffset, found: FoundHands, side: int) -> tuple[float, float]:
    own = found.wrists[side]
    return float(np.linalg.norm(_turn_from(row, own))), float(np.linalg.norm(own.position_m - row.position_m))


def _log_normal(apart: tuple[float, float], turn_rad: float, place_m: float) -> float:
    turned, moved_m = apart
    return -0.5 * ((turned / turn_rad) ** 2 + (moved_m / place_m) ** 2) - 3.0 * float(np.log(turn_rad * place_m))


def _turn_from(start: RigidOffset, end: RigidOffset) -> FloatArray:
    return np.asarray(quaternion_to_rotvec(multiply_quaternions(conjugate_quaternion(start.wxyz), end.wxyz)))
