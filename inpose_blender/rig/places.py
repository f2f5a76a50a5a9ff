# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the places of the joints of a mapped rig: the heads of their bones, except for a pelvis that is elsewhere."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from mathutils import Matrix

from ..core import FloatArray
from .families import RigMapping

_FARTHEST_PELVIS: Final[float] = 0.4
"""Of a leg's length, from the middle of the hips. A bone on the floor may carry the body, but no pelvis is there."""


def joint_place(armature_data: Any, mapping: RigMapping, joint: str) -> FloatArray:
    """Return where a mapped joint rests in the armature frame, (3,)."""
    place = _head(armature_data, mapping, joint)
    if joint == "pelvis" and not mapping.family.is_control_rig and pelvis_is_elsewhere(armature_data, mapping):
        place = (_head(armature_data, mapping, "left_hip") + _head(armature_data, mapping, "right_hip")) / 2
    return place


def pelvis_is_elsewhere(armature_data: Any, mapping: RigMapping) -> bool:
    """Say whether the bone of the pelvis begins far from the hips: then the pelvis is where the hips are."""
    left, right, knee, ankle = (
        _head(armature_data, mapping, joint) for joint in ("left_hip", "right_hip", "left_knee", "left_ankle")
    )
    leg = np.linalg.norm(knee - left) + np.linalg.norm(ankle - knee)
    away = np.linalg.norm(_head(armature_data, mapping, "pelvis") - (left + right) / 2)
    return bool(away > _FARTHEST_PELVIS * leg)


def location_axes(bone: Any) -> FloatArray:
    """Return what one unit of each location component does in the armature frame, as columns (3, 3)."""
    columns = []
    for axis in range(3):
        step = Matrix.Translation([float(axis == component) for component in range(3)])
        parent = bone.parent.matrix_local if bone.parent else None
        carried = {"parent_matrix": parent, "parent_matrix_local": parent} if parent else {}
        moved = bone.convert_local_to_pose(step, bone.matrix_local, **carried)
        columns.append(np.array(moved.translation) - np.array(bone.matrix_local.translation))
    return np.array(columns, dtype=np.float64).T


def _head(armature_data: Any, mapping: RigMapping, joint: str) -> FloatArray:
    return np.array(armature_data.bones[mapping.anchor(joint)].head_local, dtype=np.float64)
