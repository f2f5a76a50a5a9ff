# SPDX-License-Identifier: Apache-2.0
"""Spoil the room: its floor drifts, is lost or wrong; it is recentred; the hands change what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ....arrays import FloatArray
from ....body.quaternions import multiply_quaternions, rotate_vector, rotvec_to_quaternion
from ....recording.findings import FindingKind
from ..devices import CONTROLLERS, Take, held_differently
from ..loggers.logger import Logger
from .defect import Damage, Damaged, Defect, Inflict, Limits, fitting

Heights = Callable[[Take, np.random.Generator], tuple[FloatArray, float | None]]
"""What is added to all heights, (F,), and when it begins."""


def _lifted(heights: Heights, *fits: FindingKind) -> Inflict:
    def inflict(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
        added_m, start_s = heights(take, random)
        positions_m = take.positions_m.copy()
        positions_m[..., 1] += added_m[:, None]
        stop_s = None if start_s is None else take.duration_s
        return Damaged(
            take.with_poses(positions_m, take.rotations_wxyz), logger, (Damage(fitting(*fits), None, start_s, stop_s),)
        )

    return inflict


def _sign(random: np.random.Generator) -> float:
    return 1.0 if random.random() < 0.5 else -1.0


def _drift(take: Take, random: np.random.Generator) -> tuple[FloatArray, float | None]:
    return _sign(random) * float(random.uniform(0.25, 0.45)) * take.times_s / take.duration_s, None


def _little_drift(take: Take, random: np.random.Generator) -> tuple[FloatArray, float | None]:
    return _sign(random) * float(random.uniform(0.1, 0.2)) * take.times_s / take.duration_s, None


def _step(take: Take, random: np.random.Generator) -> tuple[FloatArray, float | None]:
    start_s = float(random.uniform(0.45, 0.6)) * take.duration_s
    return np.where(take.times_s >= start_s, _sign(random) * float(random.uniform(0.3, 0.7)), 0.0), start_s


def _wrong(take: Take, random: np.random.Generator) -> tuple[FloatArray, float | None]:
    return np.full(len(take), _sign(random) * float(random.uniform(0.25, 0.4))), None


def _level(take: Take, random: np.random.Generator) -> tuple[FloatArray, float | None]:
    return np.full(len(take), float(random.uniform(4.0, 40.0))), None


def _eye_level(take: Take, _random: np.random.Generator) -> tuple[FloatArray, float | None]:
    return np.full(len(take), -float(take.positions_m[0, 0, 1])), None


def _recentred(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    start_s = float(random.uniform(0.35, 0.75)) * take.duration_s
    frames = take.frames(start_s, take.duration_s + 1.0)
    turn = rotvec_to_quaternion(np.array((0.0, _sign(random) * random.uniform(0.4, 2.0), 0.0)))
    shift_m = random.uniform(-1.0, 1.0, 3) * (1.0, 0.0, 1.0)
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    positions_m[frames] = rotate_vector(turn, positions_m[frames]) + shift_m
    rotations_wxyz[frames] = multiply_quaternions(turn, rotations_wxyz[frames])
    damage = Damage(fitting("recentred"), None, start_s, take.duration_s)
    return Damaged(take.with_poses(positions_m, rotations_wxyz), logger, (damage,))


def _tilted(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """The room was set up on a slope: everything leans about a point on the floor."""
    heading = float(random.uniform(-np.pi, np.pi))
    axis = np.array((np.cos(heading), 0.0, np.sin(heading)))
    turn = rotvec_to_quaternion(np.radians(float(random.uniform(6.0, 14.0))) * axis)
    return Damaged(
        take.with_poses(rotate_vector(turn, take.positions_m), multiply_quaternions(turn, take.rotations_wxyz)),
        logger,
        (Damage(fitting("room_tilted")),),
    )


def _snap_turns(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """A game turns the player about the head by steps, and moves them elsewhere."""
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    moments_s = np.sort(random.uniform(take.posed_until_s + 0.5, take.duration_s - 0.5, 8))
    for moment_s in moments_s[np.append(True, np.diff(moments_s) > 0.4)]:
        frames = take.frames(float(moment_s), take.duration_s + 1.0)
        about_m = positions_m[frames.start, 0] * (1.0, 0.0, 1.0)
        turn_rad = _sign(random) * np.radians((0.0, 30.0, 45.0)[int(random.integers(3))])
        turn = rotvec_to_quaternion(np.array((0.0, turn_rad, 0.0)))
        away_m = random.uniform(-3.0, 3.0, 3) * (1.0, 0.0, 1.0) if turn_rad == 0.0 else np.zeros(3)
        positions_m[frames] = rotate_vector(turn, positions_m[frames] - about_m) + about_m + away_m
        rotations_wxyz[frames] = multiply_quaternions(turn, rotations_wxyz[frames])
    damage = Damage(fitting("recentred"), None, float(moments_s[0]), take.duration_s)
    return Damaged(take.with_poses(positions_m, rotations_wxyz), logger, (damage,))


def _another_offset(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """The controllers are put away, and the runtime goes on with the tracked hands' wrists."""
    start_s = float(random.uniform(0.4, 0.65)) * take.duration_s
    frames = take.frames(start_s, take.duration_s + 1.0)
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    for hand, joint in ((1, 20), (2, 21)):
        left = held_differently(
            CONTROLLERS["tracked_hand"].wrist, 0.005 * random.standard_normal(3), 3.0 * random.standard_normal(3)
        )
        device = (left if hand == 1 else left.mirrored()).inverse()
        joint_m, joint_wxyz = take.joints_at_frames(joint)
        positions_m[frames, hand] = (joint_m + rotate_vector(joint_wxyz, device.position_m))[frames]
        rotations_wxyz[frames, hand] = multiply_quaternions(joint_wxyz, device.wxyz)[frames]
    damage = Damage(fitting("another_offset", "hand_poses"), None, start_s, take.duration_s)
    return Damaged(take.with_poses(positions_m, rotations_wxyz), logger, (damage,))


_LEVEL: Final[Limits] = Limits(0.08, 8.0)
"""A floor that follows from body and motion cannot be more exact: arm spans vary by 3 % of the stature."""
_FLOOR: Final[tuple[FindingKind, ...]] = ("floor_wrong", "stature")

DEFECTS: Final[tuple[Defect, ...]] = (
    Defect(
        "floor_drifts",
        "room",
        "the floor drifts by 25 to 45 cm over the take",
        _lifted(_drift, "floor_drifts"),
        limits=_LEVEL,
    ),
    Defect(
        "floor_drifts_little",
        "room",
        "the floor drifts by 10 to 20 cm over the take",
        _lifted(_little_drift, "floor_drifts"),
        limits=Limits(0.05, 8.0),
    ),
    Defect(
        "floor_lost",
        "room",
        "the floor is 30 to 70 cm off from mid-take on",
        _lifted(_step, "floor_lost", "floor_drifts", "recentred"),
    ),
    Defect(
        "floor_wrong",
        "room",
        "the floor is 25 to 40 cm off; the T-pose shows it",
        _lifted(_wrong, *_FLOOR),
        calibration="good",
        limits=_LEVEL,
    ),
    Defect(
        "level_height",
        "room",
        "heights are those of a game's level",
        _lifted(_level, *_FLOOR),
        floor_is_free=True,
        limits=_LEVEL,
    ),
    Defect(
        "eye_level",
        "room",
        "heights count from the eyes at the start",
        _lifted(_eye_level, *_FLOOR, "posture_unsure"),
        floor_is_free=True,
        calibration="good",
        refusal_tells="from the eyes",
        limits=_LEVEL,
    ),
    Defect("recentred", "room", "the room is turned and moved in mid-take", _recentred),
    Defect("room_tilted", "room", "the room leans by 6 to 14 degrees", _tilted, limits=Limits(0.05, 8.0)),
    Defect("snap_turns", "room", "a game turns and moves the player several times", _snap_turns),
    Defect(
        "another_offset",
        "room",
        "controllers become tracked hands in mid-take",
        _another_offset,
        controllers=("touch", "touch_aim"),
    ),
)
