# SPDX-License-Identifier: Apache-2.0
"""Set pelvis and legs of a seated person: thighs on the seat, shins hanging, soles flat on the floor, all at rest.

The seat holds the pelvis, so a turning trunk twists above it. The legs follow by two-bone inverse kinematics, from the
hips to feet at their usual places. A chair that turns or rolls moves both along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.kinematics import forward_kinematics
from ..body.quaternions import matrix_to_quaternion, quaternion_to_matrix, slerp
from ..body.skeleton import HIP_JOINTS, JOINT_INDEX, LEG_CHAINS, TOE_JOINTS
from ..numerics.filters import gaussian_filter

_HEAD: Final[int] = JOINT_INDEX["head"]
_ANKLES_AHEAD: Final[float] = 0.88
"""Of the ankles before the hips over the length of a thigh. Captured people who sit have 0.4 to 0.95, most of them just
before they get up; this bends the knees by about 90 degrees in a seat of usual height."""
_ANKLES_APART: Final[float] = 1.5
"""Of the ankles' distance over that of the hips."""
_KNEES_OUT: Final[float] = 0.2
"""How far the knees' direction turns outwards: knees are further apart than feet."""
_SOLVED_SHARE: Final[float] = 0.15
"""How much of the feet's place is the solved one: of sitting the prior knows little, but not nothing."""
_SEEN_SHARE: Final[float] = 0.75
"""The same where the performer was seen to sit down or to get up: feet that stand while one does stay there."""
_SOLVED_LIMITS: Final[tuple[float, float]] = (0.4, 1.1)
"""Of the solved ankles ahead, over the length of a thigh; beyond them it is a crouch that was solved."""
_APART_LIMITS: Final[tuple[float, float]] = (0.8, 2.5)
_TOES_OUT_RAD: Final[float] = float(np.radians(12.0))
_LONGEST_REACH: Final[float] = 0.998
"""Longest leg, as a share of its full length, so that no knee locks."""
_KNEES_UP: Final[float] = 0.2
"""How far the knees' direction rises: a knee is above the line from hip to ankle."""
_TURNED_RAD: Final[float] = float(np.radians(40.0))
_ROLLED: Final[float] = 0.35
"""Of the leg's length: a chair that turns or rolls further than this takes the feet along."""
_FOLLOWING_S: Final[float] = 1.0
_HELD: Final[tuple[tuple[int, float], ...]] = tuple(
    (JOINT_INDEX[name], share) for name, share in (("pelvis", 0.9), ("spine1", 0.6), ("spine2", 0.3))
)
"""Share of the pelvis' turn on the seat that each joint undoes, so that the chest stays as solved."""


@dataclass(frozen=True)
class SeatedBody:
    """Hold the body whose legs are set, in metres above the floor."""

    offsets_m: FloatArray
    """(22, 3) rest offsets."""
    leg_length_m: float
    sole_height_m: float
    """Height of a standing toe joint above the floor."""
    fps: float


def resting_hips(hips_m: FloatArray, body: SeatedBody) -> FloatArray:
    """Return the resting places of the hips on the seat, (F, 2, 3), for hips that were solved at ``hips_m``. They have
    one place and one direction, unless the chair turns or rolls.
    """
    middle_m = hips_m.mean(axis=1)
    across_m = hips_m[:, 0] - middle_m
    level = across_m * (1.0, 0.0, 1.0)
    level /= np.maximum(np.linalg.norm(level, axis=1, keepdims=True), 1e-9)
    usual = level.mean(axis=0)
    usual /= max(float(np.linalg.norm(usual)), 1e-9)
    turned_rad = np.percentile(np.arccos(np.clip(level @ usual, -1.0, 1.0)), 90)
    rest_m = np.median(middle_m, axis=0)
    rolled_m = np.percentile(np.linalg.norm((middle_m - rest_m)[:, [0, 2]], axis=1), 90)
    half_m = float(np.median(np.linalg.norm(across_m, axis=1)))
    if turned_rad < _TURNED_RAD and rolled_m < _ROLLED * body.leg_length_m:
        level, middle_m = np.repeat(usual[None], len(hips_m), axis=0), np.repeat(rest_m[None], len(hips_m), axis=0)
    else:
        level = gaussian_filter(level, _FOLLOWING_S * body.fps, "nearest")
        level /= np.maximum(np.linalg.norm(level, axis=1, keepdims=True), 1e-9)
        middle_m = gaussian_filter(middle_m, _FOLLOWING_S * body.fps, "nearest")
    return np.stack((middle_m + half_m * level, middle_m - half_m * level), axis=1)


def twist_above_seat(R: FloatArray, hips_m: FloatArray, rest_m: FloatArray, share: FloatArray) -> FloatArray:
    """Return rotations (F, 22, 3, 3) whose pelvis faces as it rests on the seat, the spine twisted between it and the
    chest.

    Args:
        R: solved rotations, (F, 22, 3, 3).
        hips_m: solved hips, (F, 2, 3).
        rest_m: of `resting_hips`, (F, 2, 3).
        share: share of the seat in the result, (F,), from 0 to 1.
    """
    left, rest = hips_m[:, 0] - hips_m[:, 1], rest_m[:, 0] - rest_m[:, 1]
    turn_rad = np.arctan2(rest[:, 0], rest[:, 2]) - np.arctan2(left[:, 0], left[:, 2])
    turn_rad = (turn_rad + np.pi) % (2 * np.pi) - np.pi
    twisted = R.copy()
    for joint, held in _HELD:
        twisted[:, joint] = _about_y(held * share * turn_rad) @ R[:, joint]
    return twisted


def resting_ankles(ankles_m: FloatArray, rest_m: FloatArray, share: FloatArray, body: SeatedBody) -> FloatArray:
    """Return the resting places of the ankles before the seat, (F, 2, 3), feet flat on the floor.

    Args:
        ankles_m: solved ankles, (F, 2, 3).
        rest_m: of `resting_hips`, (F, 2, 3).
        share: share of the seat in the legs, (F,), from 0 to 1.
        body: whose legs.
    """
    middle_m, left, forward = _axes_of_seat(rest_m)
    # Where the share falls, the performer was seen to sit down or to get up.
    solved_share = _SOLVED_SHARE if share.min() >= 1.0 else _SEEN_SHARE
    places_m = np.empty_like(ankles_m)
    for side, (hip, knee, _) in enumerate(LEG_CHAINS):
        across = 1.0 if side == 0 else -1.0
        thigh_m, half_m = float(np.linalg.norm(body.offsets_m[knee])), abs(float(body.offsets_m[hip, 0]))
        solved_m = ankles_m[:, side] - middle_m
        ahead = float(np.median((solved_m * forward).sum(axis=-1))) / max(thigh_m, 1e-6)
        apart = float(np.median((solved_m * left).sum(axis=-1))) * across / max(half_m, 1e-6)
        ahead_m = thigh_m * _mixed(_ANKLES_AHEAD, ahead, _SOLVED_LIMITS, solved_share)
        out_m = half_m * _mixed(_ANKLES_APART, apart, _APART_LIMITS, solved_share)
        places_m[:, side] = middle_m + ahead_m * forward + across * out_m * left
        places_m[:, side, 1] = body.sole_height_m - body.offsets_m[TOE_JOINTS[side], 1]
    return places_m


def sit(
    R: FloatArray,
    head_m: FloatArray,
    rest_m: FloatArray,
    ankles_m: FloatArray,
    share: FloatArray,
    body: SeatedBody,
) -> FloatArray:
    """Return rotations (F, 22, 3, 3) whose legs sit.

    Args:
        R: solved rotations, (F, 22, 3, 3).
        head_m: measured head joint, (F, 3).
        rest_m: of `resting_hips`, (F, 2, 3); the feet point where it does.
        ankles_m: of `resting_ankles`, (F, 2, 3).
        share: share of the seat in the legs, (F,), from 0 to 1.
        body: whose legs.
    """
    offsets_m = body.offsets_m
    positions_m = forward_kinematics(R, offsets_m)
    hips_m = positions_m[:, list(HIP_JOINTS)] + (head_m[:, None] - positions_m[:, [_HEAD]])
    _, left, forward = _axes_of_seat(rest_m)
    legs = R.copy()
    for side, (hip, knee, ankle) in enumerate(LEG_CHAINS):
        toe, across = TOE_JOINTS[side], (1.0 if side == 0 else -1.0)
        R_foot = _about_y(np.arctan2(forward[:, 0], forward[:, 2]) + across * _TOES_OUT_RAD)
        knees = forward + across * _KNEES_OUT * left + np.array((0.0, _KNEES_UP, 0.0))
        R_thigh, R_shin = _two_bones(hips_m[:, side], ankles_m[:, side], offsets_m[knee], offsets_m[ankle], knees)
        for joint, R_joint in ((hip, R_thigh), (knee, R_shin), (ankle, R_foot), (toe, R_foot)):
            legs[:, joint] = _between(R[:, joint], R_joint, share)
    return legs


def _axes_of_seat(rest_m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the middle of the hips, (F, 3), and the level directions to the left and ahead, (F, 3) each."""
    middle_m = rest_m.mean(axis=1)
    left = (rest_m[:, 0] - middle_m) * (1.0, 0.0, 1.0)
    left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
    return middle_m, left, np.stack((-left[:, 2], np.zeros(len(left)), left[:, 0]), axis=-1)


def _mixed(usual: float, solved: float, limits: tuple[float, float], solved_share: float) -> float:
    return (1 - solved_share) * usual + solved_share * float(np.clip(solved, *limits))


def _two_bones(
    hip_m: FloatArray, ankle_m: FloatArray, thigh_m: FloatArray, shin_m: FloatArray, knees: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the rotations of thigh and shin, (F, 3, 3) each, that bring the ankle there, the knee where it points."""
    upper, lower = float(np.linalg.norm(thigh_m)), float(np.linalg.norm(shin_m))
    way_m = ankle_m - hip_m
    length_m = np.linalg.norm(way_m, axis=1, keepdims=True)
    along = way_m / np.maximum(length_m, 1e-9)
    # A seat that is too high for the feet leaves them hanging.
    length_m = np.clip(length_m, abs(upper - lower) * 1.01, _LONGEST_REACH * (upper + lower))
    bend = _orthogonal(knees, along)
    near_m = (upper**2 - lower**2 + length_m**2) / (2 * length_m)
    out_m = np.sqrt(np.maximum(upper**2 - near_m**2, 0.0))
    to_knee = near_m * along + out_m * bend
    to_ankle = length_m * along - to_knee
    hinge = np.cross(to_knee, to_ankle)
    hinge /= np.maximum(np.linalg.norm(hinge, axis=1, keepdims=True), 1e-9)
    return _turned(thigh_m, to_knee, hinge), _turned(shin_m, to_ankle, hinge)


def _turned(bone_m: FloatArray, to: FloatArray, hinge: FloatArray) -> FloatArray:
    """Return rotations (F, 3, 3) of a bone onto directions, its +X as near to the hinge as it gets."""
    at_rest = _axes(bone_m[None], np.array(((1.0, 0.0, 0.0),)))
    return _axes(to, hinge) @ np.swapaxes(at_rest, -1, -2)


def _axes(bone: FloatArray, hinge: FloatArray) -> FloatArray:
    """Return orthonormal axes as columns (F, 3, 3): hinge, bone, and their normal."""
    y = bone / np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-9)
    x = _orthogonal(hinge, y)
    return np.stack((x, y, np.cross(x, y)), axis=-1)


def _orthogonal(vectors: FloatArray, to: FloatArray) -> FloatArray:
    rest = vectors - (vectors * to).sum(axis=-1, keepdims=True) * to
    return rest / np.maximum(np.linalg.norm(rest, axis=-1, keepdims=True), 1e-9)


def _about_y(angle_rad: FloatArray) -> FloatArray:
    """Return rotations (F, 3, 3) about +Y."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    zero, one = np.zeros(len(angle_rad)), np.ones(len(angle_rad))
    return np.stack((c, zero, s, zero, one, zero, -s, zero, c), axis=-1).reshape(-1, 3, 3)


def _between(R_from: FloatArray, R_to: FloatArray, share: FloatArray) -> FloatArray:
    return quaternion_to_matrix(slerp(matrix_to_quaternion(R_from), matrix_to_quaternion(R_to), share[:, None]))
