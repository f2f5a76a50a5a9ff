# SPDX-License-Identifier: Apache-2.0
"""Hold the shape of a character's skin as the clean-up needs it: the surface of the body, and points of both arms.

All places are in the frame of a joint, where a T-pose that faces +Z has no rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import quaternion_to_matrix
from ..body.skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    HIP_JOINTS,
    JOINT_INDEX,
    KNEE_JOINTS,
    SHOULDER_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)
from .body_surface import BodySurface, surface_of


@dataclass(frozen=True, eq=False)
class SkinPoints:
    """Hold points of the skin that one joint carries."""

    joint: int
    points_m: FloatArray
    """(N, 3)"""

    def places_m(self, motion: Motion, positions_m: FloatArray) -> FloatArray:
        """Return where the points are in a motion with these joint positions (F, 22, 3): (F, N, 3)."""
        R_joint_world = quaternion_to_matrix(motion.rotations_wxyz[:, self.joint]).swapaxes(1, 2)
        return np.asarray(positions_m[:, self.joint, None] + self.points_m @ R_joint_world)


@dataclass(frozen=True, eq=False)
class BodyShape:
    """Hold what the clean-up knows of a character's skin."""

    surface: BodySurface
    """Trunk, head and legs."""
    arms: tuple[tuple[SkinPoints, ...], tuple[SkinPoints, ...]]
    """Upper arm, forearm and hand, of the left and of the right arm. The upper arm begins at its middle: above, its
    skin is always at the trunk."""


TRUNK_PART: Final[int] = 0
LEG_PARTS: Final[tuple[int, int]] = (1, 2)
"""Numbers of the parts of a body: trunk and head, the left and the right leg."""


def usual_shape(skeleton: Skeleton) -> BodyShape:
    """Return the shape of an adult of average proportions around a skeleton: for a motion without a character."""
    rest_m, stature_m = skeleton.rest_positions_m, skeleton.stature_m
    trunk = [JOINT_INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")]
    rings = []
    for joint, after in pairwise(trunk):
        wide_m, deep_m = (stature_m * share for share in _TRUNK[joint])
        start_m = np.array((0.0, -_BELOW_PELVIS * stature_m if joint == trunk[0] else 0.0, 0.0))
        rings.append(_ring(joint, TRUNK_PART, start_m, rest_m[after] - rest_m[joint], wide_m, deep_m))
    top_m = np.array((0.0, stature_m - skeleton.standing_head_height_m, 0.0))
    wide_m, deep_m = (stature_m * share for share in _HEAD)
    rings.append(_ring(trunk[-1], TRUNK_PART, np.zeros(3), top_m, wide_m, deep_m))
    for part, hip, knee, ankle in zip(LEG_PARTS, HIP_JOINTS, KNEE_JOINTS, ANKLE_JOINTS, strict=True):
        for joint, end, thick in ((hip, knee, _THIGH), (knee, ankle, _SHIN)):
            thick_m = thick * stature_m
            rings.append(_ring(joint, part, np.zeros(3), skeleton.offsets_m[end], thick_m, thick_m))
    joints = np.concatenate([np.full((len(ring.points_m), 1), ring.joint) for ring in rings])
    points_m = np.concatenate([ring.points_m for ring in rings])[:, None]
    normals = np.concatenate([ring.normals for ring in rings])[:, None]
    parts = np.concatenate([np.full(len(ring.points_m), ring.part) for ring in rings])
    surface = surface_of(joints, np.ones(joints.shape), points_m, normals, parts, rest_m)
    return BodyShape(surface, (_usual_arm(skeleton, 0), _usual_arm(skeleton, 1)))


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
_SHIN: Final[float] = 0.03
_FOREARM: Final[float] = 0.022
_HAND: Final[tuple[float, float, float]] = (0.1, 0.025, 0.012)
"""Length, half the width and half the thickness of a hand, over the stature."""
_BELOW_PELVIS: Final[float] = 0.05
_AROUND: Final[int] = 16
_ALONG: Final[int] = 4


@dataclass(frozen=True)
class _Ring:
    """Hold points of one bone's skin."""

    joint: int
    part: int
    points_m: FloatArray
    normals: FloatArray


def _ring(joint: int, part: int, start_m: FloatArray, end_m: FloatArray, wide_m: float, deep_m: float) -> _Ring:
    """Return points on ellipses around an upright bone."""
    angle = np.linspace(0.0, 2 * np.pi, _AROUND, endpoint=False)
    ring_m = np.stack((wide_m * np.sin(angle), np.zeros_like(angle), deep_m * np.cos(angle)), axis=-1)
    normal = np.stack((deep_m * np.sin(angle), np.zeros_like(angle), wide_m * np.cos(angle)), axis=-1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    # The ends belong to the next bones.
    along = (np.arange(_ALONG) + 0.5)[:, None, None] / _ALONG
    points_m = (start_m + along * (end_m - start_m) + ring_m).reshape(-1, 3)
    return _Ring(joint, part, points_m, np.tile(normal, (_ALONG, 1)))


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
