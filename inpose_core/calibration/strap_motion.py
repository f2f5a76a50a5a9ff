# SPDX-License-Identifier: Apache-2.0
"""Refine how trackers are strapped on by the motion of the whole take, and find straps that slip.

A T-pose shows a strap to some centimetres only, because people stand as it happens. In motion, the prior knows from
head and hands about where each joint is. This is off by more in any frame, but differently in each; the strap is off by
the same in the frame of its joint. So the body is solved with trackers whose places are hardly believed, and the mean
difference over the take, seen from the joint, is the strap's error. It is linear in the lever arm. What changes slowly
in the difference is a strap that slips: a random walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray
from ..body.quaternions import (
    conjugate_quaternion,
    mean_rotation,
    multiply_quaternions,
    quaternion_to_rotvec,
    rotate_vector,
    rotvec_to_quaternion,
)
from ..body.skeleton import JOINT_INDEX, PELVIS_JOINT, Skeleton
from ..numerics.banded import solve_banded_spd
from ..options.solve import SolveSettings
from ..recording.sensors import MeasuredPoint, Sensors
from ..solver.solving import solve
from .rigid import RigidOffset
from .straps import Strap

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior

_DRAFT: Final[SolveSettings] = SolveSettings(quality="draft", device="cpu")
"""The mean over a take is as exact with one step as with two."""
_BLOCK_S: Final[float] = 0.5
_FEWEST_BLOCKS: Final[int] = 4
"""A shorter take shows nothing."""
_MOST_S: Final[float] = 180.0
"""Longer takes are looked at in stretches, evenly over all of it, of this length together."""
_STRETCH_S: Final[float] = 10.0
_LOOSE_M: Final[float] = 0.022
"""A strap that is known better than this is believed as it is while the others are refined."""
_HARDLY_M: Final[float] = 0.3
"""Noise of the places of loose trackers while the body is solved to refine them."""
_HARDLY_RAD: Final[float] = 0.2
"""The same of the rotations of all trackers."""
_LEAST_KNOWN: Final[float] = 0.5
"""Share of a half second in which the tracker must be measured."""
_ROUNDS: Final[int] = 5
_SURPRISE: Final[float] = 2.0
"""Deviations from the middle at which a block counts half."""


@dataclass(frozen=True)
class StrappedTracker:
    """Hold a tracker, and how it sits on its joint; all in the size of the solved body."""

    name: str
    strap: Strap
    positions_m: FloatArray
    """(F, 3) of the tracker."""
    rotations_wxyz: FloatArray
    """(F, 4) of the tracker."""
    measured: BoolArray
    """(F,)"""
    slip_m: FloatArray | None = None
    """(F, 3) how far the joint has moved from the strap's offset, along the joint's axes; None: nowhere."""

    @property
    def point(self) -> MeasuredPoint:
        """Return the joint that the tracker measures."""
        point = self.strap.point(self.positions_m, self.rotations_wxyz, self.measured)
        if self.slip_m is None or point.rotations_wxyz is None:
            return point
        return replace(point, positions_m=point.positions_m + rotate_vector(point.rotations_wxyz, self.slip_m))


@dataclass(frozen=True)
class MotionNoise:
    """Say how well the solved motion shows where a joint is, or how it is turned, along the joint's three axes."""

    least: FloatArray
    """(3,) standard deviation within a take, at least; takes in which it is larger are less believed."""
    bias: FloatArray
    """(3,) what remains however long the take is: people and movements differ from the prior's mean."""

    def of_mean(self, within: FloatArray, seconds: float) -> FloatArray:
        """Return the variance (3,) of the mean over a take.

        Args:
            within: (3,) standard deviation of the half seconds of this take.
            seconds: how much of it was seen.
        """
        return np.asarray(np.maximum(within, self.least) ** 2 * _CORRELATION_S / seconds + self.bias**2)


_CORRELATION_S: Final[float] = 3.5
"""Time after which the error of the solved motion is another one."""
_PLACE: Final[MotionNoise] = MotionNoise(np.array((0.02, 0.015, 0.03)), np.array((0.022, 0.013, 0.022)))
_TURN_OF_LIMB: Final[MotionNoise] = MotionNoise(np.radians((2.0, 2.0, 1.2)), np.radians((2.0, 4.5, 2.0)))
_TURN_OF_TRUNK: Final[MotionNoise] = MotionNoise(np.radians((2.0, 1.5, 1.5)), np.radians((6.0, 2.0, 2.0)))
"""Measured on validation people: people who train the prior are better known to it than others. How far a pelvis leans
forward differs from person to person, so the motion does not show it."""
_TRUNK_JOINTS: Final[tuple[int, ...]] = (PELVIS_JOINT, JOINT_INDEX["spine3"])
_SLIP_M_PER_ROOT_S: Final[float] = 0.0026
"""Random walk of a strap: 2 cm in a minute. So a strap that slips down a limb is followed in a minute; where a foot is
ahead or behind, the motion shows too roughly."""


def refine_straps(
    sensors: Sensors, trackers: Sequence[StrappedTracker], skeleton: Skeleton, prior: Prior | None = None
) -> tuple[StrappedTracker, ...]:
    """Return the trackers with their straps as the motion shows them, in the same order.

    Args:
        sensors: head and hands, in the size of the skeleton.
        trackers: as a T-pose shows them, with the frames of the sensors.
        skeleton: the body that will be solved.
        prior: a loaded prior; the shipped one by default.
    """
    if not any(tracker.measured.any() for tracker in trackers):
        return tuple(trackers)
    joints = [tracker.strap.joint for tracker in trackers]
    seen = sensors.with_points(*(_hardly_believed(tracker) for tracker in trackers))
    away_m = np.full((len(sensors), len(trackers), 3), np.nan)
    turns_wxyz = np.full((len(sensors), len(trackers), 4), np.nan)
    for part in _stretches(len(sensors), sensors.fps):
        solved = solve(seen.part(part), skeleton, _DRAFT, prior)
        for index, (tracker, joint) in enumerate(zip(trackers, joints, strict=True)):
            point = tracker.point
            assert point.rotations_wxyz is not None, "a strap has a rotation"
            back = conjugate_quaternion(point.rotations_wxyz[part])
            away_m[part, index] = rotate_vector(back, solved.joint_positions_m[:, joint] - point.positions_m[part])
            turns_wxyz[part, index] = multiply_quaternions(back, solved.rotations_wxyz[:, joint])
            away_m[part, index][~tracker.measured[part]] = np.nan
    return tuple(
        _refined(tracker, away_m[:, index], turns_wxyz[:, index], sensors.fps) for index, tracker in enumerate(trackers)
    )


def _hardly_believed(tracker: StrappedTracker) -> MeasuredPoint:
    """Return the joint that a tracker measures; its rotation counts little, and its place if it is uncertain."""
    point = replace(tracker.point, rotation_noise_rad=_HARDLY_RAD)
    return replace(point, noise_m=_HARDLY_M, shown=False) if _is_loose(tracker.strap) else point


def _stretches(frames: int, fps: float) -> list[slice]:
    """Return all frames, or stretches of a long take."""
    if frames <= _MOST_S * fps:
        return [slice(0, frames)]
    count, length = round(_MOST_S / _STRETCH_S), round(_STRETCH_S * fps)
    return [slice(first, first + length) for first in np.linspace(0, frames - length, count).astype(int).tolist()]


def _refined(tracker: StrappedTracker, away_m: FloatArray, turns_wxyz: FloatArray, fps: float) -> StrappedTracker:
    """Return a tracker with its strap moved to where the solved body has the joint, as far as that is believed.

    Args:
        tracker: as it was.
        away_m: solved minus measured joint, along its measured axes, (F, 3); NaN where nothing is known.
        turns_wxyz: the solved joint's rotation, seen from the measured one, (F, 4).
        fps: frames per second.
    """
    blocks = _blocks(away_m, turns_wxyz, fps)
    if len(blocks.weight) < _FEWEST_BLOCKS:
        return tracker
    strap = tracker.strap
    seconds = float(blocks.weight.sum()) * _BLOCK_S
    shift_m, deviations_m = np.zeros(3), strap.deviations_m.copy()
    if _is_loose(strap):
        shown = _mean(blocks.away_m, blocks.weight, _PLACE, seconds)
        share = strap.deviations_m**2 / (strap.deviations_m**2 + shown.variance)
        shift_m, deviations_m = share * shown.mean, np.sqrt(share * shown.variance)
    turned = _mean(
        blocks.turn_rad, blocks.weight, _TURN_OF_TRUNK if strap.joint in _TRUNK_JOINTS else _TURN_OF_LIMB, seconds
    )
    turn_share = strap.deviation_rad**2 / (strap.deviation_rad**2 + turned.variance)
    turn_rad = turn_share * turned.mean
    moved = RigidOffset(
        strap.offset.position_m + rotate_vector(strap.offset.wxyz, shift_m),
        multiply_quaternions(strap.offset.wxyz, rotvec_to_quaternion(turn_rad)),
    )
    refined = Strap(strap.joint, moved, deviations_m, float(np.sqrt((turn_share * turned.variance).mean())))
    return replace(tracker, strap=refined, slip_m=_slip(blocks, len(away_m), fps))


def _is_loose(strap: Strap) -> bool:
    return strap.deviation_m > _LOOSE_M


@dataclass(frozen=True)
class _Blocks:
    """Hold what half seconds of a take show of a strap."""

    number: IndexArray
    """(B,) of the half second."""
    weight: FloatArray
    """(B,) share of its frames that are measured."""
    away_m: FloatArray
    """(B, 3)"""
    turn_rad: FloatArray
    """(B, 3)"""


def _blocks(away_m: FloatArray, turns_wxyz: FloatArray, fps: float) -> _Blocks:
    length = round(_BLOCK_S * fps)
    known = np.isfinite(away_m).all(axis=-1)
    count = -(-len(away_m) // length)
    numbers = [number for number in range(count) if known[number * length :][:length].mean() > _LEAST_KNOWN]
    parts = [np.flatnonzero(known[number * length : (number + 1) * length]) + number * length for number in numbers]
    return _Blocks(
        np.array(numbers, np.intp),
        np.array([len(part) / length for part in parts]),
        np.array([np.median(away_m[part], axis=0) for part in parts]).reshape(-1, 3),
        np.array([quaternion_to_rotvec(mean_rotation(turns_wxyz[part])) for part in parts]).reshape(-1, 3),
    )


class _Mean(NamedTuple):
    mean: FloatArray
    """(3,)"""
    variance: FloatArray
    """(3,) how far it is probably off."""


def _mean(values: FloatArray, weight: FloatArray, noise: MotionNoise, seconds: float) -> _Mean:
    """Return the mean of blocks (B, 3), in which those far from it count little."""
    middle = np.median(values, axis=0)
    within = np.maximum(values.std(axis=0), noise.least)
    for _ in range(_ROUNDS):
        trusted = weight[:, None] / (1 + ((values - middle) / (_SURPRISE * within)) ** 2)
        middle = (trusted * values).sum(axis=0) / trusted.sum(axis=0)
    return _Mean(middle, noise.of_mean(within, seconds))


def _slip(blocks: _Blocks, frames: int, fps: float) -> FloatArray:
    """Return how far the joint moves from its mean offset in the course of the take, along its axes, (F, 3)."""
    count = int(blocks.number[-1]) + 1
    slow = np.zeros((count, 3))
    step_m2 = _SLIP_M_PER_ROOT_S**2 * _BLOCK_S
    for axis in range(3):
        away_m = blocks.away_m[:, axis] - np.average(blocks.away_m[:, axis], weights=blocks.weight)
        # A steady slip is no noise.
        steady_m = np.polyval(np.polyfit(blocks.number, away_m, 1), blocks.number)
        within_m = max(float((away_m - steady_m).std()), float(_PLACE.least[axis]))
        block_m2 = within_m**2 * _CORRELATION_S / _BLOCK_S
        bands = np.zeros((2, count))
        bands[1, blocks.number] = blocks.weight / block_m2
        bands[1, :-1] += 1 / step_m2
        bands[1, 1:] += 1 / step_m2
        bands[0, 1:] = -1 / step_m2
        right = np.zeros(count)
        right[blocks.number] = blocks.weight / block_m2 * away_m
        slow[:, axis] = solve_banded_spd(bands, right)
    middles = (np.arange(count) + 0.5) * _BLOCK_S * fps
    at = np.arange(frames)
    return np.stack([np.interp(at, middles, slow[:, axis]) for axis in range(3)], axis=-1)
