# SPDX-License-Identifier: Apache-2.0
"""Mend what is wrong with the room: rooms and floors that jump, a headset that jumps alone, a floor that drifts."""

from __future__ import annotations

import numpy as np

from ...arrays import FloatArray
from ..findings import Finding
from . import telling
from .defects import Poses
from .floor_drift import find_drift
from .headset_jumps import find_headset_jumps, undo_headset_jumps
from .rooms import find_room_jumps, join_rooms, t_pose_frames


def mend_rooms(times_s: FloatArray, poses: Poses) -> tuple[Poses, list[Finding], tuple[float, ...]]:
    """Return the poses in one room on one floor, what was found, and the times at which the room was recentred."""
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
    drift = find_drift(times_s, poses)
    if drift is not None:
        posed = t_pose_frames(times_s, poses)
        ground_m = drift.level_m(times_s)
        # The floor is where it was in the T-pose, else where it was at first.
        right_m = float(np.median(ground_m[posed])) if posed.any() else 0.0
        level_m = np.zeros((len(times_s), 1, 3))
        level_m[:, 0, 1] = ground_m - right_m
        poses = poses._replace(positions_m=poses.positions_m - level_m)
        findings.append(telling.drift_finding(drift.start_s, drift.stop_s, drift.rise_m))
    return poses, findings, tuple(float(times_s[jump.frame]) for jump in jumps)
