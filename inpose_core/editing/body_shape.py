# SPDX-License-Identifier: Apache-2.0
"""Hold the shape of a character's skin around its skeleton, as simple as the clean-up needs it.

The trunk and the thighs are tubes around the bones, whose radius depends on the height along the bone and on the
direction. The arms and the soles are points of the skin. Every part moves rigidly with its joint. All places are in the
frame of the joint, where a T-pose that faces +Z has no rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import conjugate_quaternion, rotate_vector
from ..body.skeleton import (
    ELBOW_JOINTS,
    HIP_JOINTS,
    JOINT_INDEX,
    KNEE_JOINTS,
    SHOULDER_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)

HEIGHTS: Final[int] = 10
DIRECTIONS: Final[int] = 24
"""Numbers of radii along a tube and around it."""


@dataclass(frozen=True, eq=False)
class SkinPoints:
    """Hold points of the skin that one joint carries."""

    joint: int
    points_m: FloatArray
    """(N, 3)"""

    def places_m(self, motion: Motion, positions_m: FloatArray) -> FloatArray:
        """Return where the points are in a motion with these joint positions (F, 22, 3): (F, N, 3)."""
        turned_m = rotate_vector(motion.rotations_wxyz[:, self.joint, None], self.points_m)
        return np.asarray(positions_m[:, self.joint, None] + turned_m)


@dataclass(frozen=True, eq=False)
class Tube:
    """Hold the skin around a bone of the trunk or of a thigh."""

    joint: int
    start_m: FloatArray
    """(3,) where the tube begins."""
    axis: FloatArray
    """(3,) unit vector along it."""
    across: FloatArray
    """(3,) unit vector at right angles, the direction of the first radius; the next turn about the axis."""
    length_m: float
    radii_m: FloatArray
    """(HEIGHTS, DIRECTIONS) at equal steps from start to end, and around."""

    def depth_m(self, motion: Motion, positions_m: FloatArray, places_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how deep places (F, N, 3) are below the skin, (F, N), and the way out, (F, N, 3) unit vectors.

        Places beyond the ends of the tube are not inside, so their depth is minus infinity.
        """
        turn = motion.rotations_wxyz[:, self.joint, None]
        own_m = rotate_vector(conjugate_quaternion(turn), places_m - positions_m[:, self.joint, None]) - self.start_m
        along_m = own_m @ self.axis
        radial_m = own_m - along_m[..., None] * self.axis
        distance_m = np.linalg.norm(radial_m, axis=-1)
        out = radial_m / np.maximum(distance_m, 1e-9)[..., None]
        angle = np.arctan2(radial_m @ np.cross(self.axis, self.across), radial_m @ self.across)
        inside = (along_m >= 0) & (along_m <= self.length_m)
        depth_m = np.where(inside, self._radius_m(along_m, angle) - distance_m, -np.inf)
        return depth_m, rotate_vector(turn, out)

    def _radius_m(self, along_m: FloatArray, angle: FloatArray) -> FloatArray:
        height = np.clip(along_m / max(self.length_m, 1e-9), 0.0, 1.0) * (HEIGHTS - 1)
        low = np.minimum(height.astype(np.int64), HEIGHTS - 2)
        up = height - low
        around = (angle / (2 * np.pi) * DIRECTIONS) % DIRECTIONS
        left = np.minimum(around.astype(np.int64), DIRECTIONS - 1)
        aside = around - left
        right = (left + 1) % DIRECTIONS
        radii = self.radii_m
        below = (1 - aside) * radii[low, left] + aside * radii[low, right]
        above = (1 - aside) * radii[low + 1, left] + aside * radii[low + 1, right]
        return np.asarray((1 - up) * below + up * above)


@dataclass(frozen=True, eq=False)
class BodyShape:
    """Hold what the clean-up knows of a character's skin."""

    tubes: tuple[Tube, ...]
    """Trunk, head and thighs."""
    arms: tuple[tuple[SkinPoints, ...], tuple[SkinPoints, ...]]
    """Upper arm, forearm and hand, of the left and of the right arm."""


def tube_around(joint: int, start_m: FloatArray, end_m: FloatArray, points_m: FloatArray) -> Tube:
    """Return the tube that fits points of the skin.

    Each radius is the mean of the points near it, so a few hundred points are enough.

    Args:
        joint: the joint that carries the skin.
        start_m: (3,) start of the tube's axis, in the frame of the joint.
        end_m: (3,) its end.
        points_m: (N, 3) points of the skin, at least one.
    """
    length_m = float(np.linalg.norm(end_m - start_m))
    axis = (end_m - start_m) / length_m
    ahead = np.array((0.0, 0.0, 1.0)) if abs(axis[2]) < 0.9 else np.array((1.0, 0.0, 0.0))
    across = ahead - (ahead @ axis) * axis
    across /= np.linalg.norm(across)
    own_m = points_m - start_m
    along = own_m @ axis / length_m
    radial_m = own_m - (own_m @ axis)[:, None] * axis
    radius_m = np.linalg.norm(radial_m, axis=1)
    angle = np.arctan2(radial_m @ np.cross(axis, across), radial_m @ across)
    heights = np.linspace(0.0, 1.0, HEIGHTS)
    directions = np.linspace(0.0, 2 * np.pi, DIRECTIONS, endpoint=False)
    # Squared distances in bins, with an eye on bins without a point: there the nearest ones count.
    off_height = (along[None] - heights[:, None]) * (HEIGHTS - 1)
    off_angle = ((angle[None] - directions[:, None] + np.pi) % (2 * np.pi) - np.pi) * DIRECTIONS / (2 * np.pi)
    squares = off_height[:, None] ** 2 + off_angle[None] ** 2
    weights = np.exp(-0.5 * (squares - squares.min(axis=-1, keepdims=True)))
    return Tube(joint, start_m, axis, across, length_m, (weights * radius_m).sum(-1) / weights.sum(-1))


def usual_shape(skeleton: Skeleton) -> BodyShape:
    """Return the shape of an adult of average proportions around a skeleton: for a motion without a character."""
    rest_m, stature_m = skeleton.rest_positions_m, skeleton.stature_m
    names = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
    trunk = [JOINT_INDEX[name] for name in names]
    tubes = []
    for joint, after in pairwise(trunk):
        wide_m, deep_m = (stature_m * share for share in _TRUNK[joint])
        below_m = np.array((0.0, _BELOW_PELVIS * stature_m if joint == trunk[0] else 0.0, 0.0))
        ring_m = _rings(-below_m, rest_m[after] - rest_m[joint], wide_m, deep_m)
        tubes.append(tube_around(joint, -below_m, rest_m[after] - rest_m[joint], ring_m))
    top_m = np.array((0.0, skeleton.stature_m - skeleton.standing_head_height_m, 0.0))
    wide_m, deep_m = (stature_m * share for share in _HEAD)
    tubes.append(tube_around(trunk[-1], np.zeros(3), top_m, _rings(np.zeros(3), top_m, wide_m, deep_m)))
    for hip, knee in zip(HIP_JOINTS, KNEE_JOINTS, strict=True):
        end_m = skeleton.offsets_m[knee]
        thick_m = _THIGH * stature_m
        tubes.append(tube_around(hip, np.zeros(3), end_m, _rings(np.zeros(3), end_m, thick_m, thick_m)))
    return BodyShape(tuple(tubes), (_usual_arm(skeleton, 0), _usual_arm(skeleton, 1)))


_TRUNK: Final[dict[int, tuple[float, float]]] = {
    JOINT_INDEX["pelvis"]: (0.098, 0.066),
    JOINT_INDEX["spine1"]: (0.085, 0.062),
    JOINT_INDEX["spine2"]: (0.088, 0.065),
    JOINT_INDEX["spine3"]: (0.09, 0.062),
    JOINT_INDEX["neck"]: (0.034, 0.034),
}
"""Half the width and half the depth of the trunk above each joint, over the stature."""
_HEAD: Final[tuple[float, float]] = (0.043, 0.055)
_THIGH: Final[float] = 0.045
_FOREARM: Final[float] = 0.022
_HAND: Final[tuple[float, float, float]] = (0.1, 0.025, 0.012)
"""Length, half the width and half the thickness of a hand, over the stature."""
_BELOW_PELVIS: Final[float] = 0.05


def _rings(start_m: FloatArray, end_m: FloatArray, wide_m: float, deep_m: float) -> FloatArray:
    """Return points on ellipses around an upright bone, (N, 3)."""
    angle = np.linspace(0.0, 2 * np.pi, 36, endpoint=False)
    ring_m = np.stack((wide_m * np.sin(angle), np.zeros_like(angle), deep_m * np.cos(angle)), axis=-1)
    along = np.linspace(0.0, 1.0, 8)[:, None, None]
    return np.asarray((start_m + along * (end_m - start_m) + ring_m).reshape(-1, 3))


def _usual_arm(skeleton: Skeleton, side: int) -> tuple[SkinPoints, ...]:
    shoulder, elbow, wrist = SHOULDER_JOINTS[side], ELBOW_JOINTS[side], WRIST_JOINTS[side]
    upper_m, lower_m = skeleton.offsets_m[elbow], skeleton.offsets_m[wrist]
    stature_m = skeleton.stature_m
    angle = np.linspace(0.0, 2 * np.pi, 8, endpoint=False)
    ring = np.stack((np.zeros_like(angle), np.cos(angle), np.sin(angle)), axis=-1)
    along = np.linspace(0.5, 1.0, 3)[:, None, None]
    arm_m = (along * upper_m + 1.2 * _FOREARM * stature_m * ring).reshape(-1, 3)
    along = np.linspace(0.0, 1.0, 5)[:, None, None]
    forearm_m = (along * lower_m + _FOREARM * stature_m * ring).reshape(-1, 3)
    length_m, wide_m, thick_m = (share * stature_m for share in _HAND)
    outwards = lower_m / np.linalg.norm(lower_m)
    flat = ring * np.array((0.0, thick_m, wide_m))
    hand_m = (np.linspace(0.1, 1.0, 4)[:, None, None] * length_m * outwards + flat).reshape(-1, 3)
    return SkinPoints(shoulder, arm_m), SkinPoints(elbow, forearm_m), SkinPoints(wrist, hand_m)
