# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a rig's body: 22 T-pose offsets in metres, and how each rest limb is turned to get there.

Three frames meet here. The *world* is Blender's (Z up). The *core* frame is the solver's (Y up, facing +Z), laid into
the world so that the rest pose faces +Z: ``R_world_core`` has the core's axes as columns. The *armature* frame is the
object's own.

The solver thinks in T-poses, rigs rest in A-poses or otherwise. The rest pose is never edited: for each joint j an
alignment ``Q_j`` turns the limb that starts at j from its rest direction to its T-pose direction, and with the solver's
rotation ``R_j`` the bone's turn away from rest is ``G_j = R_j Q_j`` (core frame).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, PARENTS, RigError, Skeleton, rotation_between
from .families import RigMapping

FloatArray = NDArray[np.float64]

_CORE_TO_WORLD: Final[FloatArray] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""The core's axes in Blender's world for a character that faces -Y: left is +X, up is +Z."""

_DOWN: Final[tuple[float, float, float]] = (0.0, -1.0, 0.0)
_T_POSE_LIMBS: Final[tuple[tuple[str, str, tuple[float, float, float]], ...]] = (
    ("left_hip", "left_knee", _DOWN),
    ("left_knee", "left_ankle", _DOWN),
    ("right_hip", "right_knee", _DOWN),
    ("right_knee", "right_ankle", _DOWN),
    ("left_shoulder", "left_elbow", (1.0, 0.0, 0.0)),
    ("left_elbow", "left_wrist", (1.0, 0.0, 0.0)),
    ("right_shoulder", "right_elbow", (-1.0, 0.0, 0.0)),
    ("right_elbow", "right_wrist", (-1.0, 0.0, 0.0)),
)
"""The limbs that a T-pose straightens: (start, end, direction in the core frame). The start's bone turns."""

_STAND_IN: Final[tuple[tuple[str, str], ...]] = (
    ("spine2", "spine3"),
    ("spine1", "spine2"),
    ("neck", "head"),
    ("left_collar", "left_shoulder"),
    ("right_collar", "right_shoulder"),
)
"""A joint without a bone sits at this next joint: the bone below then carries it exactly as the rig does."""

_LARGEST_LEAN_COSINE: Final[float] = 0.7
_SHORTEST_BONE_M: Final[float] = 1e-4


@dataclass(frozen=True)
class RigMeasure:
    """Hold what the solver and the bake need to know of a rig's rest pose."""

    skeleton: Skeleton
    R_world_core: FloatArray
    """(3, 3) the core's axes, as columns, in Blender's world."""
    alignments: FloatArray
    """(22, 3, 3) Q_j in the core frame: rest limb to T-pose limb."""
    origin_world: FloatArray
    """(3,) where the recording's floor origin lies: the armature object's origin, in Blender units."""
    metres_per_unit: float
    notes: tuple[str, ...]


def measure_rig(armature_object: Any, mapping: RigMapping, metres_per_unit: float) -> RigMeasure:
    """Measure the rest pose of a mapped armature object as it stands in the scene.

    Raises:
        RigError: the rig has no size, does not stand upright, or a limb has no length.
        SkeletonError: the body is smaller than a doll or larger than a giant.
    """
    world_m = _joint_positions_world_m(armature_object, mapping, metres_per_unit)
    R_world_core = _frame_of_body(armature_object.name, world_m)
    rest_m = world_m @ R_world_core  # rows are R^T p: world to core
    alignments = _alignments(rest_m, mapping)
    offsets_m = np.zeros((JOINT_COUNT, 3))
    for joint in range(1, JOINT_COUNT):
        parent = PARENTS[joint]
        offsets_m[joint] = alignments[parent] @ (rest_m[joint] - rest_m[parent])
    return RigMeasure(
        skeleton=Skeleton(offsets_m),
        R_world_core=R_world_core,
        alignments=alignments,
        origin_world=np.array(armature_object.matrix_world.translation, dtype=np.float64),
        metres_per_unit=metres_per_unit,
        notes=mapping.notes,
    )


def _joint_positions_world_m(armature_object: Any, mapping: RigMapping, metres_per_unit: float) -> FloatArray:
    """Return the heads of the joints' bones, (22, 3); toes are NaN where the rig has none."""
    world = np.array(armature_object.matrix_world, dtype=np.float64)
    positions_m = np.full((JOINT_COUNT, 3), np.nan)
    for joint in mapping.bones:
        bone = armature_object.data.bones.get(mapping.anchor(joint))
        if bone is None:
            raise RigError(f"{armature_object.name} has no bone {mapping.anchor(joint)}.", "Generate the rig again.")
        head = np.array(bone.head_local, dtype=np.float64)
        positions_m[JOINT_INDEX[joint]] = (world[:3, :3] @ head + world[:3, 3]) * metres_per_unit
    for joint, stand_in in _STAND_IN:
        if joint not in mapping.bones:
            positions_m[JOINT_INDEX[joint]] = positions_m[JOINT_INDEX[stand_in]]
    return positions_m


def _frame_of_body(rig_name: str, world_m: FloatArray) -> FloatArray:
    """Return the core's axes in the world: up is Blender's Z, left is from the right hip and shoulder to the left."""
    by_name = dict(zip(JOINT_NAMES, world_m, strict=True))
    trunk = by_name["head"] - (by_name["left_hip"] + by_name["right_hip"]) / 2
    length_m = float(np.linalg.norm(trunk))
    if length_m < _SHORTEST_BONE_M:
        raise RigError(f"{rig_name} has no size: its head is where its hips are.", "Check the object's scale.")
    if trunk[2] / length_m < _LARGEST_LEAN_COSINE:
        raise RigError(
            f"{rig_name} does not stand upright in its rest pose.", "Rotate the armature object so that it stands."
        )
    left = by_name["left_hip"] - by_name["right_hip"] + by_name["left_shoulder"] - by_name["right_shoulder"]
    if np.linalg.norm(left[:2]) < 1e-3 * length_m:
        raise RigError(
            f"Left and right of {rig_name} are in the same place.", "Check that its left bones lie on its left side."
        )
    x, y = left[:2] / np.linalg.norm(left[:2])
    R_turn = np.array([[x, -y, 0.0], [y, x, 0.0], [0.0, 0.0, 1.0]])
    return R_turn @ _CORE_TO_WORLD


def _alignments(rest_m: FloatArray, mapping: RigMapping) -> FloatArray:
    """Return Q_j for all joints, (22, 3, 3); the toes of a rig without toe bones are placed in ``rest_m``.

    A limb's second half follows the first before it is straightened, as an elbow or knee is: the bend's axis stays the
    joint's own, and no twist is put between the two. Hands follow the forearm. Trunk, head, feet and toes stay: a rest
    pose stands upright and flat-footed.
    """
    alignments = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    for start, end, direction in _T_POSE_LIMBS:
        joint, child = JOINT_INDEX[start], JOINT_INDEX[end]
        limb_m = rest_m[child] - rest_m[joint]
        if np.linalg.norm(limb_m) < _SHORTEST_BONE_M:
            raise RigError(f"The bone {mapping.bones[start]} has no length.", f"It must reach to {mapping.bones[end]}.")
        upper = alignments[PARENTS[joint]] if start.endswith(("knee", "elbow")) else np.eye(3)
        alignments[joint] = rotation_between(upper @ limb_m, direction) @ upper
    for side in ("left", "right"):
        alignments[JOINT_INDEX[f"{side}_wrist"]] = alignments[JOINT_INDEX[f"{side}_elbow"]]
        foot, ankle, hip = (JOINT_INDEX[f"{side}_{name}"] for name in ("foot", "ankle", "hip"))
        if f"{side}_foot" not in mapping.bones:
            template = Skeleton.template()
            scale = np.linalg.norm(rest_m[hip] - rest_m[ankle]) / template.leg_length_m
            rest_m[foot] = rest_m[ankle] + template.offsets_m[foot] * scale
    return alignments
