# SPDX-License-Identifier: GPL-3.0-or-later
"""Resample a motion to the frame rate of a scene; the ratio of the frame rates can be any number."""

from __future__ import annotations

import numpy as np

from ...core import FloatArray, Motion, slerp


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
