# SPDX-License-Identifier: Apache-2.0
"""Bring a recording near its origin: open worlds put the player kilometres away from theirs."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray

_FAR_M: Final[float] = 900.0
"""Along any axis. A device this far from the origin counts as lost later on."""


class NearOrigin(NamedTuple):
    """Hold positions near the origin."""

    positions_m: FloatArray
    """(F, 3, 3)"""
    moved_m: FloatArray
    """(3,) what was added to all positions; zero for usual recordings."""
    notes: tuple[str, ...]


def near_origin(positions_m: FloatArray, tracked: BoolArray) -> NearOrigin:
    """Return positions so that the head is near the origin.

    Args:
        positions_m: (F, 3, 3) of head, left and right.
        tracked: (F, 3) where they count.
    """
    head_m = positions_m[tracked[:, 0], 0]
    head_m = head_m[np.isfinite(head_m).all(axis=-1)]
    if not len(head_m):
        return NearOrigin(positions_m, np.zeros(3), ())
    middle_m = np.median(head_m, axis=0)
    moved_m = -np.where(np.abs(middle_m) > _FAR_M, np.round(middle_m), 0.0)
    if not moved_m.any():
        return NearOrigin(positions_m, moved_m, ())
    note = f"The recording is {np.linalg.norm(moved_m):.0f} m from its origin. InPose moves it to the origin."
    return NearOrigin(positions_m + moved_m, moved_m, (note,))
