# SPDX-License-Identifier: Apache-2.0
"""Pass smoothly between frames in which a device is measured and frames in which it is not.

Where tracking is lost, the measurement has no influence any more, and the body would jump to the prior's estimate. So
the correction by the measurement in the last measured frame fades out over the first lost frames, and fades in before
tracking returns. Measured frames do not change.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.rotations import matrix_to_rotvec, rotvec_to_matrix
from ..numerics import Array, namespace_of
from .in_pieces import in_pieces

FADE_FRAMES: Final[int] = 20
"""A third of a second."""


def fade_into_gaps(R_estimate: Array, R_met: Array, measured: Array) -> Array:
    """Return rotations (F, 22, 3, 3) that do not jump where a device is lost or found.

    Args:
        R_estimate: rotations before the measurement turned them, (F, 22, 3, 3).
        R_met: the same after it, (F, 22, 3, 3).
        measured: which devices are measured, (F, D) bool.
    """
    xp = namespace_of(R_met)
    before, after = measured[:-1], measured[1:]
    lost = xp.flatnonzero((before & ~after).any(axis=-1)) + 1
    found = xp.flatnonzero((~before & after).any(axis=-1))
    if not len(lost) and not len(found):
        return R_met

    def turn(frames: Array) -> Array:
        return in_pieces(_rotvec_between, R_estimate[frames], R_met[frames])

    # From the first lost frame on, and up to the last lost frame.
    fading = _fading(turn(lost - 1) - turn(lost), lost, 1, len(R_met))
    fading = fading + _fading(turn(found + 1) - turn(found), found, -1, len(R_met))
    fewer = xp.flatnonzero(~measured.all(axis=-1) & (xp.abs(fading).sum(axis=(1, 2)) > 0))
    faded = xp.copy(R_met)
    faded[fewer] = in_pieces(_turned, turn(fewer) + fading[fewer], R_estimate[fewer])
    return faded


def fading(flags: BoolArray, frames: int = FADE_FRAMES) -> FloatArray:
    """Return 1 where flags (F, N) are set, falling smoothly to 0 within ``frames`` frames before and after."""
    since = np.full(flags.shape, frames)
    for series in (slice(None), slice(None, None, -1)):
        place = np.arange(len(flags))[:, None]
        last = np.maximum.accumulate(np.where(flags[series], place, -frames), axis=0)
        since = np.minimum(since, (place - last)[series])
    x = since / frames
    return 1 - x * x * (3 - 2 * x)


def _fading(jumps: Array, first: Array, direction: int, frames: int) -> Array:
    """Return the sum of jumps (K, 22, 3) that fade away from their first frames (K,) in one direction of time.

    Frames before the recording, or after it, do not count; (F, 22, 3).
    """
    total = namespace_of(jumps).zeros((frames, *jumps.shape[1:]), jumps)
    for step in range(FADE_FRAMES):
        x = (step + 1) / (FADE_FRAMES + 1)
        frame = first + direction * step
        inside = (frame >= 0) & (frame < frames)
        # No two jumps have the same first frame, so that none is named twice here.
        total[frame[inside]] += (1 - x * x * (3 - 2 * x)) * jumps[inside]
    return total


def _rotvec_between(R_from: Array, R_to: Array) -> Array:
    return matrix_to_rotvec(R_to @ R_from.swapaxes(-1, -2))


def _turned(omega: Array, R: Array) -> Array:
    return rotvec_to_matrix(omega) @ R
