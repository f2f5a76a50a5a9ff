# SPDX-License-Identifier: Apache-2.0
"""Estimate how tall the performer is from how high the headset gets."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..body.skeleton import HEAD_JOINT_HEIGHT_RATIO
from ..recording.types import PoseType, Recording

EYE_HEIGHT_RATIO: Final[float] = 0.93
"""Height of the eyes over stature; 0.927 on MakeHuman bodies, 0.93 to 0.94 in anthropometry."""

_EYE_LEVEL_ORIGIN_M: Final[float] = 0.3


def standing_height_m(recording: Recording) -> float | None:
    """Return the height of the head device when standing: the 95th percentile, so that a jump does not count.

    None where the head is never measured.
    """
    heights_m = recording.positions_m[recording.measured[:, 0], 0, 1]
    return float(np.percentile(heights_m, 95)) if len(heights_m) else None


def has_eye_level_origin(recording: Recording) -> bool:
    """Tell whether heights count from the eyes (OpenXR LOCAL space) instead of from the floor."""
    if recording.origin is not None:
        return recording.origin == "eyes"
    heights_m = recording.positions_m[recording.measured[:, 0], 0, 1]
    return bool(len(heights_m)) and abs(float(np.median(heights_m))) < _EYE_LEVEL_ORIGIN_M


def estimate_stature_m(recording: Recording, pose: PoseType | None = None) -> float | None:
    """Return the performer's stature from the head's height above the floor; None where the floor is unknown."""
    height_m = standing_height_m(recording)
    if height_m is None or has_eye_level_origin(recording):
        return None
    is_joint = (pose or recording.pose) == "joint"
    return height_m / (HEAD_JOINT_HEIGHT_RATIO if is_joint else EYE_HEIGHT_RATIO)
