# SPDX-License-Identifier: Apache-2.0
"""Smooth a motion with a Gaussian over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, normalize_quaternion
from ..numerics.filters import gaussian_filter, upper_envelope
from .meeting import around_head_of, feet_in_place, missed_stances, mixed, planted_feet, with_ankles_at

_MISSED_M: Final[float] = 0.001
_LESS_S: Final[float] = 0.25
_ROUNDS: Final[int] = 5
"""Around frames in which a straight leg cannot reach its planted foot the smoothing is halved, at most so often."""


def smooth_motion(motion: Motion, deviation_s: float) -> Motion:
    """Return the motion with rotations, path and fingers averaged over a Gaussian of this deviation in seconds.

    Quaternions of continuous sign are averaged by component and normalised: within a kernel's reach a body turns far
    less than the half turn at which that would matter.
    """
    rotations = gaussian_filter(continuous_signs(motion.rotations_wxyz), deviation_s * motion.fps, "nearest")
    root_m = gaussian_filter(motion.root_translation_m, deviation_s * motion.fps, "nearest")
    fingers = None if motion.fingers is None else motion.fingers.smoothed(deviation_s * motion.fps)
    return replace(motion, rotations_wxyz=normalize_quaternion(rotations), root_translation_m=root_m, fingers=fingers)


def smooth(motion: Motion, share: FloatArray, deviation_s: float, *, hold_hands: bool) -> Motion:
    """Return the motion with a smooth body; planted feet stay where they are.

    Args:
        motion: the motion.
        share: (F,) influence of the edit.
        deviation_s: standard deviation of the Gaussian.
        hold_hands: head and hands stay where they are, too; otherwise they are smoothed.
    """
    if deviation_s <= 0:
        return motion
    frames = deviation_s * motion.fps
    smoothed = replace(
        motion,
        rotations_wxyz=normalize_quaternion(_calmed(continuous_signs(motion.rotations_wxyz), frames)),
        root_translation_m=_calmed(motion.root_translation_m, frames),
    )
    for _ in range(_ROUNDS):
        edited, ankles_m = feet_in_place(mixed(motion, smoothed, share), motion)
        if not hold_hands:
            return with_ankles_at(edited, ankles_m, motion, planted_feet(motion), share)
        edited = around_head_of(edited, motion, ankles_m)
        missed = missed_stances(edited, motion, _MISSED_M)
        if not missed.any():
            break
        share = share * (1 - 0.5 * upper_envelope(missed.astype(np.float64), round(_LESS_S * motion.fps)))
    return edited


def _calmed(values: FloatArray, deviation_frames: float) -> FloatArray:
    """Return tracks (F, ...) without jitter, but with their peaks: what a Gaussian takes away is smoothed and added.

    A Gaussian alone would flatten a step, and the planted feet would pull it straight again.
    """
    smoothed = gaussian_filter(values, deviation_frames, "nearest")
    return smoothed + gaussian_filter(values - smoothed, deviation_frames, "nearest")
