# SPDX-License-Identifier: Apache-2.0
"""Mend what is wrong by a shift and a turn.

Rooms and floors jump, a headset jumps alone, a room leans, a floor drifts, another device tracks a hand from some
moment on.
"""

from __future__ import annotations

import numpy as np

from ...arrays import FloatArray
from ..findings import Finding
from . import telling
from .defects import Poses
from .device_changes import find_offset_changes, undo_offset_changes
from .floor_drift import find_drift
from .headset_jumps import find_headset_jumps, undo_headset_jumps
from .rooms import find_room_jumps, join_rooms, t_pose_frames
from .tilt import find_tilt


def mend(times_s: FloatArray, poses: Poses) -> tuple[Poses, list[Finding], tuple[float, ...]]:
    """Return the mended poses, what was found, and the times at which the room was recentred."""
    findings: list[Finding] = []
    jumps = find_room_jumps(times_s, poses)
    if jumps:
        poses, home = join_rooms(times_s, poses, jumps)
        findings += telling.room_findings(times_s, jumps, home)
    slips = find_headset_jumps(times_s, poses)
    if slips:
        poses, moved = undo_headset_jumps(times_s, poses, slips)
        borders = (0, *(slip.frame for slip in slips), len(times_s))
        findings += [telling.headset_finding(times_s, borders, moved)] if moved else []
    tilt = find_tilt(times_s, poses)
    if tilt is not None:
        poses = tilt.levelled(poses) if tilt.sure else poses
        findings.append(telling.tilt_finding(tilt))
    # What is left of a tilt looks like a drift to a performer who walks along it.
    drift = find_drift(times_s, poses) if tilt is None else None
    if drift is not None and drift.sure:
        posed = t_pose_frames(times_s, poses)
        ground_m = drift.level_m(times_s)
        # The floor is where it was in the T-pose, else where it was at first.
        right_m = float(np.median(ground_m[posed])) if posed.any() else 0.0
        level_m = np.zeros((len(times_s), 1, 3))
        level_m[:, 0, 1] = ground_m - right_m
        poses = poses._replace(positions_m=poses.positions_m - level_m)
    findings += [telling.drift_finding(drift)] if drift is not None else []
    changes = find_offset_changes(times_s, poses)
    if changes:
        poses = undo_offset_changes(poses, changes)
        findings += telling.offset_findings(times_s, changes)
    return poses, findings, tuple(float(times_s[jump.frame]) for jump in jumps)
