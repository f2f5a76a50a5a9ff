# SPDX-License-Identifier: GPL-3.0-or-later
"""Smooth a motion with a Gaussian over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ...core import FloatArray, Motion, continuous_signs, normalize_quaternion

_REACH_DEVIATIONS: Final[float] = 3.0


def smooth_motion(motion: Motion, deviation_s: float) -> Motion:
    """Return the motion with rotations and path averaged over a Gaussian of this standard deviation in seconds.

    Quaternions of continuous sign are averaged by component and normalised: within a kernel's reach a body turns far
    less than the half turn at which that would matter.
    """
    rotations = gaussian(continuous_signs(motion.rotations_wxyz), deviation_s * motion.fps)
    root_m = gaussian(motion.root_translation_m, deviation_s * motion.fps)
    return replace(motion, rotations_wxyz=normalize_quaternion(rotations), root_translation_m=root_m)


def gaussian(values: FloatArray, deviation_frames: float) -> FloatArray:
    """Smooth (F, ...) along the first axis; beyond the ends the first and the last value go on."""
    reach = int(np.ceil(_REACH_DEVIATIONS * deviation_frames))
    if reach == 0 or len(values) < 2:
        return np.array(values, dtype=np.float64)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation_frames) ** 2)
    weights /= weights.sum()
    padded = np.concatenate((np.repeat(values[:1], reach, 0), values, np.repeat(values[-1:], reach, 0)))
    smooth = np.zeros(values.shape)
    for shift, weight in enumerate(weights):
        smooth += weight * padded[shift : shift + len(values)]
    return smooth
