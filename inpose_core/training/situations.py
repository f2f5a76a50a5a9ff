# SPDX-License-Identifier: Apache-2.0
"""Classify the situation in each frame, and set how often each situation is drawn.

Gestures are common and teach the legs nothing; walking backwards is rare and important. So examples are drawn by
situation, which is detected from the motion, and within a situation by person and activity.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, minimum_filter1d

from ..arrays import FloatArray
from ..body.motion import SOLVER_FPS
from ..body.skeleton import FOOT_JOINTS, HIP_JOINTS, JOINT_INDEX, KNEE_JOINTS, TOE_JOINTS
from .packed import PackedClips


class Situation(IntEnum):
    """Name the situation of a person."""

    GESTURE = 0
    WALK = 1
    RUN = 2
    SIDEWAYS = 3
    BACKWARDS = 4
    TURN = 5
    FOOT_UP = 6
    LUNGE = 7
    SIT = 8
    LOW = 9
    JUMP = 10
    DANCE = 11


SHARES: Final[Mapping[Situation, float]] = MappingProxyType(
    {
        Situation.GESTURE: 0.13,
        Situation.WALK: 0.22,
        Situation.RUN: 0.09,
        Situation.SIDEWAYS: 0.07,
        Situation.BACKWARDS: 0.05,
        Situation.TURN: 0.08,
        Situation.FOOT_UP: 0.09,
        Situation.LUNGE: 0.06,
        Situation.SIT: 0.06,
        Situation.LOW: 0.06,
        Situation.JUMP: 0.04,
        Situation.DANCE: 0.05,
    }
)
"""Share of each situation in the draws, chosen by what performers do and by how badly it was solved."""

_MOST_REPEATED: Final[float] = 8.0
"""A situation is drawn at most this many times its share in the data, so that no motion is memorised."""
_FACTORS: Final[tuple[tuple[str, float], ...]] = (
    ("climb", 0.1),  # performers do not climb or hang with controllers in both hands
    ("acrobatics", 0.5),
    ("salsa", 0.6),
)
_DATA_SET_FACTORS: Final[Mapping[str, float]] = MappingProxyType(
    # uiprmd repeats ten exercises; authored motion was made by hand.
    {"uiprmd": 0.35, "authored": 0.3}
)

_SMOOTHING_FRAMES: Final[float] = 12.0
_HEAD, _PELVIS, _CHEST = JOINT_INDEX["head"], JOINT_INDEX["pelvis"], JOINT_INDEX["spine3"]


def situations(
    positions_m: FloatArray,
    heading: FloatArray,
    floor_m: float,
    leg_length_m: float,
    rest_height_m: float,
    activity: str,
) -> NDArray[np.int8]:
    """Return the `Situation` of each frame of a clip, (F,).

    Args:
        positions_m: joints, Y up, (F, 22, 3).
        heading: direction in which the pelvis faces over the ground, unit (x, z), (F, 2).
        floor_m: height of a planted foot's lowest joint.
        leg_length_m: thigh plus shin.
        rest_height_m: head height of the rest skeleton above its lowest foot joint.
        activity: the source's label.
    """
    if len(positions_m) < 2:
        return np.zeros(len(positions_m), np.int8)
    forward, sideways = _travel_in_legs(positions_m[:, _PELVIS][:, [0, 2]], heading, leg_length_m)
    speed = np.hypot(forward, sideways)
    turn_rad_s = np.abs(_smooth(np.gradient(np.unwrap(np.arctan2(heading[:, 0], heading[:, 1]))) * SOLVER_FPS))
    toes_m = positions_m[:, list(TOE_JOINTS)]
    feet_apart = np.linalg.norm(toes_m[:, 0, [0, 2]] - toes_m[:, 1, [0, 2]], axis=-1) / leg_length_m
    lifted = np.abs(toes_m[:, 0, 1] - toes_m[:, 1, 1]) / leg_length_m
    clearance = (positions_m[:, list(FOOT_JOINTS), 1].min(axis=1) - floor_m) / leg_length_m
    # Airborne means higher than the lowest point within a second, so stairs or a wrong floor do not count.
    airborne = maximum_filter1d(_smooth(clearance, 2.0) - minimum_filter1d(clearance, 61), 31) > 0.09
    thigh_m = positions_m[:, list(KNEE_JOINTS)] - positions_m[:, list(HIP_JOINTS)]
    # 1 if a thigh hangs down, 0 if it is level.
    hanging = (-thigh_m[..., 1] / np.linalg.norm(thigh_m, axis=-1)).max(axis=1)
    trunk_m = positions_m[:, _CHEST] - positions_m[:, _PELVIS]
    upright = trunk_m[:, 1] / np.linalg.norm(trunk_m, axis=-1)
    height = (positions_m[:, _HEAD, 1] - floor_m) / rest_height_m
    bob = np.abs(_smooth(np.gradient(positions_m[:, _PELVIS, 1]) * SOLVER_FPS)) / leg_length_m

    result = np.full(len(positions_m), Situation.DANCE if "dance" in activity else Situation.GESTURE, np.int8)
    # Later lines are more specific and override earlier ones.
    result[turn_rad_s > 1.0] = Situation.TURN
    result[speed > 0.45] = Situation.WALK
    result[(np.abs(sideways) > 0.35) & (np.abs(sideways) > 1.2 * np.abs(forward))] = Situation.SIDEWAYS
    result[(forward < -0.35) & (np.abs(forward) > np.abs(sideways))] = Situation.BACKWARDS
    result[(lifted > 0.22) & (speed < 0.45)] = Situation.FOOT_UP
    result[(feet_apart > 0.75) & (speed < 0.6)] = Situation.LUNGE
    result[airborne] = Situation.JUMP
    result[speed > 2.3] = Situation.RUN
    result[(height < 0.72) | (upright < 0.35)] = Situation.LOW
    seated = (hanging < 0.6) & (upright > 0.6) & (bob < 0.12) & (speed < 0.25) & (height > 0.5)
    result[seated] = Situation.SIT
    return result


def frame_weights(clips: PackedClips, labels: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return the probability of each frame to be the middle of an example, (F,), with a sum of 1.

    Situations have the shares of `SHARES`. Within one, each person's activity is weighted by the square root of its
    length: a compromise between equal people (long takes starve) and equal frames (few people dominate).
    """
    clip_of = np.repeat(np.arange(len(clips)), clips.length)
    _, group = np.unique(
        [f"{a}\0{b}\0{c}" for (a, b), c in zip(clips.people(), clips.activity, strict=True)], return_inverse=True
    )
    factor = np.array([_factor(str(d), str(a)) for d, a in zip(clips.data_set, clips.activity, strict=True)])
    cell = labels.astype(np.int64) * (group.max(initial=0) + 1) + group[clip_of]
    count = np.bincount(cell)
    weights = factor[clip_of] / np.sqrt(np.maximum(count[cell], 1.0)) * clips.valid
    total = np.zeros_like(weights)
    for situation, share in SHARES.items():
        here = labels == situation
        drawn = min(share, _MOST_REPEATED * float(here.mean())) if len(here) else 0.0
        if weights[here].sum() > 0:
            total[here] = drawn * weights[here] / weights[here].sum()
    return np.asarray(total / max(total.sum(), 1e-12))


def _factor(data_set: str, activity: str) -> float:
    words = [factor for word, factor in _FACTORS if word in activity]
    return _DATA_SET_FACTORS.get(data_set, 1.0) * (words[0] if words else 1.0)


def _travel_in_legs(place_m: FloatArray, heading: FloatArray, leg_length_m: float) -> tuple[FloatArray, FloatArray]:
    """Return the speed forwards and to the left, in leg lengths a second, (F,) each."""
    velocity = _smooth(np.gradient(place_m, axis=0) * SOLVER_FPS) / leg_length_m
    facing = _smooth(heading)
    facing /= np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-6)
    left = np.stack((facing[:, 1], -facing[:, 0]), axis=-1)
    return (velocity * facing).sum(-1), (velocity * left).sum(-1)


def _smooth(values: FloatArray, deviation_frames: float = _SMOOTHING_FRAMES) -> FloatArray:
    return np.asarray(gaussian_filter1d(values, deviation_frames, axis=0, mode="nearest"))
