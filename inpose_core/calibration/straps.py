# SPDX-License-Identifier: Apache-2.0
"""Find where trackers are strapped, from a T-pose: each joint in the frame of its tracker.

In a T-pose the body's joints are where its bones put them below the head. So the pose shows how each tracker sits on
its bone. But people do not stand like a drawing: feet are apart and turned out by some centimetres and degrees. And a
strap is near its joint. So each lever arm is the most probable one of both beliefs, each with its deviation, along the
body's own axes: across, up, ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.quaternions import (
    conjugate_quaternion,
    mean_rotation,
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
    rotvec_to_quaternion,
)
from ..body.skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    JOINT_INDEX,
    KNEE_JOINTS,
    PELVIS_JOINT,
    SENSOR_JOINTS,
    TOE_JOINTS,
    Skeleton,
)
from ..recording.sensors import MeasuredPoint
from .rigid import RigidOffset

STRAP_M: Final[float] = 0.06
"""Standard deviation of a tracker's distance from its joint along each axis."""
_POSE_M: Final[Mapping[int, tuple[float, float, float]]] = {
    PELVIS_JOINT: (0.015, 0.015, 0.03),
    JOINT_INDEX["spine3"]: (0.015, 0.02, 0.03),
    **dict.fromkeys(ELBOW_JOINTS, (0.03, 0.04, 0.04)),
    **dict.fromkeys(KNEE_JOINTS, (0.04, 0.015, 0.04)),
    **dict.fromkeys(ANKLE_JOINTS, (0.06, 0.015, 0.05)),
    **dict.fromkeys(TOE_JOINTS, (0.07, 0.01, 0.06)),
}
"""Standard deviations of joints in people's T-poses from the drawn one, across, up and ahead, for 1.75 m."""
_OTHER_M: Final[tuple[float, float, float]] = (0.04, 0.04, 0.04)
_FARTHEST_M: Final[float] = 0.25
"""A tracker that is farther from every joint of the drawn pose is on none of them."""
_POSE_DEG: Final[float] = 5.0
"""Standard deviation of a joint's rotation in people's T-poses, per axis."""


@dataclass(frozen=True)
class Strap:
    """Hold how a tracker sits on its joint, and how well this is known."""

    joint: int
    offset: RigidOffset
    """The joint in the tracker's frame."""
    deviations_m: FloatArray
    """(3,) standard deviations of the joint's place along its own axes."""
    deviation_rad: float
    """Standard deviation of its rotation, per axis."""

    @property
    def deviation_m(self) -> float:
        """Return the standard deviation of the joint's place, the root of the mean over the axes."""
        return float(np.sqrt((self.deviations_m**2).mean()))

    def scaled(self, factor: float) -> Strap:
        """Return the strap on a body of another size."""
        offset = RigidOffset(factor * self.offset.position_m, self.offset.wxyz)
        return replace(self, offset=offset, deviations_m=factor * self.deviations_m)

    def point(self, positions_m: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray) -> MeasuredPoint:
        """Return the joint that a tracker measures.

        Args:
            positions_m: the tracker's, (F, 3).
            rotations_wxyz: the tracker's, (F, 4).
            measured: (F,) whether it is tracked.
        """
        return MeasuredPoint(
            self.joint,
            positions_m + rotate_vector(rotations_wxyz, self.offset.position_m),
            measured,
            multiply_quaternions(rotations_wxyz, self.offset.wxyz),
            noise_m=self.deviation_m,
            rotation_noise_rad=self.deviation_rad,
        )


@dataclass(frozen=True)
class DrawnPose:
    """Hold the joints of a drawn T-pose that stands where a performer holds one."""

    joints_m: FloatArray
    """(22, 3)"""
    yaw_wxyz: FloatArray
    """(4,) the direction that the body faces; every joint has this rotation."""

    @classmethod
    def of(cls, positions_m: FloatArray, body: Skeleton) -> DrawnPose:
        """Return the pose below a measured head, which faces as the hands say.

        Args:
            positions_m: head and wrists in the frames of the pose, (N, 3, 3).
            body: the performer's.
        """
        head_m, left_m, right_m = np.median(positions_m, axis=0)
        across = left_m - right_m
        yaw_wxyz = rotvec_to_quaternion(np.array((0.0, np.arctan2(-across[2], across[0]), 0.0)))
        rest_m = body.rest_positions_m - body.rest_positions_m[SENSOR_JOINTS[0]]
        return cls(head_m + rotate_vector(yaw_wxyz, rest_m), yaw_wxyz)


def strap_of(
    joint: int, positions_m: FloatArray, rotations_wxyz: FloatArray, pose: DrawnPose, stature_m: float
) -> Strap:
    """Return how a tracker sits on a joint.

    Args:
        joint: the joint that it measures.
        positions_m: the tracker in the frames of the pose, (N, 3).
        rotations_wxyz: its rotations there, (N, 4).
        pose: the drawn pose.
        stature_m: the performer's, for the deviations.
    """
    tracker_m, tracker_wxyz = np.median(positions_m, axis=0), mean_rotation(rotations_wxyz)
    size = stature_m / 1.75
    drawn_m, strapped_m = size * np.array(_POSE_M.get(joint, _OTHER_M)), size * STRAP_M
    share = strapped_m**2 / (strapped_m**2 + drawn_m**2)
    to_body = quaternion_to_matrix(pose.yaw_wxyz).T
    away_m = share * (to_body @ (pose.joints_m[joint] - tracker_m))
    back = conjugate_quaternion(tracker_wxyz)
    offset = RigidOffset(rotate_vector(back, to_body.T @ away_m), multiply_quaternions(back, pose.yaw_wxyz))
    return Strap(joint, offset, np.sqrt(share) * drawn_m, float(np.radians(_POSE_DEG)))


def which_joints(trackers_m: FloatArray, pose: DrawnPose, taken: Sequence[int] = ()) -> tuple[int | None, ...]:
    """Return the joint that each tracker is nearest to in the drawn pose; no two have the same.

    Args:
        trackers_m: the trackers in the pose, (T, 3).
        pose: the drawn pose.
        taken: joints that have a tracker already.
    """
    return nearest_joints(
        lambda joint: np.linalg.norm(trackers_m - pose.joints_m[joint], axis=-1), len(trackers_m), taken
    )


def nearest_joints(
    distances_m: Callable[[int], FloatArray], count: int, taken: Sequence[int] = ()
) -> tuple[int | None, ...]:
    """Return the joint that each of some trackers is nearest to; no two have the same, and far ones have none.

    Args:
        distances_m: gives the distance of each tracker from a joint, (T,).
        count: number of trackers T.
        taken: joints that have a tracker already.
    """
    joints = [joint for joint in _POSE_M if joint not in taken]
    distance_m = np.stack([distances_m(joint) for joint in joints], axis=-1)
    found: list[int | None] = [None] * count
    for _ in range(min(distance_m.shape)):
        tracker, place = divmod(int(np.argmin(distance_m)), len(joints))
        if distance_m[tracker, place] > _FARTHEST_M:
            break
        found[tracker] = joints[place]
        distance_m[tracker], distance_m[:, place] = np.inf, np.inf
    return tuple(found)
