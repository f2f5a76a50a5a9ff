# SPDX-License-Identifier: Apache-2.0
"""Say where a pin wants its joint, and how much it counts at each time."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import slerp_at
from ..numerics.filters import smooth_step
from .pin import Pin

LEAST_SHARE: Final[float] = 1e-3
"""A frame of the ease in which the pin has less influence is not pinned."""


def pinned_path(pin: Pin, times_s: FloatArray) -> tuple[FloatArray | None, FloatArray | None]:
    """Return where a pin wants its joint at these times, (N, 3), and how turned, (N, 4) wxyz; None where it says
    nothing."""
    key_times_s = np.array([key.at_s for key in pin.keys])
    positions_m = rotations_wxyz = None
    if pin.has_position:
        keys_m = np.array([key.position_m for key in pin.keys], dtype=np.float64)
        positions_m = np.stack([np.interp(times_s, key_times_s, axis) for axis in keys_m.T], axis=1)
    if pin.has_rotation:
        rotations_wxyz = slerp_at(key_times_s, np.array([key.rotation_wxyz for key in pin.keys], np.float64), times_s)
    return positions_m, rotations_wxyz


def share_of(pin: Pin, times_s: FloatArray, fps: float) -> FloatArray:
    """Return the influence of a pin in each frame, (F,): 0 is none, 1 is all, between them it eases in and out. A pin
    of one frame has one frame of full influence."""
    frame_s = 1 / fps
    # How many frames a time is outside of the pin; the nearest frame to its start is inside.
    outside_s = np.maximum(pin.start_s - times_s, times_s - pin.stop_s).clip(min=0)
    beyond = (outside_s - 0.5001 * frame_s).clip(min=0) / max(pin.ease_s, frame_s)
    share = smooth_step(1 - beyond)
    return np.where(share < LEAST_SHARE, 0.0, share)
