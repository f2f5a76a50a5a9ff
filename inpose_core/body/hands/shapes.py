# SPDX-License-Identifier: Apache-2.0
"""Say how a relaxed hand and a fist look, and pose all fingers of a motion.

A hand that is not tracked is relaxed, not open: the fingers curl more from the index to the little finger, they are
slightly apart, and the thumb is in front of the palm. Buttons of a controller bend it into a fist: the trigger bends
the index finger, the grip bends the others, and the thumb follows what it touches.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray
from ...numerics.filters import gaussian_filter
from ..quaternions import continuous_signs, slerp, slerp_at
from .angles import rotations_of_angles
from .joints import FINGER_JOINT_COUNT, SIDES
from .tracks import FingerTracks

RELAXED_RAD: Final[FloatArray] = np.radians(
    (
        ((22.0, -20.0, 10.0), (12.0, 0.0, -5.0), (14.0, 0.0, 0.0)),
        ((16.0, -4.0, 0.0), (26.0, 0.0, 0.0), (13.0, 0.0, 0.0)),
        ((22.0, 0.0, 0.0), (33.0, 0.0, 0.0), (17.0, 0.0, 0.0)),
        ((26.0, 3.0, 0.0), (38.0, 0.0, 0.0), (19.0, 0.0, 0.0)),
        ((28.0, 7.0, 0.0), (40.0, 0.0, 0.0), (21.0, 0.0, 0.0)),
    )
).reshape(FINGER_JOINT_COUNT, 3)
"""(15, 3) curl, spread and twist of a hand that hangs at rest."""

FIST_RAD: Final[FloatArray] = np.radians(
    (
        ((50.0, -30.0, 30.0), (34.0, 0.0, -8.0), (52.0, 0.0, 5.0)),
        ((72.0, 5.0, 0.0), (98.0, 0.0, 0.0), (58.0, 0.0, 0.0)),
        ((76.0, 4.0, 0.0), (100.0, 0.0, 0.0), (60.0, 0.0, 0.0)),
        ((78.0, 2.0, 0.0), (98.0, 0.0, 0.0), (60.0, 0.0, 0.0)),
        ((80.0, -3.0, 0.0), (94.0, 0.0, 0.0), (58.0, 0.0, 0.0)),
    )
).reshape(FINGER_JOINT_COUNT, 3)
"""(15, 3) of a fist, with the thumb across the bent fingers."""

_BUTTON_OF_JOINT: Final[tuple[int, ...]] = (2,) * 3 + (0,) * 3 + (1,) * 9
"""Which of `BUTTONS` bends each joint."""
_LEFT_IS_LOOSER: Final[float] = 1.06
"""Two hands are never the same: so much more than the right one does the left hand curl at rest."""
_PRESS_DEVIATION_S: Final[float] = 0.04
"""Standard deviation of the filter over the buttons: many are only on or off, and fingers take a tenth of a second."""
_EASE_S: Final[float] = 0.4
"""How long a hand takes from its last tracked pose to the relaxed one, and back."""


def finger_rotations(
    tracks: FingerTracks | None, count: int, fps: float, *, relaxed_curl: float = 1.0, use_tracks: bool = True
) -> FloatArray:
    """Return the local rotations of all finger joints in all frames, (F, 2, 15, 4), signs continuous in time.

    Where the joints are measured, these are the measured ones. Elsewhere, the hand is relaxed, or as far closed as the
    buttons are pressed. It takes a moment to go from one to the other.

    Args:
        tracks: what the recording says, F frames; None: nothing.
        count: number of frames, F.
        fps: frames per second.
        relaxed_curl: how far a relaxed hand is curled: 0 is a flat hand, 1 is usual.
        use_tracks: False: both hands are relaxed in all frames.
    """
    known = tracks if use_tracks else None
    pressed = np.full((count, len(SIDES), 3), np.nan) if known is None else known.pressed
    resting = rotations_of_angles(_untracked(pressed, fps, relaxed_curl))
    if known is None or known.rotations_wxyz is None:
        return continuous_signs(resting)
    times_s = np.arange(count) / fps
    rotations = resting.copy()
    for hand in range(len(SIDES)):
        seen = known.measured[:, hand]
        if seen.any():
            held = slerp_at(times_s[seen], known.rotations_wxyz[seen, hand], times_s)
            share = _share_of_tracked(seen, fps)[:, None, None]
            rotations[:, hand] = slerp(resting[:, hand], held, share)
    return continuous_signs(rotations)


def relaxed_angles(relaxed_curl: float = 1.0) -> FloatArray:
    """Return curl, spread and twist of both relaxed hands, (2, 15, 3) in radians; 0 is a flat hand."""
    left, right = RELAXED_RAD.copy(), RELAXED_RAD.copy()
    left[3:, 0] *= _LEFT_IS_LOOSER
    return np.stack((left, right)) * relaxed_curl


def _untracked(pressed: FloatArray, fps: float, relaxed_curl: float) -> FloatArray:
    """Return curl, spread and twist, (F, 2, 15, 3), of hands that press the buttons (F, 2, 3)."""
    trigger, grip, thumb = (pressed[..., button] for button in range(3))
    grip = np.where(np.isfinite(grip), grip, 0.0)
    # Many controllers do not feel the thumb. Then it closes with the hand.
    thumb = np.where(np.isfinite(thumb), np.maximum(0.35 * thumb, thumb * grip), grip)
    values = np.stack((np.where(np.isfinite(trigger), trigger, 0.0), grip, thumb), axis=-1)
    if values.any():
        values = gaussian_filter(values, _PRESS_DEVIATION_S * fps)
    share = values[..., list(_BUTTON_OF_JOINT), None]
    relaxed = relaxed_angles(relaxed_curl)
    return np.asarray(relaxed + share * (FIST_RAD - relaxed))


def _share_of_tracked(seen: BoolArray, fps: float) -> FloatArray:
    """Return how much of each frame is tracked, (F,): 1 where measured, and less the farther from a measured frame."""
    frames = np.arange(len(seen))
    measured = np.flatnonzero(seen)
    after = np.clip(np.searchsorted(measured, frames), 0, len(measured) - 1)
    before = np.maximum(after - 1, 0)
    distance = np.minimum(np.abs(measured[after] - frames), np.abs(measured[before] - frames))
    left = np.clip(1.0 - distance / (_EASE_S * fps), 0.0, 1.0)
    return np.asarray(left * left * (3.0 - 2.0 * left))
