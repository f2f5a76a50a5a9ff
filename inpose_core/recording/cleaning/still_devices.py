# SPDX-License-Identifier: Apache-2.0
"""Find devices that are still in a way that no hand is: frozen, parked, without a position, switched off, or put down.

Stillness alone is not a defect: an animation can be exactly still, and a hand can rest on a table. So there must be a
reason to doubt it: a leap into it or out of it, a moving device that stops from one frame to the next, a head that
moves on by itself, sensors whose noise vanishes, or a device that turns without moving.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray, lengths, middle
from ...body.quaternions import geodesic_angle
from .defects import Poses, TrackDefect
from .stillness import Stillness, TrackNoise, find_still, noise_of_track, travel_m

_ALONE_M: Final[float] = 0.01
"""Smallest motion of the other devices."""
_HEAD_MOVES_M: Final[float] = 0.10
"""If the head moves by this much while both feet stand, a hand does not stay at its place."""
_EXACT_M: Final[float] = 1e-4
"""A tracked device has more white noise than this."""
_RESTING_S: Final[float] = 2.0
"""Shortest stillness that counts: a hand that holds on to something can be still for a shorter time."""
_HEAD_STAYS_S: Final[float] = 0.8
_EXACT_S: Final[float] = 0.8
_OTHERS_MOVE_M: Final[float] = 0.05
"""If the other hand or the head moves by this much, no hand repeats its position exactly for this time."""
_AT_END_S: Final[float] = 0.3
_LYING_S: Final[float] = 0.6
_LYING_M: Final[float] = 0.006
_LIVE_NOISE_M: Final[float] = 3e-5
_VANISHED: Final[float] = 0.1
_TURNS_RAD: Final[float] = np.radians(5.0)
_TURNS_BY_ITSELF_RAD: Final[float] = np.radians(20.0)
"""A hand turns about its wrist, not about the device that it holds. A head may turn about its middle, if animated."""
_ON_THE_FLOOR_M: Final[float] = 0.3
"""Hands that support the body are as still as the floor."""
_WHOLE: Final[float] = 0.97
_LONG_S: Final[float] = 1.5
_PARKED_LEAP_M: Final[float] = 0.2


def find_still_devices(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Return the spans in which a device stands still without being held."""
    found: list[TrackDefect] = []
    for device in range(3):
        track = (times_s, poses.positions_m[:, device], poses.measured[:, device])
        spans = find_still(*track)
        if not spans:
            continue
        noise = noise_of_track(*track)
        rest: list[Stillness] = []
        for span in spans:
            defect = _judged(times_s, poses, device, span._replace(leap_in_m=0.0, leap_out_m=0.0), noise)
            if defect is None:
                rest.append(span)
            else:
                found.append(defect)
        # A leap between two still spans is one of the wrong span only.
        wrong = np.zeros(len(times_s) + 1, dtype=np.bool_)
        for defect in found:
            if defect.device == device:
                wrong[defect.start : defect.stop] = True
        for span in sorted(rest, key=lambda each: each.start - each.stop):
            own = span._replace(
                leap_in_m=0.0 if wrong[max(span.start - 1, 0)] else span.leap_in_m,
                leap_out_m=0.0 if wrong[span.stop] else span.leap_out_m,
            )
            # Without a leap, it has been judged already.
            defect = _judged(times_s, poses, device, own, noise) if own.leaps else None
            if defect is not None:
                found.append(defect)
                wrong[defect.start : defect.stop] = True
    return found


def _judged(times_s: FloatArray, poses: Poses, device: int, span: Stillness, noise: TrackNoise) -> TrackDefect | None:
    part = slice(span.start, span.stop)
    known = poses.measured[part, device]
    lasts_s = float(times_s[span.stop - 1] - times_s[span.start])
    others_m = [_travel(poses, part, other) for other in range(3) if other != device]
    turned_rad = _turned(poses.rotations_wxyz[part, device][known])
    turns = turned_rad > _TURNS_RAD
    whole = known.sum() >= _WHOLE * poses.measured[:, device].sum() and lasts_s > _LONG_S
    if whole and max(others_m) > _HEAD_MOVES_M:
        return _never_awake(device, span, turns)
    if not _doubted(times_s, poses, device, span, noise, others_m, turned_rad):
        return None
    # The first frame of a device that stops is still a pose of the hand.
    start = span.start if span.leap_in_m or span.start == 0 else span.start + 1
    if turns:
        return TrackDefect("position_stuck", device, start, span.stop)
    if span.leap_in_m > _PARKED_LEAP_M:
        return TrackDefect("parked", device, span.start, span.stop)
    if span.noise_m > _EXACT_M and not span.abrupt and not span.leaps:
        return TrackDefect("not_worn", device, start, span.stop)
    return TrackDefect("frozen", device, start, span.stop)


def _doubted(
    times_s: FloatArray,
    poses: Poses,
    device: int,
    span: Stillness,
    noise: TrackNoise,
    others_m: list[float],
    turned_rad: float,
) -> bool:
    """Say whether a device that stands still is not held."""
    if span.leaps and not _leap_together(poses, device, span):
        return True
    height_m = float(middle(poses.positions_m[span.start : span.stop, device, 1]))
    if device and abs(height_m) < _ON_THE_FLOOR_M and turned_rad < _TURNS_BY_ITSELF_RAD:
        return False
    lasts_s = float(times_s[span.stop - 1] - times_s[span.start])
    # An animated head may brake hard; it does not stay for long.
    abrupt = span.abrupt and (device > 0 or lasts_s > _HEAD_STAYS_S)
    if max(others_m) > _ALONE_M and (abrupt or _noise_vanishes(noise, span)):
        return True
    return device > 0 and _hand_is_left(times_s, poses, device, span, others_m, turned_rad)


def _noise_vanishes(noise: TrackNoise, span: Stillness) -> bool:
    """Return whether a device has the noise of sensors elsewhere, but not here."""
    return noise.usually_exceeds(max(_LIVE_NOISE_M, noise.digit_m, span.step_m / _VANISHED), span)


def _hand_is_left(
    times_s: FloatArray, poses: Poses, hand: int, span: Stillness, others_m: list[float], turned_rad: float
) -> bool:
    """Return whether a hand stays at a place where no hand stays."""
    lasts_s = float(times_s[span.stop - 1] - times_s[span.start])
    exact = span.noise_m < _EXACT_M
    return (
        (others_m[0] > _HEAD_MOVES_M and (exact or lasts_s > _RESTING_S))
        or _put_down_together(times_s, poses, hand, span, others_m)
        or (span.step_m == 0.0 and lasts_s > _EXACT_S and max(others_m) > _OTHERS_MOVE_M)
        or (turned_rad > _TURNS_BY_ITSELF_RAD and max(others_m) > _ALONE_M)
    )


def _put_down_together(times_s: FloatArray, poses: Poses, device: int, span: Stillness, others_m: list[float]) -> bool:
    """Say whether both hands lie still at the beginning or the end of the recording while the head moves."""
    part = slice(span.start, span.stop)
    at_end = times_s[span.start] - times_s[0] < _AT_END_S or times_s[-1] - times_s[span.stop - 1] < _AT_END_S
    lasts_s = float(times_s[span.stop - 1] - times_s[span.start])
    other = 3 - device
    both = poses.measured[part, other].any() and others_m[1] < _LYING_M
    return bool(at_end and both and lasts_s > _LYING_S and others_m[0] > _HEAD_MOVES_M)


def _never_awake(device: int, span: Stillness, turns: bool) -> TrackDefect:
    if device == 0:
        how = "turns without moving in the whole recording" if turns else "does not move in the whole recording"
        return TrackDefect("position_stuck" if turns else "frozen", 0, span.start, span.stop, how, believed=True)
    if turns:
        return TrackDefect(
            "position_stuck", device, span.start, span.stop, "turns without moving in the whole recording"
        )
    return TrackDefect("never_tracked", device, span.start, span.stop)


def _leap_together(poses: Poses, device: int, span: Stillness) -> bool:
    """Say whether the other devices leap with this one: then the room jumped, and the device did not."""
    for inside, outside, leap_m in (
        (span.start, span.start - 1, span.leap_in_m),
        (span.stop - 1, span.stop, span.leap_out_m),
    ):
        if leap_m:
            step_m = lengths(poses.positions_m[inside] - poses.positions_m[outside])
            others = [other for other in range(3) if other != device and poses.measured[[inside, outside], other].all()]
            if not any(step_m[other] > 0.5 * leap_m for other in others):
                return False
    return True


def _travel(poses: Poses, part: slice, device: int) -> float:
    return travel_m(poses.positions_m[part, device][poses.measured[part, device]])


def _turned(rotations_wxyz: FloatArray) -> float:
    """Return how far a device turns away from where it is half way, 95th percentile, in radians."""
    if len(rotations_wxyz) < 2:
        return 0.0
    middle = rotations_wxyz[len(rotations_wxyz) // 2]
    return float(np.percentile(geodesic_angle(rotations_wxyz, middle), 95))
