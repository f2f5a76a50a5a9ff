# SPDX-License-Identifier: Apache-2.0
"""Look at the skin of an arm: how deep its points are in the body, and which way of elbow and wrist brings them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray, lengths
from ..body.motion import Motion
from ..body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS
from .body_shape import BodyShape
from .body_surface import PosedSurface

_UPPER_ARM: Final[int] = 0
_HAND: Final[int] = 2
_SHORTEST_LEVER_M: Final[float] = 0.03
"""The elbow of a straight arm counts as this far from the line between shoulder and wrist."""
_GIVES_M: Final[tuple[float, float, float]] = (0.008, 0.004, 0.0)
"""Skin and clothes of upper arm, forearm and hand may be pressed in by so much."""


@dataclass(frozen=True, eq=False)
class ArmPoints:
    """Hold P points of the skin of one arm in K frames."""

    depth_m: FloatArray
    """(K, P) negative: above the skin of the body by so much; minus infinity: not looked at."""
    ways: FloatArray
    """(K, P, 4) by how much a point goes out if the elbow swivels, in metres per radian, and if the wrist moves by
    X, Y or Z."""
    gives_m: FloatArray
    """(P,) how deep a point may be."""
    pieces: IndexArray
    """(P,) upper arm, forearm or hand."""

    def missing_m(self, keeps_m: FloatArray) -> FloatArray:
        """Return how far points, (K, P), must go out to keep distances (K,) from the skin."""
        return np.asarray((self.depth_m + keeps_m[:, None] - self.gives_m).clip(min=0))

    @property
    def hand_depth_m(self) -> FloatArray:
        """Return how deep the hand is in the body, (K,)."""
        return np.asarray(self.depth_m[:, self.pieces == _HAND].max(axis=1).clip(min=0))


def arm_places_m(motion: Motion, side: int, shape: BodyShape) -> FloatArray:
    """Return where the points of the left (0) or right (1) arm are, (K, P, 3)."""
    positions_m = motion.joint_positions_m
    return np.concatenate([piece.places_m(motion, positions_m) for piece in shape.arms[side]], axis=1)


def points_of_arm(
    motion: Motion,
    side: int,
    shape: BodyShape,
    surface: PosedSurface,
    frames: IndexArray,
    skin: IndexArray,
    looked_at: BoolArray,
) -> ArmPoints:
    """Return the points of an arm.

    Args:
        motion: K frames.
        side: left (0) or right (1).
        shape: the skin of the character.
        surface: its body.
        frames: (K,) the frames of the surface to which those of the motion belong.
        skin: (K, P) the point of the body near each point of the arm.
        looked_at: (K, P) which points may be in the body.
    """
    shoulder_m = motion.joint_positions_m[:, None, SHOULDER_JOINTS[side]]
    places_m = arm_places_m(motion, side, shape)
    depth_m, out = np.full(looked_at.shape, -np.inf), np.zeros(places_m.shape)
    rows, columns = np.nonzero(looked_at)
    at = (rows, columns)
    depth_m[at], out[at] = surface.below(places_m[at], frames[rows], skin[at])
    pieces = np.repeat(np.arange(3), [len(piece.points_m) for piece in shape.arms[side]])
    ways = _ways(motion, side, places_m - shoulder_m, out, pieces)
    return ArmPoints(depth_m, ways, arm_gives_m(side, shape), pieces)


def arm_gives_m(side: int, shape: BodyShape) -> FloatArray:
    """Return how deep each point of an arm may be in the body, (P,)."""
    return np.repeat(_GIVES_M, [len(piece.points_m) for piece in shape.arms[side]])


def _ways(motion: Motion, side: int, own_m: FloatArray, out: FloatArray, pieces: IndexArray) -> FloatArray:
    """Return how points (K, P, 3) from the shoulder go along directions ``out``, (K, P, 4) as in `ArmPoints`.

    That is linear in small ways, and leaves out how skin turns about its own bone.
    """
    positions_m = motion.joint_positions_m
    shoulder_m = positions_m[:, None, SHOULDER_JOINTS[side]]
    elbow_m, wrist_m = (positions_m[:, None, joints[side]] - shoulder_m for joints in (ELBOW_JOINTS, WRIST_JOINTS))
    apart_m = np.maximum(lengths(wrist_m), 1e-6)[..., None]
    axis = wrist_m / apart_m
    swivel = (np.cross(axis, own_m) * out).sum(axis=-1)
    # A wrist that moves across the line from the shoulder swings the whole arm.
    shift = np.cross(np.cross(own_m, out), axis) / apart_m
    # One that moves along it opens or closes the elbow.
    elbow_goes = _elbow_goes(elbow_m, wrist_m, axis)
    upper = _share_along(own_m, elbow_m)[..., None]
    lower = _share_along(own_m - elbow_m, wrist_m - elbow_m)[..., None]
    is_upper = (pieces == _UPPER_ARM)[:, None]
    goes = np.where(is_upper, upper * elbow_goes, (1 - lower) * elbow_goes + lower * axis)
    shift = shift + (goes * out).sum(axis=-1)[..., None] * axis
    # The hand keeps its rotation.
    hand = pieces == _HAND
    swivel[:, hand], shift[:, hand] = 0.0, out[:, hand]
    return np.concatenate((swivel[..., None], shift), axis=-1)


def _elbow_goes(elbow_m: FloatArray, wrist_m: FloatArray, axis: FloatArray) -> FloatArray:
    """Return how the elbow moves per metre that the wrist goes away from the shoulder, (K, 1, 3)."""
    along_m = (elbow_m * axis).sum(axis=-1, keepdims=True)
    aside_m = elbow_m - along_m * axis
    lever_m = np.maximum(lengths(aside_m)[..., None], _SHORTEST_LEVER_M)
    upper_m2, lower_m2, apart_m2 = (lengths(one)[..., None] ** 2 for one in (elbow_m, wrist_m - elbow_m, wrist_m))
    rate = (apart_m2 - upper_m2 + lower_m2) / (2 * np.maximum(apart_m2, 1e-9))
    return np.asarray(rate * axis - along_m * rate / lever_m**2 * aside_m)


def _share_along(points_m: FloatArray, bone_m: FloatArray) -> FloatArray:
    """Return where points (K, P, 3) are along a bone (K, 1, 3), from 0 to 1."""
    return np.clip((points_m * bone_m).sum(axis=-1) / np.maximum((bone_m**2).sum(axis=-1), 1e-9), 0.0, 1.0)
