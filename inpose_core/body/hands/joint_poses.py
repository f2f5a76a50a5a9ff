# SPDX-License-Identifier: Apache-2.0
"""Turn the 25 joint poses of a tracked hand (WebXR, OpenXR) into finger rotations.

Places of the joints give the directions of the finger bones, relative to the palm between wrist and knuckles; so the
size of the hand does not matter. Rotations of the joints, where a file has them, add how the bones are turned about
themselves. WebXR: the -Z axis of a joint points to the finger tip, and +Y out of the back of the hand or the nail.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray
from ..quaternions import matrix_to_quaternion, multiply_quaternions, quaternion_to_matrix
from .angles import local_rotations
from .joints import FINGER_JOINT_COUNT, FINGERS, LEFT_AXES, PHALANX_COUNT, Finger, Side
from .rest import hand_axes

XR_JOINTS: Final[tuple[str, ...]] = (
    "wrist",
    *(f"thumb-{part}" for part in ("metacarpal", "phalanx-proximal", "phalanx-distal", "tip")),
    *(
        f"{finger}-finger-{part}"
        for finger in ("index", "middle", "ring", "pinky")
        for part in ("metacarpal", "phalanx-proximal", "phalanx-intermediate", "phalanx-distal", "tip")
    ),
)
"""WebXR's names of the joints of a hand, in its order."""

_FIRST: Final[dict[Finger, int]] = {"thumb": 1, "index": 6, "middle": 11, "ring": 16, "little": 21}
"""Index of the first joint of each finger in `XR_JOINTS`; the two others and the tip follow it."""
_SHORTEST: Final[float] = 0.02
"""Of the palm's length. A bone that is shorter is an error."""


def rotations_of_joint_poses(side: Side, places: FloatArray, turns_wxyz: FloatArray | None = None) -> FloatArray:
    """Return the local rotations of a hand's finger joints, (F, 15, 4), NaN in frames whose poses are incomplete.

    Args:
        side: which hand it is.
        places: (F, 25, 3) in the order of `XR_JOINTS`, in any right-handed frame with any unit; it may be another one
            in each frame, for example one that moves with the hand.
        turns_wxyz: (F, 25, 4) rotations of the joints; None, or NaN in a frame: unknown there.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        knuckles: dict[Finger, FloatArray] = {finger: places[:, first] for finger, first in _FIRST.items()}
        R_hand = hand_axes(side, places[:, 0], knuckles)
        palm = np.linalg.norm(knuckles["middle"] - places[:, 0], axis=-1)
        G_hand = np.empty((len(places), FINGER_JOINT_COUNT, 3, 3))
        for number, finger in enumerate(FINGERS):
            rest = _rest_axes(side, number)
            before = np.broadcast_to(np.eye(3), (len(places), 3, 3))
            for phalanx in range(PHALANX_COUNT):
                joint = _FIRST[finger] + phalanx
                bone = np.einsum("fji,fj->fi", R_hand, places[:, joint + 1] - places[:, joint])
                short = np.linalg.norm(bone, axis=-1) < _SHORTEST * palm
                guess = before
                if turns_wxyz is not None:
                    turned = R_hand.swapaxes(-1, -2) @ quaternion_to_matrix(turns_wxyz[:, joint])
                    turned = turned @ _XR_FROM_AXES @ rest.T
                    known = np.isfinite(turned).all(axis=(1, 2), keepdims=True)
                    guess = np.where(known, turned, before)
                before = np.where(short[:, None, None], np.nan, _turned_onto(guess, rest[:, 0], bone))
                if phalanx == 0:
                    following = np.einsum("fji,fj->fi", R_hand, places[:, joint + 2] - places[:, joint + 1])
                    rolled = _rolled(before, rest, following, side, is_thumb=finger == "thumb")
                    before = rolled if turns_wxyz is None else np.where(known, before, rolled)
                G_hand[:, number * PHALANX_COUNT + phalanx] = before
        good = np.isfinite(G_hand).all(axis=(1, 2, 3))
    wxyz = np.full((len(places), FINGER_JOINT_COUNT, 4), np.nan)
    if good.any():
        wxyz[good] = local_rotations(matrix_to_quaternion(G_hand[good]))
    return wxyz


_XR_FROM_AXES: Final[FloatArray] = np.array(((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)))
"""Columns: along the finger, out of the nail and the opposite of the axis of curling, in the axes of a WebXR joint."""


def _rest_axes(side: Side, finger: int) -> FloatArray:
    """Return along, out of the nail and the opposite of the axis of curling in the T-pose, as columns (3, 3)."""
    axes = LEFT_AXES[finger]
    if side == "left":
        return axes
    # Vectors are mirrored. An axis of rotation is mirrored, and then reversed.
    mirrored = np.diag((-1.0, 1.0, 1.0)) @ axes
    return mirrored * np.array((1.0, 1.0, -1.0))


def _rolled(G: FloatArray, rest: FloatArray, following: FloatArray, side: Side, *, is_thumb: bool) -> FloatArray:
    """Return rotations (F, 3, 3) of first joints, turned about their own bone as hands do; places do not tell that.

    The second joint of a finger is a hinge: the finger is turned so that it bends in the plane of its two bones
    (F, 3). A thumb rolls while it comes in front of the palm, in recordings of a Quest 3 by a third of the angle.
    """
    along, up, across = rest[:, 0], rest[:, 1], rest[:, 2]
    if is_thumb:
        bent = G @ along
        turn = _ROLL_OF_THUMB * np.arctan2(-(bent @ up), bent @ along)
        turn = turn if side == "left" else -turn
    else:
        seen = np.einsum("fji,fj->fi", G, following / np.linalg.norm(following, axis=-1, keepdims=True))
        sideways, down = seen @ across, -(seen @ up)
        bend = np.arctan2(np.hypot(sideways, down), seen @ along)
        share = np.clip((bend - _LEAST_BEND_RAD) / _LEAST_BEND_RAD, 0.0, 1.0)
        turn = share * np.clip(-np.arctan2(sideways, down), -_LARGEST_ROLL_RAD, _LARGEST_ROLL_RAD)
    x, y, z = along
    cross = np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))
    sine, versine = np.sin(turn)[:, None, None], (1 - np.cos(turn))[:, None, None]
    return np.asarray(G @ (np.eye(3) + sine * cross + versine * (cross @ cross)))


_ROLL_OF_THUMB: Final[float] = 0.36
_LEAST_BEND_RAD: Final[float] = np.radians(12.0)
_LARGEST_ROLL_RAD: Final[float] = np.radians(25.0)


def _turned_onto(R: FloatArray, along: FloatArray, bones: FloatArray) -> FloatArray:
    """Return rotations (F, 3, 3), turned on by the least angle so that they take ``along`` (3,) to bones (F, 3)."""
    now = R @ along
    target = bones / np.linalg.norm(bones, axis=-1, keepdims=True)
    chord = np.concatenate(((1.0 + (now * target).sum(axis=-1))[:, None], np.cross(now, target)), axis=-1)
    length = np.linalg.norm(chord, axis=-1, keepdims=True)
    arc = np.where(length > 1e-6, chord / np.maximum(length, 1e-6), np.nan)
    finite = np.isfinite(arc).all(axis=-1) & np.isfinite(R).all(axis=(1, 2))
    turned = np.full_like(R, np.nan)
    if finite.any():
        own = multiply_quaternions(arc[finite], matrix_to_quaternion(R[finite]))
        turned[finite] = quaternion_to_matrix(own)
    return turned
