# SPDX-License-Identifier: Apache-2.0
"""Move arms that go into the body out to its skin, and no further.

Where only the elbow is too near, it swivels about the line from shoulder to wrist, and the hand stays. A forearm or a
hand that is inside moves the wrist along the shortest way out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, multiply_quaternions, rotvec_to_quaternion
from ..body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS
from ..numerics.filters import gaussian_filter, upper_envelope
from .body_shape import BodyShape
from .meeting import mixed, with_wrists_at

_ROUNDS: Final[int] = 24
"""In each round the frames that are still inside move out, and their neighbours in time go with them."""
_SWIVELS: Final[int] = 10
"""After so many rounds, elbows do not swivel any more: what is still inside needs another place of the hand."""
_FARTHEST_M: Final[float] = 0.25
"""No hand moves further: a hand that is deeper in the body is no matter of a correction."""
_SMOOTH_S: Final[float] = 0.2
"""Time in which an arm goes out, and comes back."""
_MOST_SWIVEL_RAD: Final[float] = np.radians(60.0)
_STEP_RAD: Final[float] = np.radians(12.0)
_USEFUL: Final[float] = 0.35
"""The elbow swivels if that moves the skin outwards by more than this part of its way; else the wrist moves."""
_LEVER: Final[float] = 0.35
"""A point of the arm that is nearer to the shoulder than this part of the arm does not move the wrist."""
_SHORTEST_LEVER_M: Final[float] = 0.02
"""A straight arm has no elbow to swivel."""
_NOTHING: Final[float] = 1e-4


@dataclass(frozen=True)
class _Deepest:
    """Hold the deepest point of a piece of an arm in each frame."""

    depth_m: FloatArray
    """(F,) negative: outside by so much; minus infinity: nowhere near."""
    out: FloatArray
    """(F, 3) the way out."""
    place_m: FloatArray
    """(F, 3)"""


def spread_arms(motion: Motion, share: FloatArray, distance_m: float, shape: BodyShape) -> Motion:
    """Return the motion with arms and hands outside of the body.

    Args:
        motion: the motion.
        share: (F,) influence of the edit; frames without any are not looked at.
        distance_m: what the arms keep from the skin.
        shape: the skin of the character.
    """
    frames = np.flatnonzero(share > 0)
    if not len(frames):
        return motion
    span = slice(int(frames[0]), int(frames[-1]) + 1)
    part = motion.part(span)
    for side in (0, 1):
        part = _spread(part, side, distance_m, shape)
    rotations = motion.rotations_wxyz.copy()
    rotations[span] = part.rotations_wxyz
    return mixed(motion, replace(motion, rotations_wxyz=continuous_signs(rotations)), share)


def arm_depths_m(motion: Motion, shape: BodyShape) -> FloatArray:
    """Return how deep the left and the right arm are in the body, (F, 2); 0 where they are outside."""
    return np.stack(
        [np.max([deepest.depth_m for deepest in _deepest(motion, side, shape)], axis=0).clip(min=0) for side in (0, 1)],
        axis=1,
    )


def _spread(motion: Motion, side: int, distance_m: float, shape: BodyShape) -> Motion:
    """Return the motion with one arm outside of the body."""
    reach = round(_SMOOTH_S * motion.fps)
    swivel_rad, shift_m = np.zeros(len(motion)), np.zeros((len(motion), 3))
    # Only frames that have moved need another look.
    frames = np.arange(len(motion))
    for number in range(_ROUNDS):
        part = motion.part(frames)
        moved = _moved(part, side, swivel_rad[frames], shift_m[frames])
        turn_rad, push_m = np.zeros(len(motion)), np.zeros((len(motion), 3))
        turn_rad[frames], push_m[frames] = _needed(moved, side, distance_m, shape, swivels=number < _SWIVELS)
        inside = (np.abs(turn_rad) > _NOTHING) | (np.abs(push_m).max(axis=1) > _NOTHING)
        if not inside.any():
            break
        # An arm that is too short for its shift has gone less far, and is not pushed further and further.
        wrist = WRIST_JOINTS[side]
        shift_m[frames] = moved.joint_positions_m[:, wrist] - part.joint_positions_m[:, wrist]
        swivel_rad = (swivel_rad + _eased(turn_rad, inside, reach)).clip(-_MOST_SWIVEL_RAD, _MOST_SWIVEL_RAD)
        shift_m = shift_m + _eased(push_m, inside, reach)
        shift_m /= np.maximum(np.linalg.norm(shift_m, axis=1, keepdims=True) / _FARTHEST_M, 1.0)
        frames = np.flatnonzero(_near(inside, reach) > 0)
    return _moved(motion, side, swivel_rad, shift_m)


def _eased(steps: FloatArray, inside: BoolArray, reach: int) -> FloatArray:
    """Return steps (F, ...) of frames that are inside as a smooth curve that begins earlier and ends later.

    It is their mean around each frame: deep frames need several rounds, and no frame goes further than its neighbours.
    """
    weights = gaussian_filter(inside.astype(np.float64), reach / 2, "nearest")
    share = _near(inside, reach) / np.maximum(weights, 1e-9)
    return share.reshape(-1, *(1,) * (steps.ndim - 1)) * gaussian_filter(steps, reach / 2, "nearest")


def _near(inside: BoolArray, reach: int) -> FloatArray:
    """Return (F,) that is 1 in frames that are inside, and falls to 0 around them."""
    return upper_envelope(inside.astype(np.float64), reach)


def _deepest(motion: Motion, side: int, shape: BodyShape) -> list[_Deepest]:
    """Return the deepest point of upper arm, forearm and hand."""
    positions_m = motion.joint_positions_m
    found = []
    for piece in shape.arms[side]:
        places_m = piece.places_m(motion, positions_m)
        depths, outs = zip(*(tube.depth_m(motion, positions_m, places_m) for tube in shape.tubes), strict=True)
        depth_m, out = np.stack(depths), np.stack(outs)
        # A point can be in two tubes where they meet: it must leave the one in which it is deeper.
        tube = depth_m.argmax(axis=0)[None]
        depth_m, out = np.take_along_axis(depth_m, tube, 0)[0], np.take_along_axis(out, tube[..., None], 0)[0]
        point = depth_m.argmax(axis=1)[:, None]
        found.append(
            _Deepest(
                np.take_along_axis(depth_m, point, 1)[:, 0],
                np.take_along_axis(out, point[..., None], 1)[:, 0],
                np.take_along_axis(places_m, point[..., None], 1)[:, 0],
            )
        )
    return found


def _needed(
    motion: Motion, side: int, distance_m: float, shape: BodyShape, *, swivels: bool
) -> tuple[FloatArray, FloatArray]:
    """Return by how much the elbow must swivel, (F,) in radians, and the wrist move, (F, 3)."""
    upper, lower, hand = _deepest(motion, side, shape)
    positions_m = motion.joint_positions_m
    shoulder_m, wrist_m = positions_m[:, SHOULDER_JOINTS[side]], positions_m[:, WRIST_JOINTS[side]]
    lower_is_deeper = lower.depth_m > upper.depth_m
    depth_m = np.maximum(lower.depth_m, upper.depth_m) + distance_m
    out = np.where(lower_is_deeper[:, None], lower.out, upper.out)
    from_shoulder_m = np.where(lower_is_deeper[:, None], lower.place_m, upper.place_m) - shoulder_m
    inside_m = np.where(depth_m > 0, depth_m, 0.0)

    way_m = np.cross(_unit(wrist_m - shoulder_m), from_shoulder_m)
    lever_m = np.linalg.norm(way_m, axis=1)
    gain_m = (way_m * out).sum(axis=1)
    useful = (np.abs(gain_m) > _USEFUL * lever_m) & (lever_m > _SHORTEST_LEVER_M) & swivels
    turn_rad = np.where(useful, inside_m / np.where(useful, gain_m, 1.0), 0.0)

    along = np.linalg.norm(from_shoulder_m, axis=1) / motion.skeleton.arm_length_m
    by_arm_m = np.where(~useful & (along > _LEVER), inside_m / np.maximum(along, _LEVER), 0.0)
    by_hand_m = np.where(hand.depth_m + distance_m > 0, hand.depth_m + distance_m, 0.0)
    push_m = np.where((by_hand_m > by_arm_m)[:, None], by_hand_m[:, None] * hand.out, by_arm_m[:, None] * out)
    return np.clip(turn_rad, -_STEP_RAD, _STEP_RAD), push_m


def _moved(motion: Motion, side: int, swivel_rad: FloatArray, shift_m: FloatArray) -> Motion:
    """Return the motion with one wrist shifted, (F, 3), and its elbow swivelled, (F,)."""
    wrists_m = motion.joint_positions_m[:, list(WRIST_JOINTS)]
    wrists_m[:, side] += shift_m
    moved = with_wrists_at(motion, wrists_m, motion)
    positions_m = moved.joint_positions_m
    axis = _unit(positions_m[:, WRIST_JOINTS[side]] - positions_m[:, SHOULDER_JOINTS[side]])
    turn = rotvec_to_quaternion(axis * swivel_rad[:, None])
    rotations = moved.rotations_wxyz.copy()
    for joint in (SHOULDER_JOINTS[side], ELBOW_JOINTS[side]):
        rotations[:, joint] = multiply_quaternions(turn, rotations[:, joint])
    return replace(moved, rotations_wxyz=continuous_signs(rotations))


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
