# SPDX-License-Identifier: Apache-2.0
"""Measure a hand by the places of its joints: its own axes, and how its fingers rest.

Skeletons rest with fingers that are more or less bent and spread. Each finger bone has an alignment K: it turns the
straight finger of the T-pose onto the bone as it rests. With a finger joint's rotation G relative to the hand, the
bone's rotation from its rest pose is ``G K^-1``: then a straight finger is straight on every rig.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ...arrays import FloatArray
from ..quaternions import rotation_between
from .joints import FINGERS, Finger, Side, mirrored_axes

_KNUCKLES: Final[tuple[Finger, ...]] = ("index", "middle", "ring", "little")
_SHORTEST: Final[float] = 1e-3
"""Of the length of the palm: what is shorter has no direction."""


@dataclass(frozen=True)
class HandRest:
    """Hold the rest pose of a hand, in the frame in which its joints were given."""

    R_rest_hand: FloatArray
    """(3, 3) the axes that X, Y and Z of the T-pose have in this rest pose, as columns."""
    K_hand: Mapping[Finger, FloatArray]
    """For each finger (B, 3, 3): the alignment of each of its bones, in the axes of the hand."""


def measure_hand(
    side: Side, wrist: FloatArray, fingers: Mapping[Finger, FloatArray], towards_thumb: ArrayLike | None = None
) -> HandRest | None:
    """Measure a hand by its joints; None if they are all in one place.

    Args:
        side: which hand it is.
        wrist: (3,) the place of the wrist.
        fingers: for each finger that there is, the places of its joints from the palm to the tip, (B + 1, 3). The last
            one is the finger's end.
        towards_thumb: direction from the little finger to the thumb, for hands with a single finger; None: unknown.
    """
    R_rest_hand = _axes(side, wrist, fingers, towards_thumb)
    if R_rest_hand is None:
        return None
    along = {finger: axes[:, 0] for finger, axes in zip(FINGERS, mirrored_axes()[_index(side)], strict=True)}
    return HandRest(
        R_rest_hand,
        {finger: _alignments(along[finger], places @ R_rest_hand) for finger, places in fingers.items()},
    )


def hand_axes(side: Side, wrist: FloatArray, knuckles: Mapping[Finger, FloatArray]) -> FloatArray:
    """Return the axes of hands, (F, 3, 3), by the places (F, 3) of their wrists and of the first joints of fingers.

    Args:
        side: which hands they are.
        wrist: (F, 3)
        knuckles: of the index, the middle and the little finger.
    """
    across = knuckles["index"] - knuckles["little"]
    return _frame(side, knuckles["middle"] - wrist, across)


def _index(side: Side) -> int:
    return 0 if side == "left" else 1


def _axes(
    side: Side, wrist: FloatArray, fingers: Mapping[Finger, FloatArray], towards_thumb: ArrayLike | None
) -> FloatArray | None:
    knuckles = {finger: fingers[finger][0] for finger in _KNUCKLES if finger in fingers}
    if not knuckles:
        return None
    middle = knuckles["middle"] if "middle" in knuckles else np.mean(list(knuckles.values()), axis=0)
    forward = middle - wrist
    length = float(np.linalg.norm(forward))
    if length < 1e-9:  # the finger starts at the wrist, as in some mittens
        forward = np.mean([fingers[finger][-1] for finger in knuckles], axis=0) - wrist
        length = float(np.linalg.norm(forward))
    if length < 1e-9:
        return None
    candidates = []
    if len(knuckles) > 1:
        in_order = list(knuckles.values())
        candidates.append(in_order[0] - in_order[-1])
    if towards_thumb is not None:
        candidates.append(length * np.asarray(towards_thumb, dtype=np.float64))
    if "thumb" in fingers:
        candidates.append(fingers["thumb"][0] - wrist)
        candidates.append(fingers["thumb"][-1] - wrist)
    for across in candidates:
        off = across - (across @ forward) * forward / length**2
        if np.linalg.norm(off) > 0.1 * length:
            return np.asarray(_frame(side, forward, across))
    return None


def _frame(side: Side, forward: FloatArray, across: FloatArray) -> FloatArray:
    """Return X, Y and Z of the T-pose as columns (..., 3, 3): fingers along X or against it, thumb side along Z."""
    sign = 1.0 if side == "left" else -1.0
    x = sign * forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    z = across - (across * x).sum(axis=-1, keepdims=True) * x
    z = z / np.linalg.norm(z, axis=-1, keepdims=True)
    return np.stack((x, np.cross(z, x), z), axis=-1)


def _alignments(along: FloatArray, places: FloatArray) -> FloatArray:
    """Return the alignment of each bone of a finger, (B, 3, 3); each turns on from the one before by the least angle.

    Args:
        along: (3,) the finger's direction in the T-pose.
        places: (B + 1, 3) its joints in the axes of the hand.
    """
    K, result = np.eye(3), []
    longest = max(float(np.linalg.norm(places[-1] - places[0])), 1e-12)
    for bone in np.diff(places, axis=0):
        if np.linalg.norm(bone) > _SHORTEST * longest:
            K = rotation_between(K @ along, bone) @ K
        result.append(K)
    return np.array(result)
