# SPDX-License-Identifier: Apache-2.0
"""Find errors in the track of one device: frozen, moved to the origin, out of reach, or jumping away and back.

Each function finds a defect that occurs in real files (A-Frame: 74 frozen frames; ALVR: the zero position while
"active"; Beat Saber: leaps of 14 to 73 m/s for one frame) and separates it from real movement: sabers swing at 16 m/s,
hands stay still, and the eyes may be at the origin of a seated recording.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...arrays import BoolArray, FloatArray, lengths, runs
from ...body.quaternions import geodesic_angle
from .defects import Poses, TrackDefect, as_defects

_SPIKE_SPEED_M_S: Final[float] = 8.0
_SPIKE_DEVIATION_M: Final[float] = 0.08
_LONG_SPIKE_SPEED_M_S: Final[float] = 20.0
"""For leaps of two and three frames: a hard swing resembles them more than a leap of one."""
_LONGEST_SPIKE_FRAMES: Final[int] = 3
_SPIKE_TURN_RAD: Final[float] = np.radians(60.0)
_IMPOSSIBLE_RAD_S: Final[float] = np.radians(6000.0)
"""The sabers of a fast player turn by 3600 degrees per second (99th percentile, tracking errors included)."""
_IMPOSSIBLE_M_S: Final[float] = 24.0
_LONGEST_LOSS_S: Final[float] = 0.05
_FREEZE_FRAMES: Final[int] = 3
_FREEZE_S: Final[float] = 0.1
_FREEZE_JUMP_M: Final[float] = 0.02
_ORIGIN_RADIUS_M: Final[float] = 0.05
_ORIGIN_JUMP_M: Final[float] = 0.3
_ORIGIN_SPEED_M_S: Final[float] = 20.0
_FARTHEST_HAND_M: Final[float] = 2.0
"""Distance from the headset; saber tips in outstretched arms are 1.1 m away (measured), a tall man's 1.5 m."""
_LARGEST_PERSON_M: Final[float] = 2.4
_MOST_AWAY: Final[float] = 0.7


def find_frozen(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Find short runs of exactly repeated poses that end or begin with a jump while another device moves.

    A still person or animation repeats poses too, but does not jump into or out of the still phase. Longer runs, and
    runs without a jump, are a matter of `still_devices`.
    """
    positions_m, rotations_wxyz, measured = poses
    same = np.zeros(measured.shape, dtype=np.bool_)
    same[1:] = (positions_m[1:] == positions_m[:-1]).all(-1) & (rotations_wxyz[1:] == rotations_wxyz[:-1]).all(-1)
    frozen = np.zeros(measured.shape, dtype=np.bool_)
    for device in range(3):
        others = [other for other in range(3) if other != device]
        # Frames start..stop-1 repeat frame start-1.
        for start, stop in runs(same[:, device] & measured[:, device]):
            if stop - start < _FREEZE_FRAMES or times_s[stop - 1] - times_s[start - 1] < _FREEZE_S:
                continue
            others_move = not same[start:stop, others].all(axis=1).mean() > 0.5
            jump_out = stop < len(times_s) and _distance(positions_m, stop - 1, stop, device) > _FREEZE_JUMP_M
            jump_in = start >= 2 and _distance(positions_m, start - 2, start - 1, device) > 2 * _FREEZE_JUMP_M
            frozen[start:stop, device] = others_move and (jump_out or jump_in)
    return as_defects("frozen", frozen)


def find_at_origin(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Find frames near the room's origin that begin or end with an impossible jump."""
    thrown = np.zeros(poses.measured.shape, dtype=np.bool_)
    for device in range(poses.measured.shape[1]):
        positions_m, measured = poses.positions_m[:, device], poses.measured[:, device]
        near = measured & (lengths(positions_m) < _ORIGIN_RADIUS_M)
        for start, stop in runs(near):
            before, after = _last_measured(measured, start), _next_measured(measured, stop)
            thrown[start:stop, device] = any(
                _leaps(times_s, positions_m, inside, outside)
                for inside, outside in ((start, before), (stop - 1, after))
                if outside is not None
            )
    return as_defects("at_origin", thrown)


def find_out_of_reach(_: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Find frames in which a hand is farther from the head than any arm is long.

    A larger body (such as an animated giant) has longer arms: the reach grows with the head's height above 2.4 m.
    """
    positions_m, _, measured = poses
    away = np.zeros(measured.shape, dtype=np.bool_)
    if not measured[:, 0].any():
        return []
    highest_m = float(np.percentile(positions_m[measured[:, 0], 0, 1], 95))
    reach_m = _FARTHEST_HAND_M * max(1.0, highest_m / _LARGEST_PERSON_M)
    for hand in (1, 2):
        both = measured[:, 0] & measured[:, hand]
        own = both & (lengths(positions_m[:, hand] - positions_m[:, 0]) > reach_m)
        # If a hand is always this far away, it was not put down: the unit is wrong, and calibration detects that
        # better.
        if own.sum() < _MOST_AWAY * both.sum():
            away[:, hand] = own
    return as_defects("out_of_reach", away)


def find_spikes(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Find leaps of one to three frames, away and back, and what lies between two steps that no hand can do.

    Fast swings (sabers reach 16 m/s) continue in their direction, or take more frames to turn. If a controller is lost
    in a swing, it leaps to a wrong pose and, a few frames later, to the right one, which meanwhile is elsewhere.
    """
    defects = []
    for device in range(poses.measured.shape[1]):
        positions_m, rotations_wxyz = poses.positions_m[:, device], poses.rotations_wxyz[:, device]
        measured = poses.measured[:, device]
        away = _spikes(times_s, positions_m, rotations_wxyz, measured)
        inside = np.zeros(len(times_s), dtype=np.bool_)
        for first, stop in away:
            inside[first:stop] = True
        between = _between_impossible_steps(times_s, positions_m, rotations_wxyz, measured)
        lost = [span for span in between if not inside[slice(*span)].all()]
        defects += [TrackDefect("spikes", device, first, stop) for first, stop in sorted((*away, *lost))]
    return defects


def _between_impossible_steps(
    times_s: FloatArray, positions_m: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray
) -> list[tuple[int, int]]:
    """Return the first frame, and the frame after the last one, of what lies between two impossible steps."""
    index = np.flatnonzero(measured)
    # A logger that is faster than the tracking repeats poses, so that the next step seems faster than it was.
    new = np.append(True, (np.diff(positions_m[index], axis=0) != 0).any(axis=1))
    index = index[new[: len(index)]]
    if len(index) < 2:
        return []
    t, p, q = times_s[index], positions_m[index], rotations_wxyz[index]
    between_s = np.diff(t)
    turned_rad = 2 * np.arccos(np.clip(np.abs(np.einsum("fi,fi->f", q[1:], q[:-1])), 0.0, 1.0))
    impossible = (lengths(np.diff(p, axis=0)) > _IMPOSSIBLE_M_S * between_s) | (
        turned_rad > _IMPOSSIBLE_RAD_S * between_s
    )
    # A step over a gap may be a long one.
    steps = np.flatnonzero(impossible & (between_s < _LONGEST_LOSS_S))
    close = np.flatnonzero(t[steps[1:]] - t[steps[:-1]] < _LONGEST_LOSS_S)
    return [(int(index[steps[k] + 1]), int(index[steps[k + 1]]) + 1) for k in close]


def _spikes(
    times_s: FloatArray, positions_m: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray
) -> list[tuple[int, int]]:
    spikes = np.zeros(len(times_s), dtype=np.bool_)
    spans = []
    for length in range(1, _LONGEST_SPIKE_FRAMES + 1):
        index = np.flatnonzero(measured & ~spikes)
        if len(index) < length + 2:
            break
        first = _spikes_of(times_s[index], positions_m[index], rotations_wxyz[index], length)
        for each in first:
            own = index[each : each + length]
            spikes[own] = True
            spans.append((int(own[0]), int(own[-1]) + 1))
    return spans


def _spikes_of(t: FloatArray, p: FloatArray, q: FloatArray, length: int) -> NDArray[np.intp]:
    """Return the first frame of each leap of ``length`` frames."""
    last = len(t) - length - 1
    speed = lengths(np.diff(p, axis=0)) / np.diff(t)
    least = _SPIKE_SPEED_M_S if length == 1 else _LONG_SPIKE_SPEED_M_S
    fast = np.flatnonzero(np.minimum(speed[:last], speed[length:][:last]) > least)
    before, into, out_of, after = (fast + k for k in (0, 1, length, length + 1))
    leap_in, leap_out = p[into] - p[before], p[after] - p[out_of]
    share = ((t[into] - t[before]) / (t[after] - t[before]))[:, None]
    deviation = lengths(p[into] - (p[before] * (1 - share) + p[after] * share))
    away = (leap_in * leap_out).sum(axis=1) < -0.5 * lengths(leap_in) * lengths(leap_out)
    away &= deviation > _SPIKE_DEVIATION_M
    if length > 1:
        # The device returns to where it came from; the turning point of a swing does not.
        away &= lengths(p[after] - p[before]) < 0.3 * deviation
    leaps = np.zeros(last, dtype=np.bool_)
    leaps[fast] = away
    # Angles are costly; most steps turn by far less.
    turning = np.flatnonzero(np.abs(np.einsum("fi,fi->f", q[:last], q[1:][:last])) < np.cos(_SPIKE_TURN_RAD / 2))
    a, b, c, d = (q[k + turning] for k in (0, 1, length, length + 1))
    turned = np.minimum(geodesic_angle(a, b), geodesic_angle(c, d))
    leaps[turning] |= (turned > _SPIKE_TURN_RAD) & (geodesic_angle(a, d) < 0.3 * turned)
    found = np.flatnonzero(leaps) + 1
    return found[np.append(True, np.diff(found) > length)] if len(found) else found


def _leaps(times_s: FloatArray, positions_m: FloatArray, one: int, other: int) -> bool:
    distance_m = float(np.linalg.norm(positions_m[one] - positions_m[other]))
    between_s = abs(times_s[one] - times_s[other])
    return distance_m > _ORIGIN_JUMP_M and distance_m > _ORIGIN_SPEED_M_S * between_s


def _last_measured(measured: BoolArray, frame: int) -> int | None:
    before = np.flatnonzero(measured[:frame])
    return int(before[-1]) if len(before) else None


def _next_measured(measured: BoolArray, frame: int) -> int | None:
    after = np.flatnonzero(measured[frame:])
    return frame + int(after[0]) if len(after) else None


def _distance(positions_m: FloatArray, before: int, after: int, device: int) -> float:
    return float(np.linalg.norm(positions_m[after, device] - positions_m[before, device]))
