# SPDX-License-Identifier: Apache-2.0
"""Give the prior the measurements of further trackers, if they are worn: hips, chest, elbows, knees, feet.

Each of the eight places has room for a rotation and for a position in proportion to the body, as `hand_reach` has it,
and for two masks. In training most are withheld most of the time, so that one network serves three points and eleven.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..body.kinematics import forward_kinematics
from ..body.rotations import heading_of, matrix_to_sixd, norm, yaw_matrix
from ..body.skeleton import JOINT_COUNT, JOINT_INDEX, MIRROR_JOINTS
from ..numerics import Array, namespace_of

TRACKER_JOINTS: Final[tuple[int, ...]] = tuple(
    JOINT_INDEX[name]
    for name in (
        "pelvis",
        "spine3",
        "left_elbow",
        "right_elbow",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    )
)
"""The joints that a tracker may measure, in the order of every tracker axis: hips, chest, elbows, knees, feet."""
MIRROR_TRACKERS: Final[tuple[int, ...]] = tuple(TRACKER_JOINTS.index(MIRROR_JOINTS[joint]) for joint in TRACKER_JOINTS)
"""The tracker that takes each one's place when left and right are exchanged."""
TRACKER_COUNT: Final[int] = len(TRACKER_JOINTS)
TRACKER_FEATURES: Final[int] = TRACKER_COUNT * (6 + 3 + 2)
_ANCHORS: Final[tuple[int, ...]] = tuple(
    JOINT_INDEX[name]
    for name in (
        "pelvis",
        "spine3",
        "left_shoulder",
        "right_shoulder",
        "left_hip",
        "right_hip",
        "left_hip",
        "right_hip",
    )
)
"""Each tracker's position is relative to where this joint is in an upright body."""
_HEAD, _NECK, _PELVIS = JOINT_INDEX["head"], JOINT_INDEX["neck"], JOINT_INDEX["pelvis"]
_ARMS: Final[tuple[int, ...]] = tuple(
    JOINT_INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("elbow", "wrist")
)
_LEGS: Final[tuple[int, ...]] = tuple(
    JOINT_INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("knee", "ankle")
)
_UNIT_OF_TRACKER: Final[list[int]] = [0, 0, 1, 1, 2, 2, 2, 2]
"""Trunk, arm or leg."""
_SPREAD: Final[float] = 0.5
_FARTHEST: Final[float] = 3.0
"""Longest distance of a tracker in lengths of the limb; a longer one is shortened to it."""


@dataclass(frozen=True)
class Trackers:
    """Hold the measurements of trackers, in the world frame; time is the last leading axis."""

    R_world: Array
    """(..., T, 8, 3, 3) rotation of each joint; ignored where it is not known."""
    place: Array
    """(..., T, 8, 3) of `tracker_places`; ignored where it is not known."""
    rotation_known: Array
    """(..., T, 8) bool."""
    place_known: Array
    """(..., T, 8) bool."""

    def windowed(self, index: Array) -> Trackers:
        """Return windows (N, T, ...) of a recording (F, ...) at the frames ``index`` (N, T)."""
        return Trackers(**{name: value[index] for name, value in vars(self).items()})

    def mirrored(self) -> Trackers:
        """Return the measurements of the performer's mirror image in the plane x = 0."""
        sign = namespace_of(self.place).asarray((-1.0, 1.0, 1.0), self.place)
        swapped = list(MIRROR_TRACKERS)
        return Trackers(
            R_world=self.R_world[..., swapped, :, :] * sign[:, None] * sign,
            place=self.place[..., swapped, :] * sign,
            rotation_known=self.rotation_known[..., swapped],
            place_known=self.place_known[..., swapped],
        )


def tracker_places(points_m: Array, head_m: Array, R_world_head: Array, offsets_m: Array) -> Array:
    """Return where trackers are in proportion to the body, (..., 8, 3), in the world frame.

    Hips and chest about where they would be if the trunk hung upright below the neck, over the trunk's length; elbows
    about such shoulders, over the arm's; knees and feet about such hips, over the leg's. The neck is where the head's
    turn puts it, and the body looks where the head looks.

    Args:
        points_m: measured joints in the order of `TRACKER_JOINTS`, (..., 8, 3).
        head_m: measured head joint, (..., 3).
        R_world_head: measured rotation of the head, (..., 3, 3).
        offsets_m: rest offsets of the body, (..., 22, 3).
    """
    rest_m = forward_kinematics(_identity(offsets_m), offsets_m)
    anchors_m = rest_m[..., list(_ANCHORS), :] - rest_m[..., [_NECK], :]
    neck_m = head_m - (R_world_head @ offsets_m[..., _HEAD, :, None])[..., 0]
    heading = heading_of(R_world_head)
    R_world_heading = yaw_matrix(namespace_of(heading).atan2(heading[..., 1], heading[..., 0]))
    about_m = points_m - neck_m[..., None, :] - anchors_m @ R_world_heading.swapaxes(-1, -2)
    place = about_m / _units(rest_m, offsets_m)[..., None]
    return place * (_FARTHEST / norm(place)[..., None].clip(min=_FARTHEST))


def tracker_features(trackers: Trackers, to_heading: Array) -> Array:
    """Return the features of trackers, (..., T, TRACKER_FEATURES); zero where they are not known.

    Args:
        trackers: windows of trackers, in the world frame.
        to_heading: rotation from the world into each window's heading frame, (..., 3, 3).
    """
    turn = to_heading[..., None, None, :, :]
    rotation = matrix_to_sixd(turn @ trackers.R_world) * trackers.rotation_known[..., None]
    place = (turn @ trackers.place[..., None])[..., 0] / _SPREAD * trackers.place_known[..., None]
    xp = namespace_of(place)
    known = xp.astype_of(xp.stack((trackers.rotation_known, trackers.place_known), axis=-1), place)
    features = xp.concat((rotation, place, known), axis=-1)
    return features.reshape(*features.shape[:-2], -1)


def _units(rest_m: Array, offsets_m: Array) -> Array:
    """Return the length by which each tracker's place is divided, (..., 8).

    Arrays all the way: NumPy 1 makes float64 of a float32 number by itself, and the network would compute in it.
    """
    trunk_m = norm(rest_m[..., [_NECK], :] - rest_m[..., [_PELVIS], :])
    limbs_m = norm(offsets_m)[..., [_ARMS, _LEGS]].sum(axis=-1) / 2
    trunk_arm_leg_m = namespace_of(offsets_m).concat((trunk_m, limbs_m), axis=-1)
    return trunk_arm_leg_m[..., _UNIT_OF_TRACKER].clip(min=1e-6)


def _identity(offsets_m: Array) -> Array:
    xp = namespace_of(offsets_m)
    return xp.broadcast_to(xp.eye(3, offsets_m), (*offsets_m.shape[:-2], JOINT_COUNT, 3, 3))
