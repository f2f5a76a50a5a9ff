# SPDX-License-Identifier: Apache-2.0
"""Build a mesh sole under each foot, and measure how deep it is in the floor.

The skeleton ends at the ball of the foot, so heels and toes that go through the floor do not show in its joints. The
sole is a flat bare foot: from the heel to the ball it turns with the ankle, in front of the ball with the toes. Its
size follows the body's stature, by the means of the 6,068 people of ANSUR II (Gordon et al., "2012 Anthropometric
Survey of U.S. Army Personnel", NATICK/TR-15/007): foot length 263.0 mm, ball of foot length 194.8 mm, foot breadth
98.9 mm, heel breadth 70.8 mm; stature 1714 mm. The floor is a plane, so a vertex is always the deepest point, and the
mesh needs no faces.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.motion import Motion
from ...body.quaternions import quaternion_to_matrix
from ...body.skeleton import ANKLE_JOINTS, TOE_JOINTS, Skeleton

_LENGTH_PER_STATURE: Final[float] = 0.263 / 1.714
_HEEL_TO_BALL: Final[float] = 194.8 / 263.0
"""Share of the foot's length."""
_BREADTH: Final[float] = 98.9 / 263.0
_HEEL_BREADTH: Final[float] = 70.8 / 263.0
_ARC_POINTS: Final[int] = 9


def sole_outline_m(skeleton: Skeleton) -> tuple[FloatArray, FloatArray]:
    """Return the vertices of a flat sole about the ball of the foot: heel to ball (A, 3), and ball to toes (B, 3).

    X is across, Y is up, Z is forward; the ball's joint is the origin.
    """
    length_m = _LENGTH_PER_STATURE * skeleton.stature_m
    half_m, heel_m = 0.5 * _BREADTH * length_m, 0.5 * _HEEL_BREADTH * length_m
    angle = np.linspace(0.0, np.pi, _ARC_POINTS)
    heel_z_m = heel_m - _HEEL_TO_BALL * length_m
    heel = np.stack((heel_m * np.cos(angle), heel_z_m - heel_m * np.sin(angle)), axis=1)
    ball = np.array([(half_m, 0.0), (0.0, 0.0), (-half_m, 0.0)])
    toes = np.stack((half_m * np.cos(angle), (1 - _HEEL_TO_BALL) * length_m * np.sin(angle)), axis=1)
    return _at_sole(np.concatenate((heel, ball)), skeleton), _at_sole(toes, skeleton)


def sole_heights_m(motion: Motion) -> FloatArray:
    """Return the height above the floor (y = 0) of each vertex of the left and the right sole, (F, 2, V)."""
    skeleton = motion.skeleton
    rear_m, front_m = sole_outline_m(skeleton)
    balls_m = motion.joint_positions_m[:, list(TOE_JOINTS), 1]
    heights = []
    for foot, (ankle, toe) in enumerate(zip(ANKLE_JOINTS, TOE_JOINTS, strict=True)):
        turned = _along_foot(skeleton.offsets_m[toe])
        # The world's Y of a vertex is the second row of the rotation times the vertex.
        up_ankle = quaternion_to_matrix(motion.rotations_wxyz[:, ankle])[:, 1]
        up_toe = quaternion_to_matrix(motion.rotations_wxyz[:, toe])[:, 1]
        parts = (up_ankle @ (rear_m @ turned.T).T, up_toe @ (front_m @ turned.T).T)
        heights.append(balls_m[:, foot, None] + np.concatenate(parts, axis=1))
    return np.stack(heights, axis=1)


def sole_depth_m(heights_m: FloatArray) -> FloatArray:
    """Return how far the deepest vertex of both soles (F, 2, V) is below the floor, (F,); 0 if none is."""
    return np.asarray(np.maximum(-heights_m.min(axis=(1, 2)), 0.0))


def _at_sole(across_and_forward_m: FloatArray, skeleton: Skeleton) -> FloatArray:
    x, z = across_and_forward_m.T
    return np.stack((x, np.full_like(x, -skeleton.sole_height_m), z), axis=1)


def _along_foot(toe_offset_m: FloatArray) -> FloatArray:
    """Return the rotation about Y that turns +Z to the foot's direction in the T-pose, (3, 3)."""
    x, z = toe_offset_m[0], toe_offset_m[2]
    length = float(np.hypot(x, z))
    sin, cos = (x / length, z / length) if length > 0 else (0.0, 1.0)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
