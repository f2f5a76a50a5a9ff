# SPDX-License-Identifier: Apache-2.0
"""Find devices that become others: a controller that becomes a tracked hand, a hand's role that passes to a foot.

Where a runtime passes from controllers to tracked hands, the pose of each hand jumps by a constant place and turn in
the device's own frame. Taking these out again, the whole track is that of the first device.

A device on a foot stays near the floor, and stands where it is for every second step, which no hand does.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray, IndexArray, lengths, middle, runs
from ...body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)
from .defects import Poses, TrackDefect

_LEAST_TURN_RAD: Final[float] = np.radians(20.0)
_HARDEST_RAD_S2: Final[float] = 350.0
_OWN_MOTION: Final[float] = 4.0
"""A leap is this many times longer than the steps beside it."""
_MOST_M: Final[float] = 0.35
_TOGETHER_S: Final[float] = 1.0
"""Both hands change within this time, often in the same frame."""
_LONGEST_FRAME_S: Final[float] = 0.12
_ALONE_TURN_RAD: Final[float] = np.radians(35.0)
_MIRRORED_RAD: Final[float] = np.radians(45.0)
"""How far the turn of one hand may be from the mirrored turn of the other one: both become the same kind of device."""

_MOST_CHANGES: Final[int] = 4

_FOOT_M: Final[float] = 0.35
"""A tracker on the foot is lower than this, but for steps."""
_FOOT_SHARE: Final[float] = 0.85
_HEAD_ABOVE_M: Final[float] = 1.0
_FEWEST_FOOT_S: Final[float] = 1.5
_BRIDGED_S: Final[float] = 1.2


class OffsetChange(NamedTuple):
    """Hold the moment at which a hand's device becomes another one, and what that does to its pose."""

    hand: int
    frame: int
    """The first frame of the other device."""
    place_m: FloatArray
    """(3,) of the other device in the first one's frame."""
    turn_wxyz: FloatArray
    """(4,)"""


def find_offset_changes(times_s: FloatArray, poses: Poses) -> list[OffsetChange]:
    """Return the moments at which hands leap to another constant offset, both at nearly the same time and in mirrored
    ways, or one of them far, if the other one is no longer tracked.

    A fast swing of a saber also leaps, where its tracking is lost for a moment, but not both sabers in the same way.
    """
    leaps = [_leaps(times_s, poses, hand) for hand in (1, 2)]
    found: list[OffsetChange] = []
    for own, other in (leaps, leaps[::-1]):
        for change in own:
            turn_rad = float(geodesic_angle(change.turn_wxyz, (1.0, 0.0, 0.0, 0.0)))
            if turn_rad < _LEAST_TURN_RAD:
                continue
            near = [
                each
                for each in other
                if abs(times_s[each.frame] - times_s[change.frame]) < _TOGETHER_S and _mirror_each_other(change, each)
            ]
            alone = not poses.measured[change.frame :, 3 - change.hand].any() and turn_rad > _ALONE_TURN_RAD
            if near or alone:
                found.append(change)
    return sorted(found, key=lambda change: (change.frame, change.hand))


def _mirror_each_other(one: OffsetChange, other: OffsetChange) -> bool:
    mirrored = other.turn_wxyz * (1.0, 1.0, -1.0, -1.0)
    return float(geodesic_angle(one.turn_wxyz, mirrored)) < _MIRRORED_RAD


def _leaps(times_s: FloatArray, poses: Poses, hand: int) -> list[OffsetChange]:
    """Return the frames in which a hand turns and moves at once as no hand does, and does not come back at once."""
    frames = np.flatnonzero(poses.measured[:, hand])
    if len(frames) < 8:
        return []
    p, q = poses.positions_m[frames, hand], poses.rotations_wxyz[frames, hand]
    between_s = np.diff(times_s[frames])
    turned_rad = geodesic_angle(q[1:], q[:-1])
    moved_m = lengths(np.diff(p, axis=0))
    steps = np.flatnonzero(
        (turned_rad > np.maximum(_LEAST_TURN_RAD, _HARDEST_RAD_S2 * between_s**2)) & (between_s < _LONGEST_FRAME_S)
    )
    steps = steps[(steps >= 3) & (steps < len(turned_rad) - 3)]
    leap = turned_rad[steps] > _OWN_MOTION * _beside(turned_rad, steps)
    leap &= moved_m[steps] < _MOST_M + _beside(moved_m, steps)
    changes = []
    for k in steps[leap]:
        # Where the first device would be now: it goes on as it went, which the frames after the leap know as well.
        shift_m = (p[k] - p[k - 1] + p[k + 2] - p[k + 1]) / 2
        turn = multiply_quaternions(q[k], conjugate_quaternion(q[k - 1]))
        before_m, before_wxyz = p[k] + shift_m, multiply_quaternions(turn, q[k])
        back = conjugate_quaternion(before_wxyz)
        place_m = rotate_vector(back, p[k + 1] - before_m)
        changes.append(
            OffsetChange(hand, int(frames[k + 1]), place_m, normalize_quaternion(multiply_quaternions(back, q[k + 1])))
        )
    return changes if len(changes) <= _MOST_CHANGES else []


def _beside(values: FloatArray, at: IndexArray) -> FloatArray:
    """Return the median of the two steps on either side of some steps, (N,)."""
    return middle(np.stack([values[at + beside] for beside in (-2, -1, 1, 2)]))


def undo_offset_changes(poses: Poses, changes: list[OffsetChange]) -> Poses:
    """Return the poses with all that follows each change put back to the device before it."""
    positions_m, rotations_wxyz = poses.positions_m.copy(), poses.rotations_wxyz.copy()
    for change in reversed(changes):
        after = slice(change.frame, len(positions_m))
        back = conjugate_quaternion(change.turn_wxyz)
        turned = normalize_quaternion(multiply_quaternions(rotations_wxyz[after, change.hand], back))
        positions_m[after, change.hand] -= rotate_vector(turned, change.place_m)
        rotations_wxyz[after, change.hand] = turned
    return Poses(positions_m, rotations_wxyz, poses.measured)


def find_feet(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Find hands that are feet: near the floor while the head is high above them, for long, and mostly there."""
    defects = []
    for hand in (1, 2):
        known = poses.measured[:, 0] & poses.measured[:, hand]
        below_m = poses.positions_m[:, 0, 1] - poses.positions_m[:, hand, 1]
        low = known & (poses.positions_m[:, hand, 1] < _FOOT_M) & (below_m > _HEAD_ABOVE_M)
        span = _bridged(times_s, low, known)
        for start, stop in runs(span):
            lasts_s = float(times_s[stop - 1] - times_s[start])
            seen = known[start:stop]
            if lasts_s >= _FEWEST_FOOT_S and low[start:stop].sum() > _FOOT_SHARE * seen.sum() > 0:
                defects.append(TrackDefect("another_device", hand, start, stop))
    return defects


def _bridged(times_s: FloatArray, flags: BoolArray, known: BoolArray) -> BoolArray:
    """Return the flags with the short times between them, which a foot spends in the air."""
    joined = flags.copy()
    for start, stop in runs(~flags):
        inside = start > 0 and stop < len(times_s)
        if not known[start:stop].any() or (inside and times_s[stop] - times_s[start] < _BRIDGED_S):
            joined[start:stop] = inside
    return joined
