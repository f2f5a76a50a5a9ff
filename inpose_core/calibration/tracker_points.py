# SPDX-License-Identifier: Apache-2.0
"""Convert the trackers of a recording to measured joints: which is which, how each is strapped on, the scale."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.skeleton import ELBOW_JOINTS, JOINT_NAMES, SENSOR_JOINTS, Skeleton
from ..noted import Noted
from ..recording.sensors import MeasuredPoint
from ..recording.trackers import TrackerTracks
from .calibration_pose import CalibrationPose
from .straps import STRAP_M, DrawnPose, strap_of, which_joints

_FEWEST_FRAMES: Final[int] = 5
"""Frames of the calibration pose in which a tracker must be measured."""


def joint_points(trackers: TrackerTracks | None) -> tuple[MeasuredPoint, ...]:
    """Return trackers that hold the joints themselves, exactly as they are."""
    if trackers is None:
        return ()
    return tuple(
        _point(trackers, index, joint, trackers.positions_m[:, index], 0.0)
        for index, joint in enumerate(trackers.joints)
        if joint is not None and joint not in SENSOR_JOINTS
    )


def strapped_points(
    trackers: TrackerTracks,
    joints_m: FloatArray,
    body: Skeleton,
    held: CalibrationPose | None,
    fps: float,
    scale: float,
) -> Noted[tuple[MeasuredPoint, ...]]:
    """Return the joints that trackers measure, in the size of the solved body, with a note on what was found.

    Args:
        trackers: at the solver's rate, above the floor, in the performer's metres.
        joints_m: head joint and wrists, (F, 3, 3), as `trackers`.
        body: the performer's.
        held: the calibration pose; None: there is none, and only positions near the joints are believed.
        fps: frames per second.
        scale: size of the solved body over the performer's.
    """
    if held is None:
        return _unposed(trackers, scale)
    posed = slice(round(held.start_s * fps), round(held.stop_s * fps) + 1)
    pose = DrawnPose.of(joints_m[posed], body)
    seen = trackers.measured[posed].sum(axis=0) >= _FEWEST_FRAMES
    joints = _joints_of(trackers, posed, seen, pose)
    if held.kind != "t_pose":
        # The drawn pose has other arms.
        joints = tuple(None if joint in ELBOW_JOINTS else joint for joint in joints)
    points: list[MeasuredPoint] = []
    for index, joint in enumerate(joints):
        if joint is None or not seen[index]:
            continue
        frames = trackers.measured[posed, index]
        positions_m, rotations_wxyz = trackers.positions_m[posed, index], trackers.rotations_wxyz[posed, index]
        strap = strap_of(joint, positions_m[frames], rotations_wxyz[frames], pose, body.stature_m)
        point = strap.point(
            trackers.positions_m[:, index], trackers.rotations_wxyz[:, index], trackers.measured[:, index]
        )
        if not trackers.turns[index]:
            point = _point(trackers, index, joint, trackers.positions_m[:, index], STRAP_M)
        points.append(_scaled(point, scale))
    told = [
        f"{name} ({JOINT_NAMES[joint].replace('_', ' ')})" if trackers.joints[index] is None else name
        for index, (name, joint) in enumerate(zip(trackers.names, joints, strict=True))
        if joint is not None and seen[index]
    ]
    used = {name for name, joint, yes in zip(trackers.names, joints, seen, strict=True) if yes and joint is not None}
    unused = [name for name in trackers.names if name not in used]
    notes: tuple[str, ...] = (f"Trackers: {', '.join(told)}, calibrated with the {held.label}.",) if told else ()
    if unused:
        notes += (f"Not used: {', '.join(unused)}. It must be seen near its joint in a T-pose.",)
    return Noted(tuple(points), notes)


def _joints_of(trackers: TrackerTracks, posed: slice, seen: BoolArray, pose: DrawnPose) -> tuple[int | None, ...]:
    """Return the joint of each tracker: as its name says, else by its place in the pose."""
    joints = list(trackers.joints)
    unnamed = [index for index, joint in enumerate(joints) if joint is None and seen[index]]
    if unnamed:
        places_m = np.array(
            [
                np.median(trackers.positions_m[posed, index][trackers.measured[posed, index]], axis=0)
                for index in unnamed
            ]
        )
        taken = tuple(joint for joint in joints if joint is not None)
        for index, joint in zip(unnamed, which_joints(places_m, pose, taken=taken), strict=True):
            joints[index] = joint
    return tuple(joint if joint not in SENSOR_JOINTS else None for joint in joints)


def _unposed(trackers: TrackerTracks, scale: float) -> Noted[tuple[MeasuredPoint, ...]]:
    """Return the named trackers' places as those of their joints, as far as straps are usually off."""
    points = tuple(
        _scaled(_point(trackers, index, joint, trackers.positions_m[:, index], STRAP_M, turns=False), scale)
        for index, joint in enumerate(trackers.joints)
        if joint is not None and joint not in SENSOR_JOINTS
    )
    names = ", ".join(name for name, joint in zip(trackers.names, trackers.joints, strict=True) if joint is not None)
    unnamed = ", ".join(name for name, joint in zip(trackers.names, trackers.joints, strict=True) if joint is None)
    notes: tuple[str, ...] = ()
    if names:
        notes = (f"Without a T-pose, InPose uses only the positions of the trackers ({names}), to about 6 cm.",)
    if unnamed:
        notes += (f"Not used: {unnamed}. Without a T-pose InPose cannot find where they are worn.",)
    return Noted(points, notes)


def _point(
    trackers: TrackerTracks, index: int, joint: int, positions_m: FloatArray, noise_m: float, *, turns: bool = True
) -> MeasuredPoint:
    rotations = trackers.rotations_wxyz[:, index] if turns and trackers.turns[index] else None
    return MeasuredPoint(joint, positions_m, trackers.measured[:, index], rotations, noise_m=noise_m)


def _scaled(point: MeasuredPoint, scale: float) -> MeasuredPoint:
    return replace(point, positions_m=scale * point.positions_m, noise_m=scale * np.asarray(point.noise_m))
