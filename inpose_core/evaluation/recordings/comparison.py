# SPDX-License-Identifier: Apache-2.0
"""Compare a solved motion with the truth, after finding where in time and in the room it lies.

A reader may leave out the beginning or another session, and may turn and move the room; it may not lift it, mirror it
or change its size. So a solution is moved along the floor, turned about the vertical, and shifted in time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray
from ...body.motion import Motion
from ...body.quaternions import geodesic_angle
from ...body.skeleton import ANKLE_JOINTS, JOINT_INDEX, KNEE_JOINTS, SENSOR_JOINTS
from .performance import moved, turned

PLACED: Final[tuple[int, ...]] = (*SENSOR_JOINTS, JOINT_INDEX["pelvis"])
"""Head, wrists and pelvis: what devices and their calibration decide."""
_LEGS: Final[tuple[int, ...]] = (*KNEE_JOINTS, *ANKLE_JOINTS)
_FREE_FRAMES: Final[int] = 20
"""A solution that is shorter by more than this was cut."""
_ROUNDING_FRAMES: Final[int] = 6


@dataclass(frozen=True)
class Errors:
    """Hold the errors of a solution at each frame of the truth; zero where it has none."""

    solved: BoolArray
    """(F,) frames of the truth that the solution has."""
    place_m: FloatArray
    """(F, 4) of head, wrists and pelvis."""
    turn_deg: FloatArray
    """(F, 3) of head and wrists."""
    legs_m: FloatArray
    """(F, 4) of knees and ankles."""
    body_m: FloatArray
    """(F,) mean over all joints."""
    fps: float
    cut_s: float
    """How much of the file's beginning the solution leaves out."""


def errors_of(
    solved: Motion, truth: Motion, file_s: float, truth_from_s: float, usable: BoolArray, floor_is_free: bool
) -> Errors:
    """Return the errors of a solution.

    Args:
        solved: the solution; it may begin later in the file, or end earlier.
        truth: at the same rate.
        file_s: length of the file.
        truth_from_s: the file's time at which the truth begins.
        usable: frames of the truth in which head, wrists and pelvis, (F, 4), may be used to find the room.
        floor_is_free: move the solution to the truth's height as well.
    """
    begin = -round(truth_from_s * truth.fps)
    first = _first_frame(solved, truth, begin, file_s)
    own = slice(max(0, -first), max(0, min(len(solved), len(truth) - first)))
    theirs = slice(max(0, first), max(0, first) + own.stop - own.start)
    covered = np.zeros(len(truth), dtype=np.bool_)
    covered[theirs] = True
    count = len(truth)
    empty = Errors(
        covered,
        np.zeros((count, 4)),
        np.zeros((count, 3)),
        np.zeros((count, 4)),
        np.zeros(count),
        truth.fps,
        (first - begin) / truth.fps,
    )
    if own.stop <= own.start:
        return replace(empty, solved=np.zeros(count, dtype=np.bool_))
    part, target = _part(solved, own), _part(truth, theirs)
    good = usable[theirs]
    part = _in_the_room(part, target, good if good.any() else ~good, floor_is_free)
    joints_m, true_m = part.joint_positions_m, target.joint_positions_m
    distance_m = np.linalg.norm(joints_m - true_m, axis=-1)
    sensors = list(SENSOR_JOINTS)
    angle = np.degrees(geodesic_angle(part.rotations_wxyz[:, sensors], target.rotations_wxyz[:, sensors]))
    for into, values in (
        (empty.place_m, distance_m[:, list(PLACED)]),
        (empty.turn_deg, angle),
        (empty.legs_m, distance_m[:, list(_LEGS)]),
        (empty.body_m, distance_m.mean(axis=1)),
    ):
        into[theirs] = values
    return empty


def _first_frame(solved: Motion, truth: Motion, begin: int, file_s: float) -> int:
    """Return the truth's frame, perhaps negative, that is the solution's first: found by heights and reaches."""
    expected = round(file_s * truth.fps) + 1
    if abs(expected - len(solved)) <= _FREE_FRAMES:
        return begin
    own, theirs = _signals(solved), _signals(truth)
    last = max(begin + expected - len(solved), len(truth) - len(solved))
    best, least = begin, np.inf
    for first in range(begin - _ROUNDING_FRAMES, last + _ROUNDING_FRAMES + 1):
        start, stop = max(0, first), min(len(theirs), first + len(own))
        if stop - start < min(len(own), len(theirs)) // 2:
            continue
        cost = float(np.abs(own[start - first : stop - first : 2] - theirs[start:stop:2]).mean())
        if cost < least:
            best, least = first, cost
    return best


def _signals(motion: Motion) -> FloatArray:
    """Return what no turn or shift of the room changes: heights of head and hands, and distances between them."""
    places_m = motion.joint_positions_m[:, list(SENSOR_JOINTS)]
    apart_m = np.linalg.norm(places_m - np.roll(places_m, 1, axis=1), axis=-1)
    return np.concatenate((places_m[..., 1], apart_m), axis=1)


def _in_the_room(solved: Motion, truth: Motion, good: BoolArray, floor_is_free: bool) -> Motion:
    """Return the solution turned and moved along the floor onto the truth, by least squares over good places."""
    joints = list(PLACED)
    own, theirs = solved.joint_positions_m[:, joints][good], truth.joint_positions_m[:, joints][good]
    own_centre, centre = own.mean(axis=0), theirs.mean(axis=0)
    a, b = own - own_centre, theirs - centre
    turn = float(
        np.arctan2((b[:, 0] * a[:, 2] - b[:, 2] * a[:, 0]).sum(), (a[:, 0] * b[:, 0] + a[:, 2] * b[:, 2]).sum())
    )
    level = (1.0, 1.0 if floor_is_free else 0.0, 1.0)
    return moved(turned(moved(solved, -own_centre * level), turn), centre * level)


def _part(motion: Motion, frames: slice) -> Motion:
    return replace(
        motion, rotations_wxyz=motion.rotations_wxyz[frames], root_translation_m=motion.root_translation_m[frames]
    )
