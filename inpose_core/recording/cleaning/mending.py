# SPDX-License-Identifier: Apache-2.0
"""Mend what is wrong by a shift and a turn.

Rooms and floors jump, a headset jumps alone, a room leans, a floor drifts, another device tracks a hand from some
moment on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...arrays import FloatArray
from ..findings import Finding
from . import telling
from .defects import Poses
from .device_changes import find_offset_changes, undo_offset_changes
from .floor_drift import find_drift
from .headset_jumps import find_headset_jumps, undo_headset_jumps
from .rooms import find_room_jumps, in_room, right_room, t_pose_frames
from .tilt import find_tilt


class Mended(NamedTuple):
    """Hold what mending has changed, and what was found."""

    poses: Poses
    """Of head and hands."""
    trackers: Poses
    findings: list[Finding]
    recentred_at_s: tuple[float, ...]
    """The times at which the room was recentred."""


def mend(times_s: FloatArray, poses: Poses, trackers: Poses) -> Mended:
    """Return the mended poses. Trackers move with the room, also where head or hands are lost.

    Args:
        times_s: (F,) increasing.
        poses: of head and hands; they show what is wrong.
        trackers: of the trackers on the body, of which there may be none.
    """
    findings: list[Finding] = []
    jumps = find_room_jumps(times_s, poses)
    if jumps:
        home = right_room(times_s, poses, jumps)
        poses, trackers = in_room(poses, jumps, home), in_room(trackers, jumps, home)
        findings += telling.room_findings(times_s, jumps, home)
    slips = find_headset_jumps(times_s, poses)
    if slips:
        poses, moved = undo_headset_jumps(times_s, poses, slips)
        borders = (0, *(slip.frame for slip in slips), len(times_s))
        findings += [telling.headset_finding(times_s, borders, moved)] if moved else []
    tilt = find_tilt(times_s, poses)
    if tilt is not None:
        if tilt.sure:
            poses, trackers = tilt.levelled(poses), tilt.levelled(trackers)
        findings.append(telling.tilt_finding(tilt))
    # What is left of a tilt looks like a drift to a performer who walks along it.
    drift = find_drift(times_s, poses) if tilt is None else None
    if drift is not None and drift.sure:
        posed = t_pose_frames(times_s, poses)
        ground_m = drift.level_m(times_s)
        # The floor is where it was in the T-pose, else where it was at first.
        right_m = float(np.median(ground_m[posed])) if posed.any() else 0.0
        poses, trackers = _lowered(poses, ground_m - right_m), _lowered(trackers, ground_m - right_m)
    findings += [telling.drift_finding(drift)] if drift is not None else []
    changes = find_offset_changes(times_s, poses)
    if changes:
        poses = undo_offset_changes(poses, changes)
        findings += telling.offset_findings(times_s, changes)
    return Mended(poses, trackers, findings, tuple(float(times_s[jump.frame]) for jump in jumps))


def _lowered(poses: Poses, heights_m: FloatArray) -> Poses:
    """Return the poses lower by heights (F,)."""
    positions_m = poses.positions_m.copy()
    positions_m[..., 1] -= heights_m[:, None]
    return poses._replace(positions_m=positions_m)
