# SPDX-License-Identifier: GPL-3.0-or-later
"""Put root motion on a rig's root bone, as game engines need it. The hips keep the remaining motion."""

from __future__ import annotations

import numpy as np

from ..core import (
    FloatArray,
    RigError,
    conjugate_quaternion,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)
from ..rig.families import RigMapping
from ..rig.measure import RigMeasure
from ..rig.rotation import rotation_of
from ..rig.tree import BoneTree
from .adjust import RootPath, root_path_of


def without_way(rotations: FloatArray, root_m: FloatArray, fps: float) -> tuple[FloatArray, FloatArray, RootPath]:
    """Return a motion relative to its root motion: rotations (F, 22, 4) and root positions (F, 3), and the root
    motion."""
    path = root_path_of(rotations, root_m, fps)
    back = conjugate_quaternion(path.wxyz)
    return multiply_quaternions(back[:, None], rotations), rotate_vector(back, root_m - path.ground_m), path


def root_motion_channels(
    tree: BoneTree, mapping: RigMapping, measure: RigMeasure, world: FloatArray, body_bone: str, path: RootPath
) -> tuple[str, FloatArray, FloatArray]:
    """Return the root bone, its location (F, 3) in its own rest axes and its rotation (F, 4).

    The root motion moves the whole armature frame by ``x -> Q x + t``. For a bone with the rest matrix (R, h), this is
    the rotation ``R^-1 Q R`` and the location ``R^-1 (Q h + t - h)``.

    Raises:
        RigError: no bone above the hips carries the whole body.
    """
    bone = root_motion_bone(tree, mapping, body_bone)
    to_armature = np.linalg.inv(world[:3, :3])
    q_armature_core = matrix_to_quaternion(rotation_of(world).T @ measure.R_world_core)
    turn = multiply_quaternions(q_armature_core, multiply_quaternions(path.wxyz, conjugate_quaternion(q_armature_core)))
    # The recording's floor origin lies at the armature object's own origin: turns are about it.
    shift = (path.ground_m @ measure.R_world_core.T / measure.metres_per_unit) @ to_armature.T
    pivot = to_armature @ (measure.origin_world - world[:3, 3])
    head = tree[bone].rest_armature[:3, 3]
    moved = rotate_vector(turn, head - pivot) + pivot + shift - head
    q_rest = matrix_to_quaternion(rotation_of(tree[bone].rest_armature))
    basis = multiply_quaternions(conjugate_quaternion(q_rest), multiply_quaternions(turn, q_rest))
    return bone, rotate_vector(conjugate_quaternion(q_rest), moved), continuous_signs(normalize_quaternion(basis))


def root_motion_bone(tree: BoneTree, mapping: RigMapping, body_bone: str) -> str:
    """Return the highest bone above the hips and all other mapped bones, if every bone below it follows it.

    Raises:
        RigError: there is none.
    """
    tops = {_top(tree, bone) for bone in mapping.bones.values()}
    top = tops.pop()
    if tops or top in {body_bone, *mapping.bones.values()}:
        raise RigError(
            "The rig has no root bone above its hips for the root motion.",
            "Set Root motion to Hips, or add a bone on the floor as the parent of all other bones.",
        )
    loose = next((name for name, bone in tree.items() if bone.carrier and not bone.turns_with_carrier), None)
    if loose is not None:
        raise RigError(
            f"The bone {loose} does not inherit rotation, so the root bone cannot move it.",
            "Switch on Inherit Rotation for the bone, or set Root motion to Hips.",
        )
    return top


def _top(tree: BoneTree, bone: str) -> str:
    while (carrier := tree[bone].carrier) is not None:
        bone = carrier
    return bone
