# SPDX-License-Identifier: Apache-2.0
"""Measure how high a performer's head joint is when they stand upright, from the recording's own upright moments.

Half a centimetre of head height corresponds to 12 degrees of knee bend. Neither the stature that people tell nor the
highest percentile of a recording is that exact. But people stand upright again and again, each time with the same head
height. So the median height of these moments is the upright height in this recording.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import rotate_vector
from ..numerics.filters import gaussian_filter
from ..recording.types import Recording
from .rigid import RigidOffset

_STILL_M_S: Final[float] = 0.15
_SMOOTHING_S: Final[float] = 0.1
_LEVEL: Final[float] = 0.9
"""Cosine of the head's tilt: up to 26 degrees."""
_HIGHEST_PERCENT: Final[float] = 95.0
_BAND: Final[float] = 0.025
"""A moment is upright if the head is lower than in the highest moments by at most this share: relaxed people sway and
lean by a few centimetres."""
_BELIEVED: Final[tuple[float, float]] = (0.96, 1.04)
"""Heights in units of the expected one. At other heights, the person sits, crouches, or stands on something."""
_BELIEVED_AFTER_POSE: Final[tuple[float, float]] = (0.98, 1.008)
"""The same if the expected height comes from a calibration pose, for which people straighten up."""
_FEWEST_S: Final[float] = 1.0


def upright_head_joint_m(recording: Recording, head: RigidOffset, expected_m: float, *, posed: bool = False) -> float:
    """Return the height of the head joint above the floor when standing upright and relaxed.

    Args:
        recording: at a constant rate, its floor at y = 0.
        head: the head joint in the headset's frame.
        expected_m: the height that follows from all other evidence; returned if the recording has no such moments.
    """
    rate_hz = (len(recording) - 1) / recording.duration_s if recording.duration_s > 0 else 0.0
    height_m = _still_heights_m(recording, head, rate_hz)
    low, high = _BELIEVED_AFTER_POSE if posed else _BELIEVED
    near = height_m[(height_m > low * expected_m) & (height_m < high * expected_m)]
    if len(near) < max(2.0, _FEWEST_S * rate_hz):
        return expected_m
    highest_m = np.percentile(near, _HIGHEST_PERCENT)
    return float(np.median(near[near > (1 - _BAND) * highest_m]))


def _still_heights_m(recording: Recording, head: RigidOffset, rate_hz: float) -> FloatArray:
    """Return the heights of the head joint in the frames in which the head is measured, still and nearly level."""
    joint_m = recording.positions_m[:, 0] + rotate_vector(recording.rotations_wxyz[:, 0], head.position_m)
    if len(joint_m) < 3:
        return joint_m[:0, 1]
    velocity_m_s = np.gradient(joint_m, axis=0) * rate_hz
    speed_m_s = gaussian_filter(np.linalg.norm(velocity_m_s, axis=1), _SMOOTHING_S * rate_hz, "nearest")
    up = rotate_vector(recording.rotations_wxyz[:, 0], rotate_vector(head.wxyz, (0.0, 1.0, 0.0)))[:, 1]
    return np.asarray(joint_m[recording.measured[:, 0] & (speed_m_s < _STILL_M_S) & (up > _LEVEL), 1])
