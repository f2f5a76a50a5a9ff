# SPDX-License-Identifier: Apache-2.0
"""Find the performer's height and the floor: from the user, from the height of the eyes, or from the T-pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import CalibrationError
from ..noted import Noted
from ..options.calibration import LARGEST_STATURE_M, SMALLEST_STATURE_M
from ..recording.types import Recording
from .calibration_pose import CalibrationPose
from .head_height import EYE_HEIGHT_RATIO, has_eye_level_origin, standing_height_m
from .presets import head_offset

_SEATED_STATURE_M: Final[float] = 1.35
_FLOOR_ERROR: Final[float] = 0.08
"""Of the stature; what people say about themselves is nearer, and a room offset of a game is rarely smaller."""
_LARGEST_FLOOR_ERROR_M: Final[float] = 0.8
_LOWEST_PERCENT: Final[float] = 0.2
_NOTABLE_FLOOR_ERROR_M: Final[float] = 0.05


@dataclass(frozen=True)
class Standing:
    """Hold how tall a performer is, and where they stand."""

    stature_m: float
    lift_m: float
    """How far the recording must be lifted to stand on y = 0."""


def stature_and_lift(recording: Recording, given_m: float | None, held: CalibrationPose | None) -> Noted[Standing]:
    """Return the performer's stature and the height of the floor.

    Where a T-pose or A-pose was found the eyes' height in it counts, for then the performer stood upright; else the
    95th percentile of all heights. Where the floor is not at y = 0, it is found by a stature that was given beside a
    pose, or by hands that reach below it.

    Raises:
        CalibrationError: the head is never measured, or nobody could be that tall.
    """
    standing_m = standing_height_m(recording)
    if standing_m is None:
        raise CalibrationError("The head is never tracked.", "Record with the headset on.")
    if held is not None:
        standing_m = held.eye_height_m
    if has_eye_level_origin(recording):
        if given_m is None:
            raise CalibrationError(
                "Heights in this recording count from the eyes, not from the floor.",
                "Set the performer's height (--performer-height 1.75).",
            )
        note = "Heights count from the eyes. InPose computed the floor from the performer's height that you set."
        return Noted(Standing(given_m, EYE_HEIGHT_RATIO * given_m - standing_m), (note,))
    lift_m = _below_zero_m(recording)
    notes = (f"The hands are up to {100 * lift_m:.0f} cm below the floor. InPose lowered the floor.",) if lift_m else ()
    estimated_m = (standing_m + lift_m) / EYE_HEIGHT_RATIO
    if given_m is not None:
        missing_m = EYE_HEIGHT_RATIO * given_m - standing_m
        if held is not None and _FLOOR_ERROR * given_m < abs(missing_m) < _LARGEST_FLOOR_ERROR_M:
            where = "below" if missing_m > 0 else "above"
            note = (
                f"The performer's height that you set puts the floor {100 * abs(missing_m):.0f} cm {where} zero. "
                "InPose moved the floor."
            )
            return Noted(Standing(given_m, missing_m), (*notes, note))
        if not 0.6 * given_m < estimated_m < 1.5 * given_m:
            note = (
                f"The headset's height fits a performer of {estimated_m:.2f} m, not {given_m:.2f} m: "
                "check the floor and the unit."
            )
            notes = (*notes, note)
        return Noted(Standing(given_m, lift_m), notes)
    if not SMALLEST_STATURE_M <= estimated_m <= LARGEST_STATURE_M:
        raise CalibrationError(
            f"The headset is {standing_m:.3g} m high, so the performer would be {estimated_m:.3g} m tall.",
            "Set the performer's height (--performer-height 1.75), and check the unit and the axes of the file.",
        )
    if estimated_m < _SEATED_STATURE_M:
        note = (
            f"InPose estimated the performer's height: {estimated_m:.2f} m. If the performer sat, set the real height."
        )
        notes = (*notes, note)
    return Noted(Standing(estimated_m, lift_m), notes)


def _below_zero_m(recording: Recording) -> float:
    """Return how far below y = 0 the hands get, 0 if they do not: nobody reaches through the floor."""
    hands_m = recording.positions_m[:, 1:, 1][recording.measured[:, 1:]]
    lowest_m = float(np.percentile(hands_m, _LOWEST_PERCENT)) if len(hands_m) else 0.0
    return -lowest_m if lowest_m < -_NOTABLE_FLOOR_ERROR_M else 0.0


def performer_head_joint_m(stature_m: float) -> float:
    """Return the height of a performer's head joint above the floor when standing and looking ahead."""
    return EYE_HEIGHT_RATIO * stature_m + float(head_offset(stature_m).position_m[1])
