# SPDX-License-Identifier: Apache-2.0
"""Spoil the track of one hand: what its runtime reports while it is not tracked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from ....arrays import FloatArray
from ....body.quaternions import continuous_signs, multiply_quaternions, rotate_vector, rotvec_to_quaternion
from ....body.skeleton import TOE_JOINTS
from ..devices import Take
from ..loggers.logger import Logger
from .defect import NOT_TRACKED, Damage, Damaged, Defect, Inflict, draw_hand, draw_span, fitting

Poses = tuple[FloatArray, FloatArray]
Replacement = Callable[[Take, int, slice, np.random.Generator], Poses]
"""What a hand's track becomes in some frames: positions (N, 3) and rotations (N, 4)."""

_IDENTITY: Final[tuple[float, float, float, float]] = (1.0, 0.0, 0.0, 0.0)


def replaced(
    take: Take, device: int, span_s: tuple[float, float], by: Replacement, random: np.random.Generator
) -> Take:
    """Return the take with one device's track replaced in a span."""
    frames = take.frames(*span_s)
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    positions_m[frames, device], rotations_wxyz[frames, device] = by(take, device, frames, random)
    return take.with_poses(positions_m, rotations_wxyz)


def frozen(take: Take, device: int, frames: slice, _random: np.random.Generator) -> Poses:
    """Return the first pose, repeated to the last digit."""
    count = frames.stop - frames.start
    first = take.positions_m[frames.start, device], take.rotations_wxyz[frames.start, device]
    return np.tile(first[0], (count, 1)), np.tile(first[1], (count, 1))


def stuck(take: Take, device: int, frames: slice, _random: np.random.Generator) -> Poses:
    """Return a position that stands still while the gyroscope still turns."""
    count = frames.stop - frames.start
    return np.tile(take.positions_m[frames.start, device], (count, 1)), take.rotations_wxyz[frames, device]


def at_head(take: Take, _device: int, frames: slice, _random: np.random.Generator) -> Poses:
    """Return the headset's own pose."""
    return take.positions_m[frames, 0], take.rotations_wxyz[frames, 0]


def by_arm_model(take: Take, device: int, frames: slice, _random: np.random.Generator) -> Poses:
    """Return where a 3-DoF arm model puts the hand: beside the waist, below the head, turned as the gyroscope says."""
    across = -1.0 if device == 1 else 1.0
    forward = rotate_vector(take.rotations_wxyz[frames, 0], np.array((0.0, 0.0, -1.0)))
    heading = rotvec_to_quaternion(
        np.stack((0 * forward[:, 0], np.arctan2(-forward[:, 0], -forward[:, 2]), 0 * forward[:, 0]), axis=-1)
    )
    elbow_m = take.positions_m[frames, 0] + rotate_vector(heading, np.array((0.2 * across, -0.5, 0.0)))
    turn = take.rotations_wxyz[frames, device]
    return elbow_m + rotate_vector(turn, np.array((0.0, 0.0, -0.25))), turn


def parked(_take: Take, _device: int, frames: slice, _random: np.random.Generator) -> Poses:
    """Return a place ten metres below the room."""
    count = frames.stop - frames.start
    return np.tile((0.0, -10.0, 0.0), (count, 1)), np.tile(_IDENTITY, (count, 1))


def at_origin(_take: Take, _device: int, frames: slice, _random: np.random.Generator) -> Poses:
    """Return the room's origin."""
    count = frames.stop - frames.start
    return np.zeros((count, 3)), np.tile(_IDENTITY, (count, 1))


def as_foot(take: Take, device: int, frames: slice, random: np.random.Generator) -> Poses:
    """Return the track of a tracker that is strapped on the foot of the same side."""
    positions_m, rotations_wxyz = take.joints_at_frames(TOE_JOINTS[device - 1])
    turn = rotvec_to_quaternion(random.uniform(-1.5, 1.5, 3))
    place_m = rotate_vector(rotations_wxyz, np.array((0.0, 0.06, 0.02)))
    noise_m = 0.0005 * random.standard_normal(place_m.shape)
    return (positions_m + place_m + noise_m)[frames], multiply_quaternions(rotations_wxyz, turn)[frames]


def on_table(take: Take, device: int, frames: slice, random: np.random.Generator) -> Poses:
    """Return one pose on a table beside the performer, with the noise of its sensors."""
    count = frames.stop - frames.start
    place_m = take.positions_m[0, 0] * (1.0, 0.0, 1.0) + (0.9 if device == 2 else -0.9, 0.75, 0.5)
    turn = rotvec_to_quaternion(np.array((0.0, 0.4, 0.0)) + 0.001 * random.standard_normal((count, 3)))
    return place_m + 0.0003 * random.standard_normal((count, 3)), turn


def _in_one_span(by: Replacement, least_s: float, most_s: float) -> Inflict:
    def inflict(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
        hand, span_s = draw_hand(random), draw_span(take, random, least_s, most_s)
        return Damaged(replaced(take, hand, span_s, by, random), logger, (Damage(NOT_TRACKED, hand, *span_s),))

    return inflict


def _frozen_to_the_end(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    hand = draw_hand(random)
    start_s = float(random.uniform(0.4, 0.7)) * take.duration_s
    span_s = start_s, take.duration_s + 1.0
    return Damaged(replaced(take, hand, span_s, frozen, random), logger, (Damage(NOT_TRACKED, hand, *span_s),))


def _in_several_spans(by: Replacement) -> Inflict:
    def inflict(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
        first_s = take.posed_until_s + 0.5
        step_s = (take.duration_s - 0.5 - first_s) / 3
        hands = (1, 2) if random.random() < 0.5 else (draw_hand(random),)
        damages = []
        for hand in hands:
            for piece in range(3):
                start_s = first_s + step_s * (piece + 0.45 * float(random.random()))
                span_s = start_s, start_s + step_s * float(random.uniform(0.3, 0.5))
                take = replaced(take, hand, span_s, by, random)
                damages.append(Damage(NOT_TRACKED, hand, *span_s))
        return Damaged(take, logger, tuple(damages))

    return inflict


def _whole_take(by: Replacement) -> Inflict:
    def inflict(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
        hand = draw_hand(random)
        span_s = -1.0, take.duration_s + 1.0
        return Damaged(replaced(take, hand, span_s, by, random), logger, (Damage(NOT_TRACKED, hand, *span_s),))

    return inflict


def _becomes_foot(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    hand = draw_hand(random)
    span_s = draw_span(take, random, 4.0, 8.0)
    if random.random() < 0.5:
        span_s = span_s[0], take.duration_s + 1.0
    return Damaged(
        replaced(take, hand, span_s, as_foot, random),
        logger,
        (Damage(NOT_TRACKED | fitting("left_and_right"), hand, *span_s),),
    )


def _exchanged(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    span_s = draw_span(take, random, 3.0, 6.0)
    frames = take.frames(*span_s)
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    positions_m[frames], rotations_wxyz[frames] = (
        positions_m[frames][:, (0, 2, 1)],
        rotations_wxyz[frames][:, (0, 2, 1)],
    )
    damage = Damage(fitting("swapped_hands", "left_and_right"), None, *span_s)
    return Damaged(take.with_poses(positions_m, rotations_wxyz), logger, (damage,))


def _spikes(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    hand = draw_hand(random)
    positions_m = take.positions_m.copy()
    frames = take.frames(take.posed_until_s + 0.5, take.duration_s - 0.5)
    for frame in random.choice(np.arange(frames.start, frames.stop), 8, replace=False):
        length = int(random.integers(1, 3))
        leap = random.standard_normal(3)
        positions_m[frame : frame + length, hand] += leap / np.linalg.norm(leap) * random.uniform(0.4, 1.2)
    damage = Damage(fitting("spikes"), hand, take.posed_until_s, take.duration_s)
    return Damaged(take.with_poses(positions_m, take.rotations_wxyz), logger, (damage,))


def _lost(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    hand, span_s = draw_hand(random), draw_span(take, random, 2.0, 5.0)
    measured = take.measured.copy()
    measured[take.frames(*span_s), hand] = False
    return Damaged(replace(take, measured=measured), logger, (Damage(NOT_TRACKED, hand, *span_s),))


def _two(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """One defect of a track in the first half, another one in the second."""
    middle_s = 0.5 * (take.posed_until_s + 0.5 + take.duration_s)
    choices = (frozen, stuck, at_head, parked, at_origin)
    damages = []
    halves = ((take.posed_until_s + 0.5, middle_s - 0.5), (middle_s + 0.5, take.duration_s - 0.5))
    for half, choice in zip(halves, random.choice(len(choices), 2, replace=False), strict=True):
        by = choices[int(choice)]
        length_s = min(float(random.uniform(2.0, 4.0)), half[1] - half[0])
        start_s = float(random.uniform(half[0], half[1] - length_s))
        hand, span_s = draw_hand(random), (start_s, start_s + length_s)
        take = replaced(take, hand, span_s, by, random)
        damages.append(Damage(NOT_TRACKED, hand, *span_s))
    return Damaged(take, logger, tuple(damages))


def _signs(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    flips = np.where(random.random(take.rotations_wxyz.shape[:2]) < 0.2, -1.0, 1.0)
    return Damaged(
        take.with_poses(take.positions_m, continuous_signs(take.rotations_wxyz) * flips[..., None]), logger, ()
    )


def _defect(kind: str, sentence: str, inflict: Inflict) -> Defect:
    return Defect(kind, "tracks", sentence, inflict)


DEFECTS: Final[tuple[Defect, ...]] = (
    _defect("frozen_to_the_end", "a controller repeats one pose until the take ends", _frozen_to_the_end),
    _defect("frozen", "a controller repeats one pose for seconds, then goes on", _in_one_span(frozen, 2.0, 5.0)),
    _defect("position_stuck", "a hand's position stands still, its rotation goes on", _in_one_span(stuck, 3.0, 6.0)),
    _defect("glued_to_head", "a lost hand gets the headset's pose", _in_one_span(at_head, 3.0, 6.0)),
    _defect("arm_model", "a lost hand is placed by a 3-DoF arm model", _in_one_span(by_arm_model, 4.0, 7.0)),
    _defect("parked_below", "lost hands are parked at y = -10 m", _in_several_spans(parked)),
    _defect("at_origin", "lost hands are at the room's origin", _in_several_spans(at_origin)),
    _defect("never_awake", "one controller lies on a table all the time", _whole_take(on_table)),
    _defect("foot_as_hand", "a tracker on the foot takes the role of a hand", _becomes_foot),
    _defect("swapped_hands", "left and right are exchanged for seconds", _exchanged),
    _defect("spikes", "a controller jumps away and back", _spikes),
    _defect("lost", "a hand has no pose for seconds", _lost),
    _defect("signs", "quaternions change their signs at random", _signs),
    _defect("two_defects", "two defects of tracks in one take", _two),
)
