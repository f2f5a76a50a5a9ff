# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the frames in which a movement turns back: animators look for keys there."""

from __future__ import annotations

import numpy as np

from ..core import FloatArray, IndexArray


def turning_points(values: FloatArray, swing: float) -> IndexArray:
    """Return the frames with the extremes between which a value goes by at least ``swing``, in rising order.

    Smaller movements in between do not count, so that jitter has no extremes.

    Args:
        values: (F,).
        swing: in the unit of the values.
    """
    change = np.diff(values)
    corners = np.flatnonzero(change[:-1] * change[1:] < 0) + 1  # only there can it turn
    found: list[int] = []
    lowest = highest = 0
    rising: bool | None = None
    for frame in (*corners.tolist(), len(values) - 1):
        lowest = frame if values[frame] < values[lowest] else lowest
        highest = frame if values[frame] > values[highest] else highest
        if rising is not False and values[highest] - values[frame] >= swing:
            if rising:
                found.append(highest)
            rising, lowest = False, frame
        elif rising is not True and values[frame] - values[lowest] >= swing:
            if rising is False:
                found.append(lowest)
            rising, highest = True, frame
        if rising:
            lowest = frame
        elif rising is False:
            highest = frame
    return np.array(found, np.int64)
