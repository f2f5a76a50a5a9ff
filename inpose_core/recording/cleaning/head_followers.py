# SPDX-License-Identifier: Apache-2.0
"""Find hands whose pose is computed from the headset: a lost hand at the headset itself, or carried along with it.

Some runtimes report the head's pose for a lost hand, or a hand at a constant place before the head. Others know only
the hand's rotation and compute its position with a model of an arm that hangs on the head.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, IndexArray, lengths, runs
from ...body.quaternions import conjugate_quaternion, geodesic_angle, rotate_vector
from .defects import Poses, TrackDefect
from .stillness import Stillness, find_still, travel_m

_INSIDE_M: Final[float] = 0.03
"""A hand cannot be closer than this to the point between the eyes, because the headset is in the way."""
_BOTH: Final[float] = 0.9
_SHORTEST_S: Final[float] = 0.1
_BRIDGED_S: Final[float] = 0.3
_STAYS_S: Final[float] = 1.0
_GLUED_M: Final[float] = 0.015
_HEAD_MOVES_M: Final[float] = 0.05
_HEAD_TURNS_RAD: Final[float] = np.radians(6.0)
_ROOM_JUMP_M: Final[float] = 0.12
"""In a frame; then the room moved the head and the hand."""
_ABRUPT_S: Final[float] = 0.6
_CARRIED_S: Final[float] = 2.0
_CARRIED_M: Final[float] = 0.10
_CARRIED_RAD: Final[float] = np.radians(12.0)

_MODEL_HZ: Final[float] = 20.0
_MODEL_FRAMES: Final[int] = 40
_MODEL_HOP: Final[int] = 10
_MODEL_ERROR_M: Final[float] = 0.0013
"""For two seconds of real arms, the error of the best fit is 2.6 mm, and the median error is 36 mm."""
_MODEL_EDGE: Final[float] = 4.0
_DAMPING: Final[float] = 1e-5
_MODEL_SHARE: Final[float] = 0.02
_MODEL_SWEEP_M: Final[float] = 0.05
_MODEL_TURN_RAD: Final[float] = np.radians(20.0)


def find_at_headset(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Return the spans in which a hand is where the headset itself is."""
    spans = [(hand, *span) for hand in (1, 2) for span in _at_the_headset(times_s, poses, hand)]
    if sum(stop - start for _, start, stop in spans) > _BOTH * poses.measured[:, 1:].sum():
        # Both hands are there all the time: the unit is wrong, and calibration detects that better.
        return []
    return [TrackDefect("at_head", *span) for span in spans]


def find_carried_hands(times_s: FloatArray, poses: Poses) -> list[TrackDefect]:
    """Return the spans in which a hand follows the head as no hand does: at a constant place, or on a model's arm."""
    found = []
    places = {name: _relative(poses, name) for name in ("head", "heading", "room")}
    for hand in (1, 2):
        taken = np.zeros(len(times_s), dtype=np.bool_)
        for name, relative_m in places.items():
            known = poses.measured[:, 0] & poses.measured[:, hand] & ~taken
            for span in find_still(times_s, relative_m[:, hand], known):
                if _is_carried(times_s, poses, relative_m, hand, span, name):
                    found.append(TrackDefect("at_head", hand, span.start, span.stop, "carried"))
                    taken[span.start : span.stop] = True
        for start, stop in _by_arm_model(times_s, poses, hand, taken):
            found.append(TrackDefect("at_head", hand, start, stop, "modelled"))
    return found


def _at_the_headset(times_s: FloatArray, poses: Poses, hand: int) -> list[tuple[int, int]]:
    known = poses.measured[:, 0] & poses.measured[:, hand]
    if not known.any():
        return []
    away_m = lengths(poses.positions_m[:, hand] - poses.positions_m[:, 0])
    inside = known & (away_m < _INSIDE_M)
    for start, stop in runs(known & ~inside):
        between = start > 0 and stop < len(times_s) and inside[start - 1] and inside[stop]
        if between and times_s[stop] - times_s[start] < _BRIDGED_S and away_m[start:stop].max() < 2 * _INSIDE_M:
            inside[start:stop] = True
    apart_m = poses.positions_m[:, hand] - poses.positions_m[:, 0]
    found = []
    for start, stop in runs(inside):
        lasts_s = times_s[stop - 1] - times_s[start]
        # A hand that only passes the eyes does not stay at one place before them.
        if lasts_s >= _SHORTEST_S and (lasts_s > _STAYS_S or travel_m(apart_m[start:stop]) < _GLUED_M):
            found.append((start, stop))
    return found


def _relative(poses: Poses, frame: str) -> FloatArray:
    """Return the places of all devices seen from the head, (F, 3, 3): in its frame, its heading's, or the room's."""
    apart_m = poses.positions_m - poses.positions_m[:, :1]
    head_wxyz = poses.rotations_wxyz[:, 0]
    if frame == "room":
        return apart_m
    if frame == "heading":
        head_wxyz = _heading(head_wxyz)
    seen_m = np.zeros_like(apart_m)
    seen_m[:, 1:] = rotate_vector(conjugate_quaternion(head_wxyz)[:, None], apart_m[:, 1:])
    return seen_m


def _is_carried(
    times_s: FloatArray, poses: Poses, relative_m: FloatArray, hand: int, span: Stillness, name: str
) -> bool:
    """Return whether a hand that is still relative to the head is attached to it, and not held still with the whole
    body."""
    part = slice(span.start, span.stop)
    lasts_s = float(times_s[span.stop - 1] - times_s[span.start])
    sudden = span.leaps or (span.abrupt and lasts_s > _ABRUPT_S)
    if not sudden and lasts_s <= _CARRIED_S:
        return False
    head_m = travel_m(poses.positions_m[part, 0])
    turned_rad = _turned(poses.rotations_wxyz[part, 0])
    step_m = lengths(np.diff(poses.positions_m[part, 0], axis=0)).max(initial=0.0)
    moving = (head_m > _HEAD_MOVES_M or turned_rad > _HEAD_TURNS_RAD) and step_m < _ROOM_JUMP_M
    if not moving or travel_m(poses.positions_m[part, hand]) < _HEAD_MOVES_M / 2:
        return False
    other = 3 - hand
    other_m = travel_m(relative_m[part, other][poses.measured[part, other]])
    if other_m < _HEAD_MOVES_M / 5 and poses.measured[part, other].any():
        # A stiff body that moves as one, as animations do.
        return False
    turning = turned_rad > _CARRIED_RAD and (name == "head" or head_m > _CARRIED_M)
    return sudden or turning


def _by_arm_model(times_s: FloatArray, poses: Poses, hand: int, taken: BoolArray) -> list[tuple[int, int]]:
    """Return the spans in which the hand's position follows from the rotations of head and hand alone."""
    known = poses.measured[:, 0] & poses.measured[:, hand] & ~taken
    step_s = float(np.median(np.diff(times_s)))
    frames = np.flatnonzero(known)[:: max(1, round(1 / (_MODEL_HZ * step_s)))]
    apart_m = poses.positions_m[:, hand] - poses.positions_m[:, 0]
    head_wxyz, hand_wxyz = poses.rotations_wxyz[:, 0], poses.rotations_wxyz[:, hand]
    modelled = np.zeros(len(times_s), dtype=np.bool_)
    if len(frames) < _MODEL_FRAMES:
        return []
    windows = frames[np.arange(0, len(frames) - _MODEL_FRAMES + 1, _MODEL_HOP)[:, None] + np.arange(_MODEL_FRAMES)]
    sweep_m = np.sqrt(apart_m[windows].var(axis=1).sum(axis=-1))
    middle = hand_wxyz[windows[:, _MODEL_FRAMES // 2, None]]
    turned_rad = np.percentile(geodesic_angle(hand_wxyz[windows], middle), 95, axis=1)
    lasts_s = times_s[windows[:, -1]] - times_s[windows[:, 0]]
    telling = (sweep_m > _MODEL_SWEEP_M) & (turned_rad > _MODEL_TURN_RAD)
    windows = windows[telling & (lasts_s < 1.5 * _MODEL_FRAMES * max(step_s, 1 / _MODEL_HZ))]
    sweep_m = np.sqrt(apart_m[windows].var(axis=1).sum(axis=-1))
    if len(windows) == 0:
        return []
    features = _model_features(head_wxyz[windows], hand_wxyz[windows])
    arms_m = _fitted_arms(features, apart_m[windows])
    error_m = lengths((features @ arms_m[:, None, :, None])[..., 0] - apart_m[windows])
    fits = np.sqrt((error_m**2).mean(axis=-1)) < np.minimum(_MODEL_ERROR_M, _MODEL_SHARE * sweep_m)
    for window, arm_m in zip(windows[fits], arms_m[fits], strict=True):
        if not modelled[window].all():
            model_m = _model_features(head_wxyz, hand_wxyz) @ arm_m
            near = lengths(model_m - apart_m) < _MODEL_EDGE * _MODEL_ERROR_M
            modelled[_grown(known & near, window)] = True
    return runs(modelled)


def _model_features(head_wxyz: FloatArray, hand_wxyz: FloatArray) -> FloatArray:
    """Return what an arm model multiplies with its nine lengths, (..., 3, 9): axes of hand, heading and head."""
    turns = (hand_wxyz, _heading(head_wxyz), head_wxyz)
    return np.stack([rotate_vector(wxyz, axis) for wxyz in turns for axis in np.eye(3).tolist()], axis=-1)


def _fitted_arms(features: FloatArray, apart_m: FloatArray) -> FloatArray:
    """Return the arm models, (W, 9), that best explain where the hand is from the head in windows, (W, N, 3)."""
    a, y = features.reshape(len(features), -1, 9), apart_m.reshape(len(apart_m), -1, 1)
    across = a.swapaxes(-1, -2)
    # A little damping: an arm is never metres long, however well that fits.
    damped = across @ a + _DAMPING * a.shape[1] * np.eye(9)
    return np.asarray(np.linalg.solve(damped, across @ y)[..., 0])


def _grown(fits: BoolArray, part: IndexArray) -> slice:
    """Return the frames around a fitted part to which the fit extends."""
    before, after = np.flatnonzero(~fits[: part[0]]), np.flatnonzero(~fits[part[-1] :])
    return slice(int(before[-1]) + 1 if len(before) else 0, int(part[-1] + after[0]) if len(after) else len(fits))


def _heading(head_wxyz: FloatArray) -> FloatArray:
    """Return the rotation about the vertical that turns -Z to where the head looks, seen from above, (F, 4)."""
    ahead = rotate_vector(head_wxyz, (0.0, 0.0, -1.0))
    half_rad = np.arctan2(-ahead[..., 0], -ahead[..., 2]) / 2
    nothing = np.zeros_like(half_rad)
    return np.stack((np.cos(half_rad), nothing, np.sin(half_rad), nothing), axis=-1)


def _turned(rotations_wxyz: FloatArray) -> float:
    middle = rotations_wxyz[len(rotations_wxyz) // 2]
    return float(np.percentile(geodesic_angle(rotations_wxyz, middle), 95))
