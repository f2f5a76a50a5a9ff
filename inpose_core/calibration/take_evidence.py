# SPDX-License-Identifier: Apache-2.0
"""Measure the evidence of a recording about the performer's size, the floor and the posture.

All numbers describe the eyes and the wrists, in the recording's own heights. No single number decides: the eyes of a
standing child are as high as those of a seated adult, or of an adult on a wrong floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import rotate_vector
from ..recording.types import PoseType, Recording
from .calibration_pose import CalibrationPose
from .holding import declared_deviation_m, declared_wrists

_TOP_PERCENT: Final[float] = 95.0
"""Percentile that is high enough for an upright stance, and low enough that a jump does not count."""
_STRETCH_PERCENT: Final[float] = 99.0
_LOWEST_PERCENT: Final[float] = 0.2
_SITTING_UP_M: Final[float] = 0.025
_ROAM_PERCENT: Final[float] = 95.0


@dataclass(frozen=True)
class TakeEvidence:
    """Hold the evidence of a take. Heights are those of the recording, before its floor is moved."""

    eyes_top_m: float
    """The 95th percentile of the eyes' height, or their height in the calibration pose."""
    seated_eyes_m: float
    """Height of the eyes if the performer sits: usually the median; with a calibration pose, a little less than in the
    pose, because people sit up in it."""
    roam_m: float
    """How far the head gets from its usual place on the ground, 95th percentile."""
    duration_s: float
    """How long the head is measured."""
    hand_from_eyes_m: float
    """How far a wrist gets from the eyes, 99th percentile of the better hand; 0 where no hand is measured."""
    hands_apart_m: float
    """How far the wrists get from each other, 99th percentile; 0 where they are never measured together."""
    hand_below_eyes_m: float
    """How far a wrist hangs below the eyes, 99th percentile of the better hand."""
    hand_usually_below_m: float
    """The same as the median of both hands: a performer who lets the arms hang stands."""
    lowest_hand_m: float | None
    """Height of the lowest hand pose, without outliers; None where no hand is measured."""
    hand_deviation_m: float
    """Uncertainty of each wrist's position by the preset."""
    pose_label: str = ""
    """The calibration pose's name; empty without one."""
    pose_span_m: float = 0.0
    """Distance of the wrists in it, as far as a T-pose's arms are known to be straight; 0 without one."""


def take_evidence(recording: Recording, held: CalibrationPose | None, pose: PoseType | None) -> TakeEvidence | None:
    """Return the evidence of a take; None if the head is never measured.

    Args:
        recording: cleaned, at any rate.
        held: the calibration pose, found in the same recording at the solver's rate.
        pose: kind of the hand poses; if it is unknown, OpenXR grips are assumed.
    """
    seen = recording.measured[:, 0]
    if not seen.any():
        return None
    eyes_m = recording.positions_m[:, 0]
    place_m = eyes_m[seen][:, [0, 2]]
    roam_m = np.linalg.norm(place_m - np.median(place_m, axis=0), axis=1)
    wrists_m = _wrists_m(recording, pose)
    from_eyes_m, below_m = [0.0], [0.0]
    for side in (0, 1):
        both = seen & recording.measured[:, 1 + side]
        if both.any():
            apart_m = eyes_m[both] - wrists_m[both, side]
            from_eyes_m.append(_high(np.linalg.norm(apart_m, axis=1)))
            below_m.append(_high(apart_m[:, 1]))
    hands = recording.measured[:, 1:].all(axis=1)
    both = seen & hands
    usually_m = float(np.median(eyes_m[both, 1] - wrists_m[both, :, 1].mean(axis=1))) if both.any() else 0.0
    between_m = np.linalg.norm(wrists_m[:, 0] - wrists_m[:, 1], axis=1)
    hands_m = recording.positions_m[:, 1:, 1][recording.measured[:, 1:]]
    usual_step_s = recording.duration_s / max(len(recording) - 1, 1)
    span_m = 0.0
    top_m = float(np.percentile(eyes_m[seen, 1], _TOP_PERCENT))
    if held is not None:
        top_m = held.eye_height_m
        if held.kind == "t_pose":
            span_m = _span_in(held, recording, between_m)
    return TakeEvidence(
        eyes_top_m=top_m,
        seated_eyes_m=float(np.median(eyes_m[seen, 1])) if held is None else top_m - _SITTING_UP_M,
        roam_m=float(np.percentile(roam_m, _ROAM_PERCENT)),
        duration_s=float(seen.sum()) * usual_step_s,
        hand_from_eyes_m=max(from_eyes_m),
        hands_apart_m=_high(between_m[hands]) if hands.any() else 0.0,
        hand_below_eyes_m=max(below_m),
        hand_usually_below_m=usually_m,
        lowest_hand_m=float(np.percentile(hands_m, _LOWEST_PERCENT)) if len(hands_m) else None,
        hand_deviation_m=declared_deviation_m(recording, pose),
        pose_label=held.label if held is not None else "",
        pose_span_m=span_m,
    )


def _wrists_m(recording: Recording, pose: PoseType | None) -> FloatArray:
    """Return the wrists where the preset has them, (F, 2, 3)."""
    wrists_m = [
        recording.positions_m[:, 1 + side] + rotate_vector(recording.rotations_wxyz[:, 1 + side], wrist.position_m)
        for side, wrist in enumerate(declared_wrists(recording, pose or "grip"))
    ]
    return np.stack(wrists_m, axis=1)


def _span_in(held: CalibrationPose, recording: Recording, between_m: FloatArray) -> float:
    times_s = recording.times_s - recording.times_s[0]
    inside = (times_s >= held.start_s) & (times_s <= held.stop_s) & recording.measured[:, 1:].all(axis=1)
    return float(np.median(between_m[inside])) if inside.any() else 0.0


def _high(values: FloatArray) -> float:
    return float(np.percentile(values, _STRETCH_PERCENT))
