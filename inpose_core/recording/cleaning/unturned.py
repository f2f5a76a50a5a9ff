# SPDX-License-Identifier: Apache-2.0
"""Find devices that move without ever turning: loggers that write no rotations, trackers that only know their place.

The rotation of a held device changes with every frame. One that repeats exactly while its position moves was not
measured. The position is still good, so it stays.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray, runs
from .defects import Poses, TrackDefect
from .stillness import travel_m

_SHORTEST_S: Final[float] = 1.0
_MOVES_M: Final[float] = 0.1
HOW: Final[str] = "moves without turning, so its rotation was not measured"


def find_unturned(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Return the spans in which a device has one exact rotation while it moves."""
    found = []
    for device in range(3):
        frames = np.flatnonzero(poses.measured[:, device])
        if len(frames) < 2:
            continue
        wxyz = poses.rotations_wxyz[frames, device]
        same = (wxyz[1:] == wxyz[:-1]).all(axis=-1)
        for start, stop in runs(same):
            own = frames[start : stop + 1]
            moves = travel_m(poses.positions_m[own, device]) > _MOVES_M
            if moves and times_s[own[-1]] - times_s[own[0]] >= _SHORTEST_S:
                found.append(TrackDefect("rotation_stuck", device, int(own[0]), int(own[-1]) + 1, HOW, believed=True))
    return found
