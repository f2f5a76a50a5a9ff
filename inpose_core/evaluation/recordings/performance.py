# SPDX-License-Identifier: Apache-2.0
"""Join captured clips to one performance: a calibration pose, then several clips of one person, on a drawn body.

Each clip begins where the one before ended, and faces the same way; half a second blends them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from ...arrays import FloatArray
from ...body.motion import Motion
from ...body.quaternions import (
    continuous_signs,
    multiply_quaternions,
    rotate_vector,
    rotvec_to_quaternion,
    slerp,
    wxyz_from_xyzw,
)
from ...body.skeleton import FOOT_JOINTS, JOINT_COUNT, JOINT_INDEX, PARENTS, Skeleton
from ..bodies import DEFAULT_BODY
from ..simulation import on_body

Posture = Literal["standing", "seated"]
CalibrationStance = Literal["none", "good", "short", "sloppy"]

_BLEND_S: Final[float] = 0.6
_SWAY_RAD: Final[float] = 0.006
_HELD_S: Final[dict[CalibrationStance, float]] = {"none": 0.0, "good": 2.5, "short": 0.5, "sloppy": 2.0}
_IDENTITY: Final[tuple[float, float, float, float]] = (1.0, 0.0, 0.0, 0.0)

Turns = Mapping[str, tuple[float, float, float]]
"""Rotations of joints relative to their parents, as rotation vectors in degrees."""

_HANGING: Final[Turns] = {
    "left_shoulder": (0.0, 0.0, -78.0),
    "right_shoulder": (0.0, 0.0, 78.0),
    "left_elbow": (0.0, -12.0, 0.0),
    "right_elbow": (0.0, 12.0, 0.0),
}
_SITTING: Final[Turns] = {
    "left_hip": (-88.0, 4.0, 0.0),
    "right_hip": (-88.0, -4.0, 0.0),
    "left_knee": (86.0, 0.0, 0.0),
    "right_knee": (86.0, 0.0, 0.0),
    "left_ankle": (2.0, 0.0, 0.0),
    "right_ankle": (2.0, 0.0, 0.0),
}
_STILL_WHEN_SEATED: Final[tuple[str, ...]] = (*_SITTING, "left_foot", "right_foot")
_HANGING_SHARE: Final[float] = 0.85
_ARMS: Final[tuple[str, ...]] = tuple(_HANGING)


@dataclass(frozen=True)
class PerformanceSettings:
    """Say what the performer does."""

    seconds: float = 18.0
    calibration: CalibrationStance = "good"
    posture: Posture = "standing"
    hanging_arms: bool = False
    """The arms hang, and move little."""


@dataclass(frozen=True)
class Performance:
    """Hold what a performer did, and until when the calibration pose lasts."""

    motion: Motion
    posed_until_s: float
    """End of the calibration pose and of the way out of it; 0 without one."""


def perform(
    clips: Sequence[Motion], body: Skeleton, settings: PerformanceSettings, random: np.random.Generator
) -> Performance:
    """Return a performance of one person's clips on a body; the same state of ``random`` gives the same one."""
    parts = [_in_posture(on_body(clip, DEFAULT_BODY, body), settings) for clip in _chosen(clips, settings, random)]
    held_s = _HELD_S[settings.calibration]
    # The pose is always drawn, so that its kind does not change the other draws.
    stance = _held(body, _stance_turns(settings, random), max(held_s, 0.1), random)
    motion = _joined([_in_posture(stance, settings), *parts] if held_s else parts)
    return Performance(motion, held_s + _BLEND_S if held_s else 0.0)


def _chosen(clips: Sequence[Motion], settings: PerformanceSettings, random: np.random.Generator) -> list[Motion]:
    chosen: list[Motion] = []
    length_s = _HELD_S["good"]
    order = random.permutation(len(clips))
    count = 0
    while length_s < settings.seconds:
        clip = clips[int(order[count % len(clips)])]
        most = round((settings.seconds - length_s + _BLEND_S) * clip.fps)
        first = int(random.integers(0, max(1, len(clip) - most)))
        clip = _part(clip, slice(first, first + most))
        chosen.append(clip)
        length_s += len(clip) / clip.fps + _BLEND_S
        count += 1
    return chosen


def _stance_turns(settings: PerformanceSettings, random: np.random.Generator) -> Turns:
    low, forward, bent = random.uniform(8, 22, 2), random.uniform(4, 16, 2), random.uniform(5, 20, 2)
    if settings.calibration != "sloppy":
        return {}
    turns = {}
    for side, (name, across) in enumerate((("left", 1.0), ("right", -1.0))):
        turns[f"{name}_shoulder"] = (0.0, -across * forward[side], -across * low[side])
        turns[f"{name}_elbow"] = (0.0, -across * bent[side], 0.0)
    return turns


def _held(body: Skeleton, turns: Turns, seconds: float, random: np.random.Generator) -> Motion:
    """Return a pose that faces +Z on the floor, held with slow, small, independent rotations of every joint."""
    count = round(seconds * 60)
    noise = gaussian_filter1d(random.standard_normal((count + 120, JOINT_COUNT, 3)), 20, axis=0)[60 : 60 + count]
    sway = rotvec_to_quaternion(noise * _SWAY_RAD / noise.std())
    local = multiply_quaternions(np.broadcast_to(_pose(turns), sway.shape), sway)
    return _on_floor(Motion(_world(local), np.zeros((count, 3)), body, 60.0))


def _in_posture(motion: Motion, settings: PerformanceSettings) -> Motion:
    if settings.hanging_arms:
        local = motion.local_rotations_wxyz
        joints = [JOINT_INDEX[name] for name in _ARMS]
        hanging = np.broadcast_to(_pose(_HANGING)[joints], (len(motion), len(joints), 4))
        local[:, joints] = slerp(local[:, joints], hanging, np.array(_HANGING_SHARE))
        motion = replace(motion, rotations_wxyz=continuous_signs(_world(local)))
    return _seated(motion) if settings.posture == "seated" else motion


def _seated(motion: Motion) -> Motion:
    """Return the same gestures of trunk and arms on a seat: thighs level, feet on the floor, the pelvis in place."""
    local = motion.local_rotations_wxyz
    legs = [JOINT_INDEX[name] for name in _STILL_WHEN_SEATED]
    local[:, legs] = _pose(_SITTING)[legs]
    local[:, 0] = _IDENTITY
    local[:, JOINT_INDEX["spine1"]] = slerp(
        local[:, JOINT_INDEX["spine1"]], np.broadcast_to(_IDENTITY, (len(motion), 4)), np.array(0.3)
    )
    return _on_floor(
        replace(motion, rotations_wxyz=continuous_signs(_world(local)), root_translation_m=np.zeros((len(motion), 3)))
    )


def _joined(parts: Sequence[Motion]) -> Motion:
    """Return one motion; each part is moved to where the one before ends, and faces as it does."""
    joined = parts[0]
    for part in parts[1:]:
        facing = turned(part, _heading(joined, -1) - _heading(part, 0))
        away_m = joined.root_translation_m[-1] - facing.root_translation_m[0]
        joined = _with_blend(joined, moved(facing, away_m * (1.0, 0.0, 1.0)))
    return joined


def _with_blend(first: Motion, second: Motion) -> Motion:
    count = round(_BLEND_S * first.fps)
    share = (np.arange(count) + 1) / (count + 1)
    share = share * share * (3 - 2 * share)
    a, b = first.local_rotations_wxyz[-1], second.local_rotations_wxyz[0]
    between = slerp(np.broadcast_to(a, (count, *a.shape)), np.broadcast_to(b, (count, *b.shape)), share[:, None, None])
    root_m = first.root_translation_m[-1] + share[:, None] * (
        second.root_translation_m[0] - first.root_translation_m[-1]
    )
    return replace(
        first,
        rotations_wxyz=continuous_signs(np.concatenate((first.rotations_wxyz, _world(between), second.rotations_wxyz))),
        root_translation_m=np.concatenate((first.root_translation_m, root_m, second.root_translation_m)),
    )


def turned(motion: Motion, radians: float) -> Motion:
    """Return the motion in a room that is turned about the vertical through the origin."""
    turn = rotvec_to_quaternion(np.array((0.0, radians, 0.0)))
    return replace(
        motion,
        rotations_wxyz=multiply_quaternions(turn, motion.rotations_wxyz),
        root_translation_m=rotate_vector(turn, motion.root_translation_m),
    )


def moved(motion: Motion, by_m: FloatArray) -> Motion:
    """Return the motion moved by (3,)."""
    return replace(motion, root_translation_m=motion.root_translation_m + by_m)


def _heading(motion: Motion, frame: int) -> float:
    forward = rotate_vector(motion.rotations_wxyz[frame, 0], np.array((0.0, 0.0, 1.0)))
    return float(np.arctan2(forward[0], forward[2]))


def _part(motion: Motion, frames: slice) -> Motion:
    return replace(
        motion, rotations_wxyz=motion.rotations_wxyz[frames], root_translation_m=motion.root_translation_m[frames]
    )


def _on_floor(motion: Motion) -> Motion:
    """Return the motion with its root lifted by one height, so that its lowest foot stands on y = 0."""
    lowest_m = motion.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1)
    return moved(motion, np.array((0.0, motion.skeleton.sole_height_m - float(np.median(lowest_m)), 0.0)))


def _pose(turns: Turns) -> FloatArray:
    local = np.tile(np.array(_IDENTITY), (JOINT_COUNT, 1))
    for name, degrees in turns.items():
        local[JOINT_INDEX[name]] = wxyz_from_xyzw(Rotation.from_rotvec(np.radians(degrees)).as_quat())
    return local


def _world(local_wxyz: FloatArray) -> FloatArray:
    """Return global rotations (F, 22, 4) of rotations relative to the parents."""
    world = np.array(local_wxyz)
    for joint in range(1, JOINT_COUNT):
        world[:, joint] = multiply_quaternions(world[:, PARENTS[joint]], local_wxyz[:, joint])
    return world
