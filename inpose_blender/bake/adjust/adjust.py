# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply the adjustments in the right order."""

from __future__ import annotations

from ...core import Motion, Sensors, lock_feet, lock_hands, smooth_motion
from ..adjust_settings import AdjustSettings
from .root import in_place


def adjust_motion(motion: Motion, sensors: Sensors | None, settings: AdjustSettings) -> Motion:
    """Return the adjusted motion, at its own frame rate.

    Smoothing comes first, because it moves hands and feet away from their places. The locks then move them back. The
    root motion is removed last, because the locks need the true path over the ground.

    Args:
        motion: what was solved.
        sensors: the calibrated recording that the motion was solved from; without it, the hands stay as solved.
        settings: the adjustments.
    """
    solved = motion
    if settings.smoothing_s > 0:
        motion = smooth_motion(motion, settings.smoothing_s)
    if settings.foot_lock > 0 and motion.foot_stands is not None:
        motion = lock_feet(motion, settings.foot_lock, standing_as_in=solved)
    if settings.hand_lock > 0 and sensors is not None:
        motion = lock_hands(motion, sensors, settings.hand_lock)
    return in_place(motion) if settings.in_place else motion
