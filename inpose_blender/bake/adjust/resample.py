# SPDX-License-Identifier: GPL-3.0-or-later
"""Resample a motion to the frame rate of a scene; the ratio of the frame rates can be any number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core import FloatArray, Motion, slerp

IndexArray = NDArray[np.int64]


def resample_motion(motion: Motion, fps: float) -> tuple[FloatArray, FloatArray]:
    """Return global rotations (F', 22, 4) and root positions in metres (F', 3) at another frame rate.

    The first frame stays the first; F' is the number of whole new frames within the motion's duration.
    """
    before, after, fraction = _neighbours(len(motion), motion.fps, fps)
    rotations = slerp(motion.rotations_wxyz[before], motion.rotations_wxyz[after], fraction[:, None, None])
    root = motion.root_translation_m
    return rotations, root[before] + fraction[:, None] * (root[after] - root[before])


def resample_rotations(wxyz: FloatArray, own_fps: float, fps: float) -> FloatArray:
    """Return rotations (F, ..., 4) at another frame rate, in the same frames as `resample_motion`."""
    before, after, fraction = _neighbours(len(wxyz), own_fps, fps)
    return slerp(wxyz[before], wxyz[after], fraction.reshape(-1, *(1,) * (wxyz.ndim - 1)))


def resampled_count(frames: int, own_fps: float, fps: float) -> int:
    """Return how many frames there are at another frame rate."""
    return int(np.floor((frames - 1) * fps / own_fps + 1e-6)) + 1


def _neighbours(frames: int, own_fps: float, fps: float) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Return for each new frame the frames before and after it, and how far it is between them."""
    count = resampled_count(frames, own_fps, fps)
    source = np.arange(count) * (own_fps / fps)
    before = np.minimum(source.astype(np.int64), frames - 1)
    return before, np.minimum(before + 1, frames - 1), source - before
