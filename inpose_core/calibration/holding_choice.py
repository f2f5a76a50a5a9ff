# SPDX-License-Identifier: Apache-2.0
"""Choose how the hand devices are held: as declared, unless the wrists would have to bend further than wrists can. Each
way is judged by the strain of the wrists against forearms that are placed only by the reach of the hands
(`reaching_arms`). Another way replaces the declared one only if it is much more likely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from ..body.quaternions import geodesic_angle, mean_rotation, quaternion_to_matrix, slerp
from ..recording.findings import Finding, FindingKind
from ..recording.types import PoseType, Recording
from .holding import Holding, declared_holding, other_holdings
from .presets import UNKNOWN_WRIST_DEVIATION_M
from .reaching_arms import reaching_arms
from .rigid import RigidOffset
from .wrist_anatomy import wrist_strain

_HEAD_START: Final[float] = 2.0
"""In nats per frame. On recordings simulated from captured motion, another way gains so much on the right one in few;
a turn that is 50 degrees off loses five, one that is 30 degrees off one to three."""
_BEARABLE_STRAIN: Final[float] = 13.0
"""Far beyond what is usual: some captured people with rightly declared devices reach 11."""
_ALIKE_DEG: Final[float] = 35.0
_ALIKE_M: Final[float] = 0.10
"""Largest difference of the two hands that can still be one device."""
_AS_DEVICE_DEG: Final[float] = 30.0
_AS_DEVICE_M: Final[float] = 0.12
"""If the result is closer than this to a known device, that device is assumed."""
_ALIKE_DEVIATION_M, _AS_DEVICE_DEVIATION_M = 0.06, 0.03
"""Uncertainty of the wrists' positions in this case, chosen on simulated recordings of the training people."""
_FOUND_DEG, _FOUND_M = 12.0, 0.04
"""Standard deviations of the estimate from the motion, for both hands together."""
_SAME_TURN_DEG: Final[float] = 15.0
"""A better way that differs by less than this does not contradict the declared one."""


class ChosenHolding(NamedTuple):
    """Hold the chosen way, and its findings."""

    holding: Holding
    findings: tuple[Finding, ...] = ()


def choose_holding(recording: Recording, stature_m: float, pose: PoseType) -> ChosenHolding:
    """Return the declared way, or a much more likely one with a finding that says so.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
        pose: the kind of hand poses that the file or the user declares.
    """
    declared = declared_holding(recording, pose)
    strain = holding_strain(recording, stature_m, declared.wrists)
    if strain is None:
        return ChosenHolding(declared)
    best, least = declared, strain - _HEAD_START
    for other in other_holdings(recording, pose):
        judged = holding_strain(recording, stature_m, other.wrists)
        if judged is not None and judged + other.handicap < least:
            best, least = other, judged + other.handicap
    turned_deg = float(np.degrees(geodesic_angle(best.left.wxyz, declared.left.wxyz)))
    if best is declared or turned_deg < _SAME_TURN_DEG:
        if strain <= _BEARABLE_STRAIN:
            return ChosenHolding(declared)
        sentence = (
            f"If the hand poses are {declared.words}, the wrists bend further than wrists can. Hold a T-pose, or "
            "correct the hands with Hand rotation."
        )
        return ChosenHolding(declared, (Finding("wrists_bent", sentence),))
    if pose == "saber":
        # Each player chooses how the sabers lie in the hands: no defect.
        return ChosenHolding(best)
    kind: FindingKind = "wrists_bent" if best.pose == pose else "hand_poses"
    sentence = (
        f"If the hand poses were {declared.words}, the wrists would bend further than wrists can. InPose read them as "
        f"{best.words} instead, which turns the hands by {turned_deg:.0f} degrees."
    )
    return ChosenHolding(best, (Finding(kind, sentence, "repaired"),))


def likeliest_holding(
    recording: Recording, stature_m: float, usual: tuple[RigidOffset, RigidOffset]
) -> tuple[RigidOffset, RigidOffset]:
    """Return left and right wrist in undeclared devices: the usual ones, or much more likely ones."""
    strain = holding_strain(recording, stature_m, usual)
    if strain is None:
        return usual
    judged = [
        (holding_strain(recording, stature_m, other.wrists) or 0.0, number, other.wrists)
        for number, other in enumerate(other_holdings(recording, None))
    ]
    least, _, wrists = min(judged)
    return wrists if least < strain - _HEAD_START else usual


@dataclass(frozen=True)
class FoundHolding:
    """Hold the estimate from the motion for undeclared devices."""

    wrists: tuple[RigidOffset, RigidOffset]
    deviation_m: float
    """How far the wrists may be off per axis, standard deviation."""


def join_found(found: tuple[RigidOffset, RigidOffset], recording: Recording) -> FoundHolding:
    """Return the joined estimate of both wrists: both hands hold the same device, and most devices are known ones. If
    the hands disagree, each keeps its own estimate. If they agree on something close to a known device, the result is
    between the estimate and this device, by their uncertainties.
    """
    right = found[1].mirrored()
    apart_rad = float(geodesic_angle(found[0].wxyz, right.wxyz))
    if apart_rad > np.radians(_ALIKE_DEG) or np.linalg.norm(found[0].position_m - right.position_m) > _ALIKE_M:
        return FoundHolding(found, UNKNOWN_WRIST_DEVIATION_M)
    both = RigidOffset(
        0.5 * (found[0].position_m + right.position_m), mean_rotation(np.stack((found[0].wxyz, right.wxyz)))
    )
    nearest: Holding | None = None
    least_rad = np.radians(_AS_DEVICE_DEG)
    for holding in other_holdings(recording, None):
        angle_rad = float(geodesic_angle(both.wxyz, holding.left.wxyz))
        if angle_rad < least_rad and np.linalg.norm(both.position_m - holding.left.position_m) < _AS_DEVICE_M:
            nearest, least_rad = holding, angle_rad
    deviation_m = _ALIKE_DEVIATION_M
    if nearest is not None:
        deviation_m = _AS_DEVICE_DEVIATION_M
        place = _FOUND_M**2 / (_FOUND_M**2 + nearest.deviation_m**2)
        turn = _FOUND_DEG**2 / (_FOUND_DEG**2 + nearest.turn_deviation_deg**2)
        both = RigidOffset(
            both.position_m + place * (nearest.left.position_m - both.position_m),
            slerp(both.wxyz, nearest.left.wxyz, np.array((turn,))),
        )
    return FoundHolding((both, both.mirrored()), deviation_m)


def holding_strain(recording: Recording, stature_m: float, wrists: tuple[RigidOffset, RigidOffset]) -> float | None:
    """Return the strain of both wrists in nats per frame, see `wrist_strain`; None where too little is measured.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
        wrists: left and right wrist in their devices' frames.
    """
    arms = reaching_arms(recording, stature_m, wrists)
    if arms is None:
        return None
    turns = (wrists[0].wxyz, wrists[1].mirrored().wxyz)
    return float(
        np.mean([wrist_strain(quaternion_to_matrix(turn), arm) for turn, arm in zip(turns, arms, strict=True)])
    )
