# SPDX-License-Identifier: GPL-3.0-or-later
"""Curl the fingers of a sample of skin as a bake curls them. Does not import bpy.

Most characters rest with flat hands. The fingertips of a relaxed hand are some centimetres from there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...character.skin import Skin
from ...core import FloatArray, normalize_quaternion, quaternion_to_matrix
from ...fingers.rig_fingers import RigFingers
from ...fingers.turns import finger_turns
from ...rig.carriers import nearest_above
from ...rig.home import home_world
from ...rig.measure import RigMeasure


def curled_skin(
    skin: Skin, armature_object: Any, fingers: RigFingers, measure: RigMeasure, local_rotations: FloatArray
) -> Skin:
    """Return the skin with its fingers as they are on average over a take.

    Args:
        skin: at rest.
        armature_object: the character.
        fingers: its finger bones.
        measure: the rig.
        local_rotations: (F, 2, 15, 4) as `core.finger_rotations` returns them.
    """
    moved = _moved_bones(armature_object, fingers, measure, local_rotations)
    R, shift = np.tile(np.eye(3), (len(skin.bones), 1, 1)), np.zeros((len(skin.bones), 3))
    for number, name in enumerate(skin.bones[:-1]):
        carrier = nearest_above(armature_object.data.bones[name], moved)
        if carrier is not None:
            R[number], shift[number] = moved[carrier]
    weights = skin.weights[..., None]
    places = np.einsum("nwij,nj->nwi", R[skin.owners], skin.points) + shift[skin.owners]
    normals = (weights * np.einsum("nwij,nj->nwi", R[skin.owners], skin.normals)).sum(axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return replace(skin, points=(weights * places).sum(axis=1), normals=normals)


def _moved_bones(
    armature_object: Any, fingers: RigFingers, measure: RigMeasure, local_rotations: FloatArray
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return how each finger bone moves from rest in the armature frame: a turn (3, 3) and a shift (3,)."""
    world = home_world(armature_object)
    at_rest = {bone: np.array(((1.0, 0.0, 0.0, 0.0),)) for bone in fingers.wrists.values()}
    mean = normalize_quaternion(local_rotations.mean(axis=0))[None]
    turns = finger_turns(fingers, measure, world, at_rest, mean)
    moved = {}
    for side, hand in fingers.bones.items():
        for finger, bones in hand.items():
            R, shift = np.eye(3), np.zeros(3)
            for bone, place in zip(bones, fingers.places[side][finger][:-1], strict=True):
                if bone in turns:
                    # The bone turns about where the one before it has carried its head.
                    head, R = R @ place + shift, quaternion_to_matrix(turns[bone])[0]
                    shift = head - R @ place
                    moved[bone] = (R, shift)
    return moved
