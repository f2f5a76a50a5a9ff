# SPDX-License-Identifier: Apache-2.0
"""Convert the trackers of a recording to measured joints: which is which, how each is strapped on, the scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ..arrays import BoolArray
from ..body.skeleton import ELBOW_JOINTS, JOINT_NAMES, PELVIS_JOINT, SENSOR_JOINTS, Skeleton
from ..recording.findings import Finding
from ..recording.sensors import MeasuredPoint, Sensors
from ..recording.trackers import TrackerTracks
from .calibration_pose import CalibrationPose
from .strap_finding import straps_by_motion
from .strap_motion import StrappedTracker, refine_straps
from .strap_slips import slip_findings
from .straps import STRAP_M, DrawnPose, Strap, strap_of, which_joints

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior

_FEWEST_FRAMES: Final[int] = 5
"""Frames of the calibration pose in which a tracker must be measured."""


@dataclass(frozen=True)
class Worn:
    """Say who wears trackers: head and hands after calibration, and the body to solve."""

    sensors: Sensors
    """Head and hands in the size of the solved body."""
    skeleton: Skeleton
    """The solved body."""
    scale: float
    """Size of the solved body over the performer's."""


@dataclass(frozen=True)
class TrackedPoints:
    """Hold the joints that trackers measure, in the size of the solved body."""

    points: tuple[MeasuredPoint, ...]
    notes: tuple[str, ...]
    """Sentences about which tracker is which, and how that was found."""
    findings: tuple[Finding, ...]
    """Straps that slip."""


@dataclass(frozen=True)
class _Found:
    """Hold trackers before their straps are refined."""

    strapped: tuple[StrappedTracker, ...]
    markers: tuple[tuple[str, MeasuredPoint], ...]
    """Names and points of trackers without rotations."""
    by: str
    """How they were calibrated."""
    why_unused: str


def joint_points(trackers: TrackerTracks | None) -> tuple[MeasuredPoint, ...]:
    """Return trackers that hold the joints themselves, exactly as they are."""
    if trackers is None:
        return ()
    return tuple(
        MeasuredPoint(
            joint,
            trackers.positions_m[:, index],
            trackers.measured[:, index],
            trackers.rotations_wxyz[:, index] if trackers.turns[index] else None,
        )
        for index, joint in enumerate(trackers.joints)
        if joint is not None and joint not in SENSOR_JOINTS
    )


def shown_trackers(trackers: TrackerTracks | None) -> tuple[MeasuredPoint, ...]:
    """Return all trackers as they were recorded, to be shown; one whose joint is not known yet is called the pelvis."""
    if trackers is None:
        return ()
    return tuple(
        MeasuredPoint(
            PELVIS_JOINT if joint is None else joint,
            trackers.positions_m[:, index],
            trackers.measured[:, index],
            trackers.rotations_wxyz[:, index],
        )
        for index, joint in enumerate(trackers.joints)
    )


def strapped_points(
    trackers: TrackerTracks, worn: Worn, held: CalibrationPose | None, prior: Prior | None = None
) -> TrackedPoints:
    """Return the joints that trackers measure, in the size of the solved body, and what was found.

    Args:
        trackers: at the solver's rate, above the floor, in the performer's metres.
        worn: by whom.
        held: the calibration pose; None: there is none, and the motion alone shows how trackers are worn.
        prior: a loaded prior; the shipped one by default.
    """
    found = _unposed(trackers, worn, prior) if held is None else _posed(trackers, worn, held)
    refined = refine_straps(worn.sensors, found.strapped, worn.skeleton, prior)
    used = {*(tracker.name for tracker in refined), *(name for name, _ in found.markers)}
    unused = [name for name in trackers.names if name not in used]
    notes: tuple[str, ...] = ()
    if used:
        told = [
            _told(name, joint, trackers)
            for name, joint in (
                *((tracker.name, tracker.strap.joint) for tracker in refined),
                *((name, point.joint) for name, point in found.markers),
            )
        ]
        notes = (f"Trackers: {', '.join(told)}, calibrated with {found.by}.",)
    if unused:
        notes += (f"Not used: {', '.join(unused)}. {found.why_unused}",)
    points = (*(tracker.point for tracker in refined), *(point for _, point in found.markers))
    return TrackedPoints(points, notes, slip_findings(refined, worn.sensors))


def _posed(trackers: TrackerTracks, worn: Worn, held: CalibrationPose) -> _Found:
    """Return trackers as a calibration pose shows them."""
    fps, scale = worn.sensors.fps, worn.scale
    posed = slice(round(held.start_s * fps), round(held.stop_s * fps) + 1)
    body = worn.skeleton.scaled(1 / scale)
    pose = DrawnPose.of(worn.sensors.positions_m[posed] / scale, body)
    seen = trackers.measured[posed].sum(axis=0) >= _FEWEST_FRAMES
    joints = _joints_of(trackers, posed, seen, pose)
    if held.kind != "t_pose":
        # The drawn pose has other arms.
        joints = tuple(None if joint in ELBOW_JOINTS else joint for joint in joints)
    strapped: list[StrappedTracker] = []
    markers: list[tuple[str, MeasuredPoint]] = []
    for index, joint in enumerate(joints):
        if joint is None or not seen[index]:
            continue
        if not trackers.turns[index]:
            markers.append((trackers.names[index], _marker(trackers, index, joint, scale)))
            continue
        frames = trackers.measured[posed, index]
        positions_m, rotations_wxyz = trackers.positions_m[posed, index], trackers.rotations_wxyz[posed, index]
        strap = strap_of(joint, positions_m[frames], rotations_wxyz[frames], pose, body.stature_m)
        strapped.append(_strapped(trackers, index, strap, scale))
    why_unused = "It must be seen near its joint in a T-pose."
    return _Found(tuple(strapped), tuple(markers), f"the {held.label} and the motion", why_unused)


def _unposed(trackers: TrackerTracks, worn: Worn, prior: Prior | None) -> _Found:
    """Return trackers as the motion alone shows them; markers as far from their joints as straps usually are."""
    found = straps_by_motion(trackers, worn.sensors, worn.skeleton, worn.scale, prior)
    strapped = tuple(
        _strapped(trackers, index, strap, worn.scale) for index, strap in enumerate(found) if strap is not None
    )
    markers = tuple(
        (trackers.names[index], _marker(trackers, index, joint, worn.scale))
        for index, joint in enumerate(trackers.joints)
        if joint is not None and joint not in SENSOR_JOINTS and not trackers.turns[index]
    )
    return _Found(strapped, markers, "the motion alone; a T-pose is better", "It is near no joint of the body.")


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


def _told(name: str, joint: int, trackers: TrackerTracks) -> str:
    """Return a tracker's name, with its joint if the name does not tell it."""
    known = trackers.joints[trackers.names.index(name)] is not None
    return name if known else f"{name} ({JOINT_NAMES[joint].replace('_', ' ')})"


def _strapped(trackers: TrackerTracks, index: int, strap: Strap, scale: float) -> StrappedTracker:
    return StrappedTracker(
        trackers.names[index],
        strap.scaled(scale),
        scale * trackers.positions_m[:, index],
        trackers.rotations_wxyz[:, index],
        trackers.measured[:, index],
    )


def _marker(trackers: TrackerTracks, index: int, joint: int, scale: float) -> MeasuredPoint:
    return MeasuredPoint(
        joint, scale * trackers.positions_m[:, index], trackers.measured[:, index], noise_m=scale * STRAP_M
    )
