# SPDX-License-Identifier: Apache-2.0
"""Find a headset that has the role of a hand: recorders count devices in another order, or columns are exchanged.

A head moves as a head only in its own role: it is upright and above the hands, and turns about a neck. The evidence of
`evidence.BodySigns` is compared for each of the three devices as the head. For 72 takes of people who train, the right
device was ahead of both others by 4 in log-odds at least, mostly by 10.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ...arrays import FloatArray
from ...options.reading import QUATERNION_ORDERS
from ..cleaning_report import DEVICE_LABELS
from ..conventions import Axes, QuaternionOrder, ReadOptions, convert_positions
from ..findings import Finding
from ..tracks import Declared
from .evidence import BodySigns, body_signs
from .guess_axes import Orientation
from .readings import evidence_of, rank_readings, read_in_orders

_BETTER: Final[float] = 3.0
"""Log-odds by which another device must be more like a head."""
_UPRIGHT: Final[float] = 0.6
_ABOVE: Final[float] = 0.5
"""A head that is above both hands for most of the time is not asked."""
_EXCHANGED: Final[dict[int, tuple[int, int, int]]] = {1: (1, 0, 2), 2: (2, 1, 0)}
"""Columns of head, left and right hand, if a hand is the headset."""


class HeadsetRole(NamedTuple):
    """Hold in which column each device is, and what is told."""

    order: tuple[int, int, int]
    """Columns of head, left and right hand."""
    findings: tuple[Finding, ...]


_AS_NAMED: Final[HeadsetRole] = HeadsetRole((0, 1, 2), ())


def find_headset_role(
    positions: FloatArray, quaternions: FloatArray, seen: Orientation, declared: Declared, options: ReadOptions
) -> HeadsetRole:
    """Return which device is the headset.

    Args:
        positions: an excerpt of the tracks, (F, 3, 3).
        quaternions: the same of their quaternions in the file's order, (F, 3, 4).
        seen: the axes and the order in which they are read, with the devices as the file names them.
        declared: what the file declares.
        options: what the user says.
    """
    if declared.certain or _is_above(convert_positions(positions, seen.axes)):
        return _AS_NAMED
    order = options.quaternion_order or declared.quaternion_order
    orders = (order,) if order else QUATERNION_ORDERS
    axes = seen.axes if options.axes or declared.axes else None
    as_named = _evidence(positions, quaternions, axes, orders)
    others = [
        (found[0], hand)
        for hand, columns in _EXCHANGED.items()
        if (found := _evidence(positions[:, columns], quaternions[:, columns], axes, orders))
        and found[1].upright > _UPRIGHT
    ]
    best = max(others, default=None)
    if as_named is None or best is None or best[0] < as_named[0] + _BETTER:
        return _AS_NAMED
    hand = best[1]
    sentence = (
        f"The headset and the {DEVICE_LABELS[hand]} have each other's tracks: what is called the "
        f"{DEVICE_LABELS[hand]} is upright and above the other two, like a head. InPose exchanged them."
    )
    return HeadsetRole(_EXCHANGED[hand], (Finding("another_device", sentence, "repaired", None),))


def _is_above(positions: FloatArray) -> bool:
    """Return whether the head is above both hands for most of the time, or nothing can be said."""
    above = positions[:, :1, 1] - positions[:, 1:, 1]
    known = np.isfinite(above)
    if not known.any(axis=0).all():
        return True
    return float(np.sign(above[known]).mean()) > _ABOVE


def _evidence(
    positions: FloatArray, quaternions: FloatArray, axes: Axes | None, orders: tuple[QuaternionOrder, ...]
) -> tuple[float, BodySigns] | None:
    """Return the log-odds of these roles in the given axes, or in the most probable ones, and what they say."""
    samples = read_in_orders(positions, quaternions, orders)
    if not samples:
        return None
    if axes is None:
        best = rank_readings(samples)[0]
        return best.log_odds, best.signs
    signs = [body_signs(read, axes) for read in samples.values()]
    return max(((evidence_of(each), each) for each in signs), key=lambda pair: pair[0])
