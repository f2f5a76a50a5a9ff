# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a recorded upper body on hips that another animation moves. Does not import bpy.

The recorded hips are replaced by upright hips that face ahead. So the trunk keeps its recorded lean and its turn
against the hips, also where the performer sat and the hips leaned back; and the other animation turns the body.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..core import JOINT_INDEX, FloatArray, conjugate_quaternion, multiply_quaternions


def on_upright_hips(rotations_wxyz: FloatArray, hip_joints: Iterable[str]) -> FloatArray:
    """Return global rotations (F, 22, 4) relative to the heading of the hips, with the hips upright.

    Args:
        rotations_wxyz: (F, 22, 4) global rotations.
        hip_joints: the joints that the other animation moves with the hips, the pelvis among them.
    """
    pelvis = rotations_wxyz[:, JOINT_INDEX["pelvis"]]
    heading = pelvis * np.array((1.0, 0.0, 1.0, 0.0))  # the part of the rotation about the vertical axis
    norm = np.linalg.norm(heading, axis=-1, keepdims=True)
    heading = np.where(norm > 1e-6, heading / np.maximum(norm, 1e-6), np.array((1.0, 0.0, 0.0, 0.0)))
    relative = multiply_quaternions(conjugate_quaternion(heading)[:, None], rotations_wxyz)
    relative[:, [JOINT_INDEX[joint] for joint in hip_joints]] = (1.0, 0.0, 0.0, 0.0)
    return relative
