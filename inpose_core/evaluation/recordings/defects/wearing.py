# SPDX-License-Identifier: Apache-2.0
"""Take the headset off: on the desk before or after the take, in mid-take, put on late."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ....arrays import FloatArray
from ....body.quaternions import continuous_signs, rotvec_to_quaternion, slerp
from ..devices import Take
from ..loggers.logger import Logger
from .defect import NOT_TRACKED, Damage, Damaged, Defect, Inflict, draw_span, fitting

_NOT_WORN: Final = fitting("not_worn")
_LIFTED_S: Final[float] = 1.2


def _desk(count: int, beside_m: FloatArray, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return poses (count, 3, 3), (count, 3, 4) of devices on a desk, with the noise of their sensors."""
    height_m = float(random.uniform(0.7, 0.85))
    places_m = beside_m + np.array([[0.4, height_m, 0.0], [0.2, height_m - 0.02, -0.1], [0.6, height_m - 0.02, -0.1]])
    turns = np.array([[-1.2, 0.3, 0.1], [-1.4, 0.1, 0.0], [-1.4, -0.2, 0.1]]) + random.uniform(-0.3, 0.3, (3, 3))
    positions_m = places_m + 0.0004 * random.standard_normal((count, 3, 3))
    return positions_m, rotvec_to_quaternion(turns + 0.001 * random.standard_normal((count, 3, 3)))


def _held_before(count: int, take: Take, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return poses of a headset that is held in both hands before the chest, and moves a little."""
    wander = np.cumsum(random.standard_normal((count, 3, 3)), axis=0)
    wander = 0.03 * (wander - wander.mean(axis=0)) / np.maximum(wander.std(axis=0), 1e-9)
    turn = np.cumsum(random.standard_normal((count, 1, 3)), axis=0)
    turn = 0.15 * (turn - turn.mean(axis=0)) / np.maximum(turn.std(axis=0), 1e-9)
    beside_m = take.positions_m[0, 0] * (1.0, 0.0, 1.0)
    places_m = beside_m + np.array([[0.0, 1.05, 0.0], [-0.12, 1.0, 0.0], [0.12, 1.0, 0.0]])
    return places_m + wander[:, :1] + 0.2 * wander, rotvec_to_quaternion(
        np.array((-0.8, 0.4, 0.2)) + turn + np.zeros((1, 3, 1))
    )


def _lead(
    take: Take, seconds: float, worn: bool, random: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return times, positions and rotations that come before the take: off the head, then lifted to the first pose."""
    rate_hz = (len(take) - 1) / take.duration_s
    count, lifted = round(seconds * rate_hz), round(_LIFTED_S * rate_hz)
    beside_m = take.positions_m[0, 0] * (1.0, 0.0, 1.0)
    away = _held_before(count, take, random) if worn else _desk(count, beside_m, random)
    share = (np.arange(lifted) + 1) / (lifted + 1)
    share = (share * share * (3 - 2 * share))[:, None, None]
    p = away[0][-1] + share * (take.positions_m[0] - away[0][-1])
    q = slerp(
        np.broadcast_to(away[1][-1], (lifted, 3, 4)), np.broadcast_to(take.rotations_wxyz[0], (lifted, 3, 4)), share
    )
    positions_m, rotations_wxyz = np.concatenate((away[0], p)), np.concatenate((away[1], q))
    return np.arange(len(positions_m)) / rate_hz, positions_m, rotations_wxyz


def _before(worn: bool) -> Inflict:
    def inflict(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
        times_s, positions_m, rotations_wxyz = _lead(take, float(random.uniform(3.5, 7.0)), worn, random)
        from_s = float(times_s[-1] + np.median(np.diff(times_s)))
        longer = replace(
            take,
            times_s=np.concatenate((times_s, take.times_s + from_s)),
            positions_m=np.concatenate((positions_m, take.positions_m)),
            rotations_wxyz=continuous_signs(np.concatenate((rotations_wxyz, take.rotations_wxyz))),
            measured=np.ones((len(times_s) + len(take), 3), dtype=np.bool_),
        )
        return Damaged(longer, logger, (Damage(_NOT_WORN, None, 0.0, from_s),), truth_from_s=from_s)

    return inflict


def _desk_last(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    backwards = take.with_poses(take.positions_m[::-1], take.rotations_wxyz[::-1])
    times_s, positions_m, rotations_wxyz = _lead(backwards, float(random.uniform(3.5, 7.0)), False, random)
    stop_s = take.duration_s + float(times_s[-1])
    longer = replace(
        take,
        times_s=np.concatenate((take.times_s, take.duration_s + times_s + np.median(np.diff(times_s)))),
        positions_m=np.concatenate((take.positions_m, positions_m[::-1])),
        rotations_wxyz=continuous_signs(np.concatenate((take.rotations_wxyz, rotations_wxyz[::-1]))),
        measured=np.ones((len(times_s) + len(take), 3), dtype=np.bool_),
    )
    return Damaged(longer, logger, (Damage(_NOT_WORN, None, take.duration_s, stop_s),))


def _off_in_mid_take(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    span_s = draw_span(take, random, 4.0, 6.0)
    frames = take.frames(*span_s)
    count = frames.stop - frames.start
    beside_m = take.positions_m[frames.start, 0] * (1.0, 0.0, 1.0)
    away = _desk(count, beside_m, random)
    rate_hz = (len(take) - 1) / take.duration_s
    # In less than a second down and up again.
    ramp = np.clip(np.minimum(np.arange(count) + 1, np.arange(count)[::-1] + 1) / (0.8 * rate_hz), 0, 1)
    share = (ramp * ramp * (3 - 2 * ramp))[:, None]
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    positions_m[frames, 0] += share * (away[0][:, 0] - positions_m[frames, 0])
    rotations_wxyz[frames, 0] = slerp(rotations_wxyz[frames, 0], away[1][:, 0], share)
    damage = Damage(NOT_TRACKED | fitting("headset_jumped"), None, *span_s)
    return Damaged(take.with_poses(positions_m, continuous_signs(rotations_wxyz)), logger, (damage,))


def _headset_jumps(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    span_s = draw_span(take, random, 1.0, 4.0)
    frames = take.frames(*span_s)
    direction = random.standard_normal(3) * (1.0, 0.4, 1.0)
    positions_m = take.positions_m.copy()
    positions_m[frames, 0] += direction / np.linalg.norm(direction) * random.uniform(0.35, 0.8)
    damage = Damage(NOT_TRACKED | fitting("headset_jumped", "spikes"), 0, *span_s)
    return Damaged(take.with_poses(positions_m, take.rotations_wxyz), logger, (damage,))


def _frozen_headset(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    span_s = draw_span(take, random, 2.0, 4.0)
    frames = take.frames(*span_s)
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    positions_m[frames, 0], rotations_wxyz[frames, 0] = positions_m[frames.start, 0], rotations_wxyz[frames.start, 0]
    damage = Damage(NOT_TRACKED | fitting("headset_jumped"), 0, *span_s)
    return Damaged(take.with_poses(positions_m, rotations_wxyz), logger, (damage,))


DEFECTS: Final[tuple[Defect, ...]] = (
    Defect("desk_first", "headset", "all devices lie on a desk before the take", _before(False), must_tell=True),
    Defect(
        "put_on_late", "headset", "the headset is held in the hands before it is put on", _before(True), must_tell=True
    ),
    Defect("desk_last", "headset", "all devices are put on a desk at the end", _desk_last, must_tell=True),
    Defect("off_in_mid_take", "headset", "the headset is put on a desk for seconds in mid-take", _off_in_mid_take),
    Defect("headset_jumps", "headset", "the headset alone jumps away for seconds", _headset_jumps),
    Defect("headset_frozen", "headset", "the headset repeats one pose for seconds", _frozen_headset),
)
