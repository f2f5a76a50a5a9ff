# SPDX-License-Identifier: Apache-2.0
"""Choose how the hand devices are held: as declared, unless the wrists would have to bend further than wrists can. Each
way is judged by the strain of the wrists against forearms that are placed only by the reach of the hands
(`reaching_arms`). Another way replaces the declared one only if it is much more likely.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..body.quaternions import geodesic_angle, quaternion_to_matrix
from ..recording.findings import Finding, FindingKind
from ..recording.types import PoseType, Recording
from .holding import WRIST_JOINT, Holding, declared_holding, other_holdings
from .presets import wrist_offset
from .reaching_arms import reaching_arms
from .rigid import RigidOffset
from .wrist_anatomy import wrist_strain

_HEAD_START: Final[float] = 2.0
"""In nats per frame. On recordings simulated from captured motion, another way gains so much on the right one in few;
a turn that is 50 degrees off loses five, one that is 30 degrees off one to three."""
_BEARABLE_STRAIN: Final[float] = 13.0
"""Far beyond what is usual: some captured people with rightly declared devices reach 11."""
_WRIST_JOINT_LEAD: Final[float] = 0.5
"""In nats per frame: how much likelier the wrist joint must be than every known controller."""
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
            f"InPose reads the hand poses as {declared.words}. The wrists then bend further than wrists can. Hold a "
            "T-pose, or correct the hands with Hand rotation."
        )
        return ChosenHolding(declared, (Finding("wrists_bent", sentence),))
    if pose == "saber":
        # Each player chooses how the sabers lie in the hands: no defect.
        return ChosenHolding(best)
    kind: FindingKind = "wrists_bent" if best.pose == pose else "hand_poses"
    sentences = [f"{best.quirk} InPose turns them back."] if best.quirk else []
    if best.words != declared.words or not best.quirk:
        sentences.append(
            f"InPose reads the hand poses as {best.words}, not as {declared.words}. This turns the hands by "
            f"{turned_deg:.0f} degrees."
        )
    sentence = " ".join((*sentences, "Otherwise the wrists would bend further than wrists can."))
    return ChosenHolding(best, (Finding(kind, sentence, "repaired"),))


def likeliest_start(recording: Recording, stature_m: float) -> RigidOffset:
    """Return the left wrist in undeclared devices, roughly: as in a grip, or as in the wrist joint of hand tracking.

    The frames of controllers differ less from a grip than these two from each other. The wrist joint must be likelier
    than the frames of all known controllers.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
    """
    grip = wrist_offset("grip", 0)
    tracked = holding_strain(recording, stature_m, (WRIST_JOINT, WRIST_JOINT.mirrored()))
    usual = [holding.left for holding in other_holdings(recording, None) if holding.left is not WRIST_JOINT]
    for left in (grip, *usual):
        strain = holding_strain(recording, stature_m, (left, left.mirrored()))
        if tracked is None or strain is None or tracked > strain - _WRIST_JOINT_LEAD:
            return grip
    return WRIST_JOINT


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
