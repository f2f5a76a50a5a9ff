# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a motion to the frame rate of a scene, whole-numbered ratio or not."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...core import FloatArray, Motion, normalize_quaternion

_NEARLY_EQUAL_COSINE: Final[float] = 0.9995


def resample_motion(motion: Motion, fps: float) -> tuple[FloatArray, FloatArray]:
    """Return global rotations (F', 22, 4) and root positions in metres (F', 3) at another frame rate.

    The first frame stays the first; F' is the number of whole new frames within the motion's duration.
    """
    count = int(np.floor((len(motion) - 1) * fps / motion.fps + 1e-6)) + 1
    source = np.arange(count) * (motion.fps / fps)
    before = np.minimum(source.astype(np.int64), len(motion) - 1)
    after = np.minimum(before + 1, len(motion) - 1)
    fraction = source - before
    rotations = slerp(motion.rotations_wxyz[before], motion.rotations_wxyz[after], fraction[:, None, None])
    root = motion.root_translation_m
    return rotations, root[before] + fraction[:, None] * (root[after] - root[before])


def slerp(a_wxyz: FloatArray, b_wxyz: FloatArray, fraction: FloatArray | float) -> FloatArray:
    """Interpolate between unit quaternions (..., 4) along the shorter arc; ``fraction`` is (..., 1)."""
    cosine = (a_wxyz * b_wxyz).sum(-1, keepdims=True)
    b_wxyz = np.where(cosine < 0, -b_wxyz, b_wxyz)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    # Between nearly equal rotations the sines vanish; there the chord is the arc.
    close = np.abs(cosine) > _NEARLY_EQUAL_COSINE
    sine = np.where(close, 1.0, np.sin(angle))
    weight_a = np.where(close, 1 - fraction, np.sin((1 - fraction) * angle) / sine)
    weight_b = np.where(close, fraction, np.sin(fraction * angle) / sine)
    return normalize_quaternion(weight_a * a_wxyz + weight_b * b_wxyz)
