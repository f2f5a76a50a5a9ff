# SPDX-License-Identifier: Apache-2.0
"""Smooth a motion with a Gaussian over time."""

from __future__ import annotations

from dataclasses import replace

from ..body.motion import Motion
from ..body.quaternions import continuous_signs, normalize_quaternion
from ..numerics.filters import gaussian_filter


def smooth_motion(motion: Motion, deviation_s: float) -> Motion:
    """Return the motion with rotations and path averaged over a Gaussian of this standard deviation in seconds.

    Quaternions of continuous sign are averaged by component and normalised: within a kernel's reach a body turns far
    less than the half turn at which that would matter.
    """
    rotations = gaussian_filter(continuous_signs(motion.rotations_wxyz), deviation_s * motion.fps, "nearest")
    root_m = gaussian_filter(motion.root_translation_m, deviation_s * motion.fps, "nearest")
    return replace(motion, rotations_wxyz=normalize_quaternion(rotations), root_translation_m=root_m)
