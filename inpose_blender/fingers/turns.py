# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn finger rotations into the turns of a rig's finger bones: pure numpy, all frames at once.

A finger joint's rotation G counts from a straight finger, in the axes H that the hand has in the rig's rest pose; K
turns the straight finger onto the bone as it rests (`HandRest`). With D_hand, the hand's own turn away from rest, the
bone turns by ``D_hand (H G K^-1 H^-1)``, in the armature frame.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..core import (
    FINGERS,
    JOINT_INDEX,
    PHALANX_COUNT,
    SIDES,
    Finger,
    FloatArray,
    Side,
    conjugate_quaternion,
    global_rotations,
    matrix_to_quaternion,
    measure_hand,
    multiply_quaternions,
    slerp,
)
from ..rig.measure import RigMeasure
from ..rig.rotation import rotation_of
from .rig_fingers import RigFingers


def finger_turns(
    fingers: RigFingers,
    measure: RigMeasure,
    world: FloatArray,
    turns: Mapping[str, FloatArray],
    local_rotations: FloatArray,
) -> dict[str, FloatArray]:
    """Return the turn away from rest of each finger bone in the armature frame, (F, 4).

    Args:
        fingers: the rig's finger bones.
        measure: the rig's rest pose; it tells where the thumb's side is if a hand has a single finger.
        world: (4, 4) matrix_world of the armature object.
        turns: those of the hands, by bone.
        local_rotations: (F, 2, 15, 4) as `core.finger_rotations` returns them.
    """
    G_hand = global_rotations(local_rotations).reshape(len(local_rotations), len(SIDES), -1, PHALANX_COUNT, 4)
    result: dict[str, FloatArray] = {}
    for hand, side in enumerate(SIDES):
        if side not in fingers.bones:
            continue
        rest = measure_hand(
            side, fingers.wrist_places[side], fingers.places[side], _towards_thumb(measure, world, side)
        )
        if rest is None:
            continue
        q_hand = matrix_to_quaternion(rest.R_rest_hand)
        for finger, bones in fingers.bones[side].items():
            G = G_hand[:, hand, FINGERS.index(finger)]
            for bone, (before, after), K in zip(
                bones, _joints_of_bones(finger, len(bones)), rest.K_hand[finger], strict=True
            ):
                own = G[:, before] if before == after else slerp(G[:, before], G[:, after], np.array([0.5]))
                in_hand = multiply_quaternions(own, conjugate_quaternion(matrix_to_quaternion(K)))
                in_rest = multiply_quaternions(q_hand, multiply_quaternions(in_hand, conjugate_quaternion(q_hand)))
                result[bone] = multiply_quaternions(turns[fingers.wrists[side]], in_rest)
    return result


def _joints_of_bones(finger: Finger, count: int) -> list[tuple[int, int]]:
    """Return between which two joints each bone of a finger lies.

    Simple characters have fewer bones than a finger has joints. A single bone turns as the middle of the finger. Of two
    bones in a finger, the second one stands for the last two joints; thumbs of two bones lack that of the palm.
    """
    if count == 1:
        return [(0, 2)]
    if count == 2:
        return [(0, 1), (2, 2)] if finger == "thumb" else [(0, 0), (1, 2)]
    return [(joint, joint) for joint in range(PHALANX_COUNT)]


def _towards_thumb(measure: RigMeasure, world: FloatArray, side: Side) -> FloatArray:
    """Return the direction of the thumb's side in the rest pose, in the armature frame: forward in the T-pose."""
    to_core = measure.R_world_core.T @ rotation_of(world)
    aligned = measure.alignments[JOINT_INDEX[f"{side}_wrist"]] @ to_core
    return np.asarray(aligned.T @ np.array((0.0, 0.0, 1.0)))
