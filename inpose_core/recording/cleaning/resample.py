# SPDX-License-Identifier: Apache-2.0
"""Resample a recording to a constant rate, using its real timestamps."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...body.motion import SOLVER_FPS
from ...body.quaternions import continuous_signs, slerp_at
from ..types import LONGEST_BRIDGE_S, Recording

_ROUNDING_FRAMES: Final[float] = 0.25


def resample_recording(recording: Recording, fps: float = SOLVER_FPS) -> Recording:
    """Return the recording at ``fps`` frames per second, from its first frame on.

    Positions are interpolated linearly and rotations by slerp between measured frames. In losses longer than
    `LONGEST_BRIDGE_S`, and before the first and after the last measured frame, poses are interpolated or held,
    and marked as not measured. A device that only turns keeps its rotation where its position is lost.
    """
    # Files round their times, some to milliseconds, so the last frame may seem a little early.
    tolerance_s = _ROUNDING_FRAMES / fps
    count = int(np.floor((recording.duration_s + tolerance_s) * fps)) + 1
    times_s = np.arange(count) / fps
    positions_m = np.zeros((count, 3, 3))
    rotations_wxyz = np.zeros((count, 3, 4))
    rotations_wxyz[..., 0] = 1.0
    measured, turned = np.zeros((count, 3), dtype=np.bool_), np.zeros((count, 3), dtype=np.bool_)
    for device in range(3):
        seen = recording.measured[:, device]
        if seen.any():
            seen_s = recording.times_s[seen]
            positions = recording.positions_m[seen, device]
            for axis in range(3):
                positions_m[:, device, axis] = np.interp(times_s, seen_s, positions[:, axis])
            measured[:, device] = _near_measurements(seen_s, times_s, tolerance_s)
        seen = recording.rotation_known[:, device]
        if seen.any():
            seen_s = recording.times_s[seen]
            rotations = slerp_at(seen_s, recording.rotations_wxyz[seen, device], times_s)
            rotations_wxyz[:, device] = continuous_signs(rotations)
            turned[:, device] = _near_measurements(seen_s, times_s, tolerance_s)
    trackers, fingers = recording.trackers, recording.fingers
    return replace(
        recording,
        times_s=times_s,
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=measured,
        rotation_measured=None if recording.rotation_measured is None else turned,
        trackers=None if trackers is None else trackers.at(recording.times_s, times_s, LONGEST_BRIDGE_S),
        fingers=None if fingers is None else fingers.at(recording.times_s, times_s, LONGEST_BRIDGE_S),
    )


def _near_measurements(
    seen_s: NDArray[np.float64], times_s: NDArray[np.float64], tolerance_s: float
) -> NDArray[np.bool_]:
    """Return which times are on a measured frame, or between two that are close enough to bridge."""
    after = np.clip(np.searchsorted(seen_s, times_s), 0, len(seen_s) - 1)
    before = np.maximum(after - 1, 0)
    inside = (times_s >= seen_s[0] - tolerance_s) & (times_s <= seen_s[-1] + tolerance_s)
    short = seen_s[after] - seen_s[before] <= LONGEST_BRIDGE_S + 1e-9
    nearest_s = np.minimum(np.abs(times_s - seen_s[before]), np.abs(times_s - seen_s[after]))
    return np.asarray(inside & (short | (nearest_s <= tolerance_s)))
