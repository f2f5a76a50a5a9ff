# SPDX-License-Identifier: Apache-2.0
"""Build the prior's condition from the sensors: scale-free, in the heading frame of the window.

Per frame: the three measured rotations (6D), their angular velocities, the head's height over the skeleton's own
standing head height, the head's velocity over its leg length, where the hands are about the shoulders over the length
of an arm, what further trackers measure, whether the performer stands or sits, and masks that say what is measured. The
condition contains only ratios, and no length in metres, which would tell the size of the body (paper, Section 3). So
the same pose of a larger or smaller upper body has the same condition. Longer arms or broader shoulders change it
little; the training varies them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..body.rotations import heading_of, matrix_to_sixd, mean_heading, norm, yaw_matrix
from ..body.skeleton import JOINT_INDEX, SENSOR_JOINTS
from ..numerics import Array, namespace_of
from .trackers import TRACKER_FEATURES, Trackers, tracker_features

SENSOR_COUNT: Final[int] = 3
ROTATION_FEATURES: Final[int] = SENSOR_COUNT * (6 + 3 + 1)
HEAD_FEATURES: Final[int] = 1 + 3 + 1
REACH_FEATURES: Final[int] = 2 * (3 + 3) + 1
POSTURE_FEATURES: Final[int] = 2
THREE_POINT_SIZE: Final[int] = ROTATION_FEATURES + HEAD_FEATURES + REACH_FEATURES
"""Numbers of one frame's condition that come from head and hands."""
CONDITION_SIZE: Final[int] = THREE_POINT_SIZE + TRACKER_FEATURES + POSTURE_FEATURES
"""Numbers of one frame's whole condition; a network that was trained with fewer sees the first ones."""
_ANGULAR_VELOCITY_UNIT: Final[float] = 5.0
"""rad/s that count as 1, so that the features have about unit variance."""
_HEIGHT_SPREAD: Final[float] = 0.2
_REACH_SPREAD: Final[float] = 0.5
_FARTHEST_REACH: Final[float] = 1.6
"""Arm lengths. If arms and shoulders stretch out, the hands are about 1.3 from the shoulders of an upright body."""
_REACH_VELOCITY_UNIT: Final[float] = 3.0
"""Arm lengths per second that count as 1."""
_HEAD, _HANDS = SENSOR_JOINTS[0], SENSOR_JOINTS[1:]
_NECK: Final[int] = JOINT_INDEX["neck"]
_COLLARS: Final[tuple[int, int]] = (JOINT_INDEX["left_collar"], JOINT_INDEX["right_collar"])
_SHOULDERS: Final[tuple[int, int]] = (JOINT_INDEX["left_shoulder"], JOINT_INDEX["right_shoulder"])
_ELBOWS: Final[tuple[int, int]] = (JOINT_INDEX["left_elbow"], JOINT_INDEX["right_elbow"])


@dataclass(frozen=True)
class ScaleFreeSensors:
    """Hold the sensor data that the prior may see, in the world frame; time is the last leading axis."""

    R_world_sensor: Array
    """(..., T, 3, 3, 3) rotation of head, left wrist, right wrist."""
    measured: Array
    """(..., T, 3) bool; rotations that are not measured are ignored."""
    head_height_ratio: Array
    """(..., T) height of the head joint above the lowest standing foot joint, over that of the T-pose."""
    head_velocity_per_leg: Array
    """(..., T, 3) velocity of the head joint in the world, leg lengths per second."""
    head_motion_known: Array
    """(..., T) bool; False withholds height and velocity (the paper's InPose, against InPose (head))."""
    hand_reach: Array
    """(..., T, 2, 3) of `hand_reach`, in the world frame; ignored where head or hand is not measured."""
    hand_reach_known: Array
    """(..., T) bool; False withholds the reach (both of the paper's priors)."""
    trackers: Trackers | None = None
    """What further trackers measure; None: there are none."""
    posture: Array | None = None
    """(..., T, 2) 1 where the performer is known to stand, or to sit, else 0; None: neither is known."""

    def windowed(self, index: Array) -> ScaleFreeSensors:
        """Return windows (N, T, ...) of a recording (F, ...) at the frames ``index`` (N, T).

        Where a window runs backwards, beyond the end of a short recording, so does the head: as in training.
        """
        xp = namespace_of(index)
        before = xp.concat((index[:, :1] - 1, index[:, :-1]), axis=1)
        velocity = self.head_velocity_per_leg[xp.maximum(index, before)]
        velocity = xp.where((index >= before)[..., None], velocity, -velocity)
        return ScaleFreeSensors(
            R_world_sensor=self.R_world_sensor[index],
            measured=self.measured[index],
            head_height_ratio=self.head_height_ratio[index],
            head_velocity_per_leg=velocity,
            head_motion_known=self.head_motion_known[index],
            hand_reach=self.hand_reach[index],
            hand_reach_known=self.hand_reach_known[index],
            trackers=None if self.trackers is None else self.trackers.windowed(index),
            posture=None if self.posture is None else self.posture[index],
        )


def window_heading(R_world_head: Array) -> Array:
    """Return the mean heading of the head over a window's time, (..., 3, 3), from (..., T, 3, 3)."""
    return mean_heading(R_world_head)


def angular_velocity(R_world: Array, fps: float) -> Array:
    """Return world angular velocities (..., T, N, 3) in rad/s of rotations (..., T, N, 3, 3); the first is repeated.

    The sine of the angle stands for the angle, which at 60 Hz differs below 1 % up to 14 rad per second.
    """
    xp = namespace_of(R_world)
    step = R_world[..., 1:, :, :, :] @ R_world[..., :-1, :, :, :].swapaxes(-1, -2)
    sine_axis = 0.5 * xp.stack(
        (
            step[..., 2, 1] - step[..., 1, 2],
            step[..., 0, 2] - step[..., 2, 0],
            step[..., 1, 0] - step[..., 0, 1],
        ),
        axis=-1,
    )
    return xp.concat((sine_axis[..., :1, :, :], sine_axis), axis=-3) * fps


def condition_features(
    sensors: ScaleFreeSensors, R_world_heading: Array, fps: float, size: int = CONDITION_SIZE
) -> Array:
    """Return the condition of windows, (..., T, size).

    Args:
        sensors: windows of sensors, in the world frame.
        R_world_heading: heading of each window, (..., 3, 3); the features are expressed in it.
        fps: frames per second.
        size: the first so many features; THREE_POINT_SIZE for networks that know no trackers.
    """
    to_heading = R_world_heading.swapaxes(-1, -2)
    rotation = rotation_features(sensors, R_world_heading, fps)
    xp = namespace_of(rotation)
    known = xp.astype_of(sensors.head_motion_known, rotation)[..., None]
    height = (sensors.head_height_ratio[..., None] - 1.0) / _HEIGHT_SPREAD * known
    velocity = (sensors.head_velocity_per_leg @ to_heading.swapaxes(-1, -2)) * known
    reach = _reach_features(sensors, to_heading, fps)
    three_points = xp.concat((rotation, height.clip(-8, 8), velocity.clip(-8, 8), known, reach), axis=-1)
    if size <= THREE_POINT_SIZE:
        return three_points[..., :size]
    leading = three_points.shape[:-1]
    trackers = (
        xp.zeros((*leading, TRACKER_FEATURES), three_points)
        if sensors.trackers is None
        else tracker_features(sensors.trackers, to_heading)
    )
    posture = xp.zeros((*leading, POSTURE_FEATURES), three_points) if sensors.posture is None else sensors.posture
    return xp.concat((three_points, trackers, posture), axis=-1)[..., :size]


def hand_reach(positions_m: Array, R_world_head: Array, offsets_m: Array) -> Array:
    """Return where the hands are about their shoulders, over the length of an arm, (..., 2, 3), in the world frame.

    The neck is where the head's turn puts it, the shoulders are where they would be if the trunk stood upright below it
    and looked where the head looks.

    Args:
        positions_m: measured head and wrists, (..., 3, 3).
        R_world_head: measured rotation of the head, (..., 3, 3).
        offsets_m: rest offsets of the body, (..., 22, 3).
    """
    neck_m = positions_m[..., 0, :] - (R_world_head @ offsets_m[..., _HEAD, :, None])[..., 0]
    heading = heading_of(R_world_head)
    R_world_heading = yaw_matrix(namespace_of(heading).atan2(heading[..., 1], heading[..., 0]))
    shoulders_m = offsets_m[..., list(_COLLARS), :] + offsets_m[..., list(_SHOULDERS), :] - offsets_m[..., [_NECK], :]
    about_m = positions_m[..., 1:, :] - neck_m[..., None, :] - shoulders_m @ R_world_heading.swapaxes(-1, -2)
    arms_m = norm(offsets_m[..., list(_HANDS), :]) + norm(offsets_m[..., list(_ELBOWS), :])
    reach = about_m / arms_m.clip(min=1e-6)[..., None]
    # A rig with short arms can be asked for hands that no arm reaches, and so for a pose that no training has shown.
    return reach * (_FARTHEST_REACH / norm(reach)[..., None].clip(min=_FARTHEST_REACH))


def _reach_features(sensors: ScaleFreeSensors, to_heading: Array, fps: float) -> Array:
    """Return the features of the hands' places, (..., T, 13); zero where they are not measured."""
    hands = sensors.measured[..., :1] & sensors.measured[..., 1:] & sensors.hand_reach_known[..., None]
    both = _measured_twice(hands)
    reach = sensors.hand_reach @ to_heading.swapaxes(-1, -2)[..., None, :, :]
    step = reach[..., 1:, :, :] - reach[..., :-1, :, :]
    xp = namespace_of(reach)
    velocity = xp.concat((step[..., :1, :, :], step), axis=-3) * (fps / _REACH_VELOCITY_UNIT)
    place = (reach / _REACH_SPREAD).clip(-5, 5) * hands[..., None]
    velocity = velocity.clip(-5, 5) * both[..., None]
    known = xp.astype_of(sensors.hand_reach_known, reach)[..., None]
    return xp.concat((_flat(place), _flat(velocity), known), axis=-1)


def rotation_features(sensors: ScaleFreeSensors, R_world_heading: Array, fps: float) -> Array:
    """Return the features of the measured rotations, (..., T, 30); arguments as `condition_features`."""
    to_heading = R_world_heading.swapaxes(-1, -2)
    both = _measured_twice(sensors.measured)
    rotation = matrix_to_sixd(to_heading[..., None, None, :, :] @ sensors.R_world_sensor)
    rotation = rotation * sensors.measured[..., None]
    omega = angular_velocity(sensors.R_world_sensor, fps) / _ANGULAR_VELOCITY_UNIT
    omega = (omega @ to_heading.swapaxes(-1, -2)[..., None, :, :]) * both[..., None]
    xp = namespace_of(rotation)
    measured = xp.astype_of(sensors.measured, rotation)
    return xp.concat((_flat(rotation), _flat(omega.clip(-5, 5)), measured), axis=-1)


def _measured_twice(measured: Array) -> Array:
    """Return where velocities are known, (..., T, N): they need two measured frames, the first one its successor."""
    both = namespace_of(measured).copy(measured)
    both[..., 1:, :] &= measured[..., :-1, :]
    both[..., :1, :] &= measured[..., 1:2, :]
    return both


def _flat(x: Array) -> Array:
    return x.reshape(*x.shape[:-2], -1)
