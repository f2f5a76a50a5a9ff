# SPDX-License-Identifier: Apache-2.0
"""Find devices that are parked: a runtime that loses a device puts it at a place of its own.

Such a place can be ten metres under the floor, and a third of a take can be spent there. So it must not count when the
unit, the axes and the floor are guessed: these functions need neither unit nor axes. Interpretation takes parked frames
out of its evidence, and cleaning marks them as not measured.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, lengths, runs

_USUAL: Final[float] = 10.0
"""Percentile of the distance from hand to head that parked frames hardly change, unless they are most of a take."""
_LEAP: Final[float] = 0.6
"""In usual distances, from one frame to the next: 25 cm, which is 18 m/s at 72 Hz."""
_FAR: Final[float] = 5.0
"""In usual distances: two metres from the head, where no hand is."""
_GAP: Final[float] = 1.5
"""How much further away than a hand gets a parked one is."""
_FEWEST_FRAMES: Final[int] = 3
_UNMOVED: Final[float] = 0.02
_MOVED: Final[float] = 0.15
"""In usual distances."""
_NEVER: Final[float] = 0.95
"""A hand that spends this share of its frames far away was never anywhere else."""


def find_parked(positions: FloatArray) -> BoolArray:
    """Find the frames in which a device is parked, (F, 3): at one exact place that it leaps to or from, or far away.

    Args:
        positions: of head, left and right, (F, 3, 3), in any unit and any axes; NaN if not measured.
    """
    parked = np.zeros(positions.shape[:2], dtype=np.bool_)
    usual = _usual_distance(positions)
    if usual is None:
        return parked
    for device in range(3):
        place = positions[:, device]
        known = np.flatnonzero(np.isfinite(place).all(axis=-1))
        if len(known) < _FEWEST_FRAMES:
            continue
        own = at_one_place(place[known], usual)
        if device:
            own |= far_away(place[known], _distance(positions, device)[known], usual)
        parked[known, device] = own
    # A head that is parked with both hands is a room that jumped.
    parked[:, 0] &= ~parked[:, 1:].all(axis=1)
    return parked


def _usual_distance(positions: FloatArray) -> float | None:
    """Return how far the farther hand usually is from the head: the other one may be lost, and reported at the head."""
    both = np.stack([_distance(positions, hand) for hand in (1, 2)])
    away = np.fmax(both[0], both[1])
    away = away[np.isfinite(away) & (away > 0)]
    return float(np.percentile(away, _USUAL)) if len(away) else None


def _distance(positions: FloatArray, hand: int) -> FloatArray:
    return lengths(positions[:, hand] - positions[:, 0])


def at_one_place(place: FloatArray, usual: float) -> BoolArray:
    """Find runs of exactly one position that begin with a leap, and other visits to the same place, (N,).

    A run that only ends with a leap is a device that froze where it was.

    Args:
        place: positions in the frames in which the device is measured, (N, 3).
        usual: how far the farther hand usually is from the head.
    """
    step = lengths(np.diff(place, axis=0))
    same = np.append(False, step == 0.0)
    found = np.zeros(len(place), dtype=np.bool_)
    for start, stop in runs(same):
        first = start - 1
        if stop - first < _FEWEST_FRAMES:
            continue
        if first and step[first - 1] > _LEAP * usual:
            found[first:stop] = True
    for at in np.unique(place[found], axis=0)[:_FEWEST_FRAMES]:
        found |= (place == at).all(axis=-1)
    return found


def far_away(place: FloatArray, away: FloatArray, usual: float) -> BoolArray:
    """Find runs far from the head that begin with a leap, (N,); none if the hand is hardly anywhere else.

    From a hand that froze, the head may walk far away.

    Args:
        place: positions in the frames in which the device is measured, (N, 3).
        away: its distances from the head, (N,).
        usual: how far the farther hand usually is from the head.
    """
    far = away > _FAR * usual
    if not far.any() or far.mean() > _NEVER:
        return np.zeros_like(far)
    # Hands that are often at the face make the usual distance short, but nothing is between it and their reach then.
    if np.percentile(away[far], 2) < _GAP * np.percentile(away[~far], 99):
        return np.zeros_like(far)
    # The hand itself must leap: a head that is somewhere else makes every hand seem far away.
    step = lengths(np.diff(place, axis=0))
    found = np.zeros_like(far)
    for start, stop in runs(far):
        edge = start - 1 if start else stop - 1
        found[start:stop] = edge < len(step) and step[edge] > 2 * _LEAP * usual
    return found


def find_unmoved(positions: FloatArray) -> BoolArray:
    """Find hands that do not move in the whole recording while the head does, (3,): they say nothing about anybody.

    Args:
        positions: as for `find_parked`.
    """
    unmoved = np.zeros(3, dtype=np.bool_)
    usual = _usual_distance(positions)
    travel = [_travel(positions[:, device]) for device in range(3)]
    for hand in (1, 2):
        unmoved[hand] = usual is not None and travel[hand] < _UNMOVED * usual and travel[0] > _MOVED * usual
    return unmoved


def _travel(place: FloatArray) -> float:
    known = place[np.isfinite(place).all(axis=-1)]
    if len(known) == 0:
        return 0.0
    low, high = np.percentile(known, (1, 99), axis=0)
    return float(np.linalg.norm(high - low))
