# SPDX-License-Identifier: Apache-2.0
"""Read the fingers of a BVH file: all that hangs on the joint of a hand."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.hands.angles import local_rotations
from ..body.hands.chains import chain_places, find_chains
from ..body.hands.joints import FINGER_JOINT_COUNT, FINGERS, PHALANX_COUNT, SIDES, Side
from ..body.hands.rest import measure_hand
from ..body.hands.tracks import FingerTracks
from ..body.quaternions import conjugate_quaternion, matrix_to_quaternion, multiply_quaternions
from .bvh import BvhAnimation

_FEWEST_FINGERS: Final[int] = 3
_STILL_RAD: Final[float] = 1e-3


def fingers_of_bvh(animation: BvhAnimation, rest: FloatArray, wrists: tuple[int, int]) -> FingerTracks | None:
    """Return the fingers of a motion; None if the file has none, or they never move.

    Args:
        animation: the file.
        rest: (J, 3) the joints in its rest pose.
        wrists: the joints of the left and of the right hand.
    """
    turns = animation.global_rotations_wxyz
    local = np.full((len(animation), len(SIDES), FINGER_JOINT_COUNT, 4), np.nan)
    for hand, (side, wrist) in enumerate(zip(SIDES, wrists, strict=True)):
        found = _hand(animation, rest, side, wrist, turns)
        if found is not None:
            local[:, hand] = found
    tracks = FingerTracks.of_joints(local)
    seen = local[:, tracks.measured.any(axis=0)]
    return tracks if seen.size and (np.ptp(seen, axis=0) > _STILL_RAD).any() else None


def _hand(animation: BvhAnimation, rest: FloatArray, side: Side, wrist: int, turns: FloatArray) -> FloatArray | None:
    """Return the local rotations of a hand's finger joints, (F, 15, 4); None if it has too few fingers."""
    names = animation.joint_names
    index = {name: joint for joint, name in enumerate(names)}
    children: dict[str, list[str]] = {}
    for joint, parent in enumerate(animation.parents):
        if parent >= 0:
            children.setdefault(names[parent], []).append(names[joint])
    heads = dict(zip(names, rest, strict=True))
    ends = {name: heads[name] + offset for name, offset in animation.end_offsets.items() if name in heads}
    chains = find_chains(names[wrist], children, heads)
    if len(chains) < _FEWEST_FINGERS:
        return None
    measured = measure_hand(
        side, rest[wrist], {finger: chain_places(chain, heads, ends) for finger, chain in chains.items()}
    )
    if measured is None:
        return None
    to_hand = matrix_to_quaternion(measured.R_rest_hand)
    result = np.tile((1.0, 0.0, 0.0, 0.0), (len(animation), FINGER_JOINT_COUNT, 1))
    for number, finger in enumerate(FINGERS):
        if finger not in chains:
            continue
        for phalanx in range(PHALANX_COUNT):
            bone = min(phalanx, len(chains[finger].bones) - 1)
            from_hand = multiply_quaternions(
                conjugate_quaternion(turns[:, wrist]), turns[:, index[chains[finger].bones[bone]]]
            )
            in_hand = multiply_quaternions(conjugate_quaternion(to_hand), multiply_quaternions(from_hand, to_hand))
            K = matrix_to_quaternion(measured.K_hand[finger][bone])
            result[:, number * PHALANX_COUNT + phalanx] = multiply_quaternions(in_hand, K)
    return local_rotations(result)
