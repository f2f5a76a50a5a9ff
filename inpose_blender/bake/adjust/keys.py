# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove keys that linear interpolation between the other keys reproduces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reduce_keys(values: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Return the frames to keep, so that no value is further than ``tolerance`` from the lines between them.

    Ramer (1972), Douglas and Peucker (1973), with vertical distance: keys lie on a curve over time. All segments of one
    depth are split at once, so it takes only a few passes over the array.

    Args:
        values: (F, C), the components of one property; they keep common keys. The distance is their Euclidean one.
        tolerance: in the unit of the values; 0 keeps every frame that is not exactly on a line.
    """
    count = len(values)
    if count <= 2:
        return np.arange(count)
    kept = np.array([0, count - 1])
    frames = np.arange(count)
    while True:
        segment = np.clip(np.searchsorted(kept, frames, side="right") - 1, 0, len(kept) - 2)
        first, last = kept[segment], kept[segment + 1]
        share = ((frames - first) / (last - first))[:, None]
        distance = np.linalg.norm(values - (1 - share) * values[first] - share * values[last], axis=-1)
        distance[kept] = 0.0
        worst = np.maximum.reduceat(distance, kept[:-1])
        bad = worst > max(tolerance, 1e-9)
        if not bad.any():
            return kept
        at_worst = np.flatnonzero((distance == worst[segment]) & bad[segment])
        # Of equally bad frames in one segment the first will do.
        _, unique = np.unique(segment[at_worst], return_index=True)
        kept = np.sort(np.concatenate((kept, at_worst[unique])))
