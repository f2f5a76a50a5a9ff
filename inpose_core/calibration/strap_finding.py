# SPDX-License-Identifier: Apache-2.0
"""Find how trackers are worn without a T-pose: which joint each measures, and how it sits there, from the motion alone.

The body is solved from head and hands. The prior knows about where each joint is, and how it is turned; both are wrong
in any frame, and about right in the mean. A tracker measures the joint that it stays nearest to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import conjugate_quaternion, mean_rotation, multiply_quaternions
from ..body.skeleton import SENSOR_JOINTS, Skeleton
from ..options.solve import SolveSettings
from ..recording.sensors import MeasuredPoint, Sensors
from ..recording.trackers import TrackerTracks
from ..solver.solving import solve
from .rigid import RigidOffset
from .straps import STRAP_M, Strap, nearest_joints

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior

_HARDLY_M: Final[float] = 0.3
_MOST_S: Final[float] = 60.0
"""Longer takes are looked at in their first minute only; the refinement looks at all of it."""
_FEWEST_FRAMES: Final[int] = 60
_TURN_DEG: Final[float] = 12.0
"""Standard deviation per axis of a joint's mean rotation in the solved motion."""


def straps_by_motion(
    trackers: TrackerTracks, sensors: Sensors, skeleton: Skeleton, scale: float, prior: Prior | None = None
) -> tuple[Strap | None, ...]:
    """Return how each tracker is strapped on, in the performer's metres; None: a marker, or it is near no joint.

    Args:
        trackers: in the performer's metres.
        sensors: head and hands, in the size of the skeleton.
        skeleton: the body that will be solved.
        scale: size of the skeleton over the performer's.
        prior: a loaded prior; the shipped one by default.
    """
    part = slice(0, min(len(sensors), round(_MOST_S * sensors.fps)))
    named = [
        MeasuredPoint(
            joint, scale * trackers.positions_m[:, index], trackers.measured[:, index], noise_m=_HARDLY_M, shown=False
        )
        for index, joint in enumerate(trackers.joints)
        if joint is not None and joint not in SENSOR_JOINTS
    ]
    motion = solve(sensors.with_points(*named).part(part), skeleton, SolveSettings(device="cpu"), prior)
    cut = trackers.part(part)
    joints = _which_joints(cut, motion, scale)
    return tuple(
        _strap(cut, index, joint, motion)
        if joint is not None and cut.turns[index] and cut.measured[:, index].sum() >= _FEWEST_FRAMES
        else None
        for index, joint in enumerate(joints)
    )


def _which_joints(trackers: TrackerTracks, motion: Motion, scale: float) -> tuple[int | None, ...]:
    """Return the joint of each tracker: as its name says, else the one to which it stays nearest."""
    joints = [joint if joint not in SENSOR_JOINTS else None for joint in trackers.joints]
    unnamed = [
        index
        for index, joint in enumerate(trackers.joints)
        if joint is None and trackers.measured[:, index].sum() >= _FEWEST_FRAMES
    ]
    if unnamed:

        def distances_m(joint: int) -> FloatArray:
            away_m = np.linalg.norm(trackers.positions_m - motion.joint_positions_m[:, None, joint] / scale, axis=-1)
            return np.array([np.median(away_m[trackers.measured[:, index], index]) for index in unnamed])

        taken = tuple(joint for joint in trackers.joints if joint is not None)
        for index, joint in zip(unnamed, nearest_joints(distances_m, len(unnamed), taken), strict=True):
            joints[index] = joint
    return tuple(joints)


def _strap(trackers: TrackerTracks, index: int, joint: int, motion: Motion) -> Strap:
    seen = trackers.measured[:, index]
    back = conjugate_quaternion(trackers.rotations_wxyz[seen, index])
    turn_wxyz = mean_rotation(multiply_quaternions(back, motion.rotations_wxyz[seen, joint]))
    return Strap(joint, RigidOffset(np.zeros(3), turn_wxyz), np.full(3, STRAP_M), float(np.radians(_TURN_DEG)))
