# SPDX-License-Identifier: Apache-2.0
"""Find a headset that has the role of a hand: recorders count devices in another order, or columns are exchanged.

A head moves as a head only in its own role: it is upright and above the hands, and turns about a neck. The evidence of
`evidence.Stance` is compared for each of the three devices as the head. For 72 takes of people who train, the right
device was ahead of both others by 4 in log-odds at least, mostly by 10.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ...arrays import FloatArray
from ...options.reading import QUATERNION_ORDERS
from ..conventions import Axes, QuaternionOrder, ReadOptions, convert_positions, convert_rotations
from ..findings import Finding
from ..tracks import Declared
from .evidence import Stance, stance
from .excerpts import in_order
from .readings import evidence_of, rank_readings

_BETTER: Final[float] = 3.0
"""Log-odds by which another device must be more like a head."""
_UPRIGHT: Final[float] = 0.6
_ABOVE: Final[float] = 0.5
"""A head that is above both hands for most of the time is not asked."""
_ROLES: Final[tuple[str, str, str]] = ("headset", "left hand", "right hand")


class HeadsetRole(NamedTuple):
    """Hold in which column each device is, and what is told."""

    order: tuple[int, int, int]
    """Columns of head, left and right hand."""
    findings: tuple[Finding, ...]


_AS_NAMED: Final[HeadsetRole] = HeadsetRole((0, 1, 2), ())


def find_headset_role(
    positions: FloatArray, quaternions: FloatArray, declared: Declared, options: ReadOptions
) -> HeadsetRole:
    """Return which device is the headset, by an excerpt of the tracks: positions (F, 3, 3), quaternions (F, 3, 4)."""
    if declared.certain or not all(np.isfinite(positions[:, device]).all(-1).any() for device in range(3)):
        return _AS_NAMED
    order = options.quaternion_order or declared.quaternion_order
    orders = (order,) if order else QUATERNION_ORDERS
    text = options.axes or declared.axes
    axes = Axes.parse(text) if text else None
    named, seen = _evidence(positions, quaternions, axes, orders)
    if seen is None or seen.above > _ABOVE:
        return _AS_NAMED
    others = []
    for hand in (1, 2):
        roles = (1, 0, 2) if hand == 1 else (2, 1, 0)
        log_odds, found = _evidence(positions[:, roles], quaternions[:, roles], axes, orders)
        if found is not None and found.upright > _UPRIGHT:
            others.append((log_odds, hand, roles))
    best = max(others, default=None)
    if best is None or best[0] < named + _BETTER:
        return _AS_NAMED
    hand = best[1]
    sentence = (
        f"The headset and the {_ROLES[hand]} have each other's tracks: what is called the {_ROLES[hand]} is upright "
        "and above the other two, like a head. InPose exchanged them."
    )
    return HeadsetRole(best[2], (Finding("another_device", sentence, "repaired", None),))


def _evidence(
    positions: FloatArray, quaternions: FloatArray, axes: Axes | None, orders: tuple[QuaternionOrder, ...]
) -> tuple[float, Stance | None]:
    """Return the log-odds of these roles in the given axes, or in the most probable ones, and their stance."""
    if axes is None:
        ranking = rank_readings(positions, quaternions, orders)
        return (ranking[0].log_odds, ranking[0].stance) if ranking else (-np.inf, None)
    best: tuple[float, Stance | None] = (-np.inf, None)
    for order in orders:
        seen = stance(convert_positions(positions, axes), convert_rotations(in_order(quaternions, order), axes))
        if seen is not None and evidence_of(seen) > best[0]:
            best = (evidence_of(seen), seen)
    return best
