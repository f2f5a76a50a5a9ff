# SPDX-License-Identifier: Apache-2.0
"""Hold the types that the detectors share: the poses of all devices, and a defect of one device in a span."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray, runs
from ..findings import FindingKind


class Poses(NamedTuple):
    """Hold the poses of all devices over time."""

    positions_m: FloatArray
    """(F, 3, 3) of head, left and right hand; of trackers, (F, T, 3)."""
    rotations_wxyz: FloatArray
    """(F, 3, 4)"""
    measured: BoolArray
    """(F, 3)"""


class TrackDefect(NamedTuple):
    """Hold a span in which the recorded poses of a device are not its tracked poses."""

    kind: FindingKind
    device: int
    """0 head, 1 left hand, 2 right hand; of trackers, the number of the tracker from 0."""
    start: int
    stop: int
    """First frame, and the frame after the last."""
    how: str = ""
    """The end of the sentence that begins with the span and the device; empty for the usual sentence of the kind."""
    believed: bool = False
    """True: the poses stay measured; the defect is only reported."""


def as_defects(kind: FindingKind, found: BoolArray) -> list[TrackDefect]:
    """Return a defect for each run of flags (F, D), one column for each device."""
    devices = range(found.shape[1])
    return [TrackDefect(kind, device, start, stop) for device in devices for start, stop in runs(found[:, device])]


def without(measured: BoolArray, defects: list[TrackDefect]) -> BoolArray:
    """Return which devices are measured, (F, D), outside the defects."""
    left = measured.copy()
    for defect in defects:
        if not defect.believed:
            left[defect.start : defect.stop, defect.device] = False
    return left


def turning(measured: BoolArray, defects: list[TrackDefect]) -> BoolArray:
    """Return where devices only turn, (F, 3): their position is stuck, and their rotation is tracked.

    Another defect in the same frames takes the rotation away too.
    """
    turned = np.zeros_like(measured)
    for defect in defects:
        if defect.kind == "position_stuck" and not defect.believed:
            turned[defect.start : defect.stop, defect.device] = True
    for defect in defects:
        if defect.kind != "position_stuck" and not defect.believed:
            turned[defect.start : defect.stop, defect.device] = False
    return turned & ~measured


def rotation_known(measured: BoolArray, defects: list[TrackDefect]) -> BoolArray:
    """Return where the rotations of devices are tracked, (F, 3): also where they only turn, not where they never
    turn."""
    known = measured | turning(measured, defects)
    for defect in defects:
        if defect.kind == "rotation_stuck":
            known[defect.start : defect.stop, defect.device] = False
    return known
