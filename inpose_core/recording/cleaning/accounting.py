# SPDX-License-Identifier: Apache-2.0
"""Count how long each device was wrong, and how this time is repaired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, runs
from ..cleaning_report import DeviceCleaning
from ..types import LONGEST_BRIDGE_S
from .defects import TrackDefect

DECLARED: Final[str] = "declared"
"""Variant of the finding for losses that the file itself declares; they count as untracked."""
_OWN_COUNTS: Final[frozenset[str]] = frozenset({"no_pose", "at_origin", "frozen", "out_of_reach", "spikes"})
"""Kinds of defects with a number of their own; all others are poses that InPose doubts."""


def device_cleanings(
    times_s: FloatArray, measured: BoolArray, held_wxyz: FloatArray, defects: Sequence[TrackDefect], lost: BoolArray
) -> tuple[DeviceCleaning, DeviceCleaning, DeviceCleaning]:
    """Return the counts of head, left and right hand.

    Args:
        times_s: (F,) increasing.
        measured: (F, 3) what is left after cleaning.
        held_wxyz: (F, 3, 4) the rotations before their signs are made continuous.
        defects: what was found, of all devices.
        lost: (F, 3) what the file itself says is not tracked.
    """
    lasts_s = durations_s(times_s)
    flips = np.einsum("fdi,fdi->fd", held_wxyz[1:], held_wxyz[:-1]) < 0

    def cleaning(device: int) -> DeviceCleaning:
        own = [each for each in defects if each.device == device and not each.believed and each.how != DECLARED]

        def total_s(kind: str | None) -> float:
            same = [each for each in own if each.kind == kind or (kind is None and each.kind not in _OWN_COUNTS)]
            return float(sum(lasts_s[each.start : each.stop].sum() for each in same))

        bridged_s, lost_s = _losses(times_s, measured[:, device], lasts_s)
        return DeviceCleaning(
            invalid_s=total_s("no_pose"),
            origin_s=total_s("at_origin"),
            frozen_s=total_s("frozen"),
            away_s=total_s("out_of_reach"),
            untracked_s=float(lasts_s[lost[:, device]].sum()),
            doubted_s=total_s(None),
            spikes=sum(each.kind == "spikes" for each in own),
            sign_flips=int(flips[:, device].sum()),
            bridged_s=bridged_s,
            lost_s=lost_s,
        )

    return cleaning(0), cleaning(1), cleaning(2)


def durations_s(times_s: FloatArray) -> FloatArray:
    """Return the duration of each frame, (F,): half of the time to both neighbours."""
    between_s = np.diff(times_s)
    usual_s = float(np.median(between_s))
    between_s = np.minimum(between_s, LONGEST_BRIDGE_S)
    return 0.5 * (np.append(between_s, usual_s) + np.append(usual_s, between_s))


def _losses(times_s: FloatArray, measured: BoolArray, lasts_s: FloatArray) -> tuple[float, float]:
    """Return how long a device's losses are short enough to be bridged, and how long it stays lost."""
    if not measured.any():
        return 0.0, float(times_s[-1] - times_s[0])
    lost_s = bridged_s = 0.0
    for start, stop in runs(~measured):
        inside = start > 0 and stop < len(times_s)
        if inside and times_s[stop] - times_s[start - 1] <= LONGEST_BRIDGE_S + 1e-9:
            bridged_s += float(lasts_s[start:stop].sum())
        else:
            lost_s += float(lasts_s[start:stop].sum())
    return bridged_s, lost_s
