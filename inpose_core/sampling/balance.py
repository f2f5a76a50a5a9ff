# SPDX-License-Identifier: Apache-2.0
"""Bring the feet of people who stand still under their body.

Hardly anybody stands with the centre of mass beside the feet: in motion capture of people who stand upright and still,
it is there in 0.4 % of frames (test people; HDM05: 0.8 %, UI-PRMD: none), by 6 cm at most (`benchmarks/balance.py`).
Head and hands alone can look like a body that leans back, for example if both hands are held close to the face. The
prior then puts the feet far ahead of the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    HIP_JOINTS,
    JOINT_COUNT,
    JOINT_INDEX,
    KNEE_JOINTS,
    PELVIS_JOINT,
    SHOULDER_JOINTS,
    TOE_JOINTS,
    WRIST_JOINTS,
)
from ..numerics.filters import gaussian_filter

_HEAD_MASS, _TRUNK_MASS = 0.07, 0.43
_LIMBS: Final[tuple[tuple[tuple[int, int], tuple[int, int], float], ...]] = (
    (SHOULDER_JOINTS, ELBOW_JOINTS, 0.027),
    (ELBOW_JOINTS, WRIST_JOINTS, 0.016),
    (WRIST_JOINTS, WRIST_JOINTS, 0.006),
    (HIP_JOINTS, KNEE_JOINTS, 0.142),
    (KNEE_JOINTS, ANKLE_JOINTS, 0.043),
    (ANKLE_JOINTS, TOE_JOINTS, 0.014),
)
"""Upper and lower joints of the limbs, and the share of the body's mass (de Leva 1996, rounded)."""
_CENTRE_OF_LIMB: Final[float] = 0.45


@dataclass(frozen=True)
class BalanceSettings:
    """Choose whose feet are brought under the body; lengths are shares of the leg."""

    heel: float = 0.06
    """Length of the foot behind the ankle."""
    tip: float = 0.07
    """Length of the foot ahead of the toe joint."""
    half_width: float = 0.04
    doubted: tuple[float, float] = (0.0, 0.06)
    """Distance of the centre of mass from the area of the feet, 0 to 5 cm for an adult, over which their solved place
    loses its weight."""
    upright: tuple[float, float] = (0.86, 0.93)
    """Head height over its standing height: below the first, the body may sit, kneel or lean on something; above the
    second, it stands."""
    still: float = 0.2
    """Speed of the head in leg lengths per second: people who move fast are out of balance for a moment."""
    smoothing_frames: float = 15.0


@dataclass(frozen=True)
class StandingBody:
    """Hold the points of a solved body that balance depends on."""

    toes_m: FloatArray
    """(F, 2, 3)"""
    ankles_m: FloatArray
    """(F, 2, 3)"""
    mass_m: FloatArray
    """(F, 3) centre of mass."""


def joint_masses() -> FloatArray:
    """Return the share of the body's mass that each joint stands for, (22,): their mean is the centre of mass."""
    masses = np.zeros(JOINT_COUNT)
    masses[JOINT_INDEX["head"]] = _HEAD_MASS
    masses[[PELVIS_JOINT, JOINT_INDEX["neck"]]] = _TRUNK_MASS / 2
    for upper, lower, mass in _LIMBS:
        masses[list(upper)] += (1 - _CENTRE_OF_LIMB) * mass
        masses[list(lower)] += _CENTRE_OF_LIMB * mass
    return masses / masses.sum()


def shift_to_balance(
    body: StandingBody,
    head_ratio: FloatArray,
    head_speed_per_leg: FloatArray,
    leg_length_m: float,
    settings: BalanceSettings = BalanceSettings(),
) -> FloatArray:
    """Return how far both feet are shifted along the floor to come under the body, (F, 3); mostly zero.

    Args:
        body: toes, ankles and centre of mass.
        head_ratio: height of the head joint above a standing foot over its height in an upright stance, (F,).
        head_speed_per_leg: horizontal speed of the head in leg lengths per second, (F,).
        leg_length_m: thigh plus shin.
        settings: whose feet are shifted.
    """
    outside = distance_outside(body, leg_length_m, settings)
    doubt = np.interp(outside, settings.doubted, (0.0, 1.0))
    doubt *= np.interp(head_ratio, settings.upright, (0.0, 1.0))
    doubt *= np.exp(-0.5 * (head_speed_per_leg / settings.still) ** 2)
    middle_m = (body.toes_m + body.ankles_m).mean(axis=1) / 2
    shift_m = doubt[:, None] * (body.mass_m - middle_m) * (1.0, 0.0, 1.0)
    return np.asarray(gaussian_filter(shift_m, settings.smoothing_frames, "nearest"))


def distance_outside(
    body: StandingBody, leg_length_m: float, settings: BalanceSettings = BalanceSettings()
) -> FloatArray:
    """Return how far the centre of mass is beside the area of the feet, in leg lengths, (F,): 0 above it.

    The area is the convex hull of both feet, even if one of them is lifted.
    """
    toes, ankles = body.toes_m[..., [0, 2]] / leg_length_m, body.ankles_m[..., [0, 2]] / leg_length_m
    along = toes - ankles
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    corners = np.concatenate((ankles - settings.heel * along, toes + settings.tip * along), axis=1)
    away = _distance_from_hull(corners - body.mass_m[:, None, [0, 2]] / leg_length_m)
    return np.maximum(away - settings.half_width, 0.0)


def _distance_from_hull(corners: FloatArray) -> FloatArray:
    """Return the distance of the origin from the convex hull of corners (F, N, 2), (F,): 0 inside.

    A point inside of a hull is inside of a triangle of its corners (Carathéodory); of a point outside, the nearest
    point lies on a line between two corners.
    """
    pairs = list(combinations(range(corners.shape[1]), 2))
    first, second = corners[:, [i for i, _ in pairs]], corners[:, [j for _, j in pairs]]
    line = second - first
    share = -(first * line).sum(axis=-1) / np.maximum((line**2).sum(axis=-1), 1e-12)
    nearest = first + np.clip(share, 0.0, 1.0)[..., None] * line
    distance: FloatArray = np.linalg.norm(nearest, axis=-1).min(axis=1)
    turn = {pair: first[:, n, 0] * second[:, n, 1] - first[:, n, 1] * second[:, n, 0] for n, pair in enumerate(pairs)}
    inside = np.zeros(len(corners), np.bool_)
    for i, j, k in combinations(range(corners.shape[1]), 3):
        signs = np.sign((turn[i, j], turn[j, k], -turn[i, k]))
        inside |= np.abs(signs.sum(axis=0)) == len(signs)
    return np.where(inside, 0.0, distance)
