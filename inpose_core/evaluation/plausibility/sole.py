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


def sole_vertices_m(motion: Motion) -> FloatArray:
    """Return the vertices of the left and the right sole in the room, (F, 2, V, 3)."""
    skeleton = motion.skeleton
    rear_m, front_m = sole_outline_m(skeleton)
    joints_m = motion.joint_positions_m
    feet = []
    for ankle, toe in zip(ANKLE_JOINTS, TOE_JOINTS, strict=True):
        turned = _along_foot(skeleton.offsets_m[toe])
        parts = [
            np.einsum("fij,vj->fvi", quaternion_to_matrix(motion.rotations_wxyz[:, joint]), part_m @ turned.T)
            for joint, part_m in ((ankle, rear_m), (toe, front_m))
        ]
        feet.append(joints_m[:, toe, None] + np.concatenate(parts, axis=1))
    return np.stack(feet, axis=1)


def sole_line_m(vertices_m: FloatArray) -> FloatArray:
    """Return heel, middle of the ball and tip of the toes of soles (F, 2, V, 3), (F, 2, 3, 3), to draw a foot."""
    return vertices_m[:, :, [_ARC_POINTS // 2, _ARC_POINTS + 1, _ARC_POINTS + 3 + _ARC_POINTS // 2]]


def sole_depth_m(vertices_m: FloatArray) -> FloatArray:
    """Return how far the deepest vertex of both soles (F, 2, V, 3) is below the floor, (F,); 0 if none is."""
    return np.asarray(np.maximum(-vertices_m[..., 1].min(axis=(1, 2)), 0.0))


def _at_sole(across_and_forward_m: FloatArray, skeleton: Skeleton) -> FloatArray:
    x, z = across_and_forward_m.T
    return np.stack((x, np.full_like(x, -skeleton.sole_height_m), z), axis=1)


def _along_foot(toe_offset_m: FloatArray) -> FloatArray:
    """Return the rotation about Y that turns +Z to the foot's direction in the T-pose, (3, 3)."""
    x, z = toe_offset_m[0], toe_offset_m[2]
    length = float(np.hypot(x, z))
    sin, cos = (x / length, z / length) if length > 0 else (0.0, 1.0)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
