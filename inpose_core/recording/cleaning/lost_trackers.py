# SPDX-License-Identifier: Apache-2.0
"""Find where trackers on the body are not tracked: without a pose, at the origin, parked, frozen, or leaping.

The same happens to them as to the hands. But a foot stands still with every step, so a tracker that repeats its pose is
frozen only if it leaps afterwards, or if it otherwise never repeats a pose.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, lengths, runs
from ..interpretation.parked import at_one_place, far_away
from ..trackers import TrackerTracks
from .defects import Poses, TrackDefect, as_defects, without
from .stillness import travel_m
from .track_defects import find_at_origin, find_spikes

_USUAL_M: Final[float] = 0.4
"""What hands usually are away from the head; there may be no hands."""
_FEWEST_FRAMES: Final[int] = 3
_SHORTEST_S: Final[float] = 0.1
_LEAP_M: Final[float] = 0.02
_LEAP: Final[float] = 3.0
"""A leap is this many times longer than the step that follows; a foot that lifts gets faster."""
_LONG_S: Final[float] = 0.8
_OTHERS_MOVE_M: Final[float] = 0.05
_SELDOM: Final[float] = 0.02
"""Largest share of the other frames in which a live tracker repeats its pose exactly."""


def find_lost_trackers(
    times_s: FloatArray, poses: Poses, given: TrackerTracks | None
) -> tuple[Poses, list[TrackDefect]]:
    """Return the cleaned tracks, not measured where they are not tracked, and these spans; devices are trackers.

    Args:
        times_s: (F,) increasing.
        poses: of head and hands in the same frames.
        given: the trackers as the file has them; None: there are none.
    """
    if given is None:
        nothing = np.zeros((len(times_s), 0, 4))
        return Poses(nothing[..., :3], nothing, nothing[..., 0] > 0), []
    trackers = given.cleaned()
    defects = as_defects("no_pose", given.measured & ~trackers.measured)
    tracks = Poses(trackers.positions_m, trackers.rotations_wxyz, trackers.measured)
    for detect in (find_at_origin, find_spikes):
        tracks, defects = _left(tracks, defects, detect(times_s, tracks))
    tracks, defects = _left(tracks, defects, as_defects("parked", _parked(poses, tracks)))
    frozen = as_defects("frozen", _frozen(times_s, poses, tracks))
    return _left(tracks, defects, [defect._replace(how="tracker") for defect in frozen])


def _left(tracks: Poses, defects: list[TrackDefect], found: list[TrackDefect]) -> tuple[Poses, list[TrackDefect]]:
    return tracks._replace(measured=without(tracks.measured, found)), [*defects, *found]


def _parked(poses: Poses, tracks: Poses) -> BoolArray:
    """Return where trackers are at an exact place that they leap to, or leap far away from the head, (F, T)."""
    parked = np.zeros_like(tracks.measured)
    for index in range(parked.shape[1]):
        place_m, known = tracks.positions_m[:, index], np.flatnonzero(tracks.measured[:, index])
        if len(known) >= _FEWEST_FRAMES:
            parked[known, index] = at_one_place(place_m[known], _USUAL_M)
        known = known[poses.measured[known, 0]]
        if len(known) >= _FEWEST_FRAMES:
            away_m = lengths(place_m[known] - poses.positions_m[known, 0])
            parked[known, index] |= far_away(place_m[known], away_m, _USUAL_M)
    return parked


def _frozen(times_s: FloatArray, poses: Poses, tracks: Poses) -> BoolArray:
    """Return where trackers repeat one pose exactly while head or hands move, (F, T)."""
    frozen = np.zeros_like(tracks.measured)
    repeats = _repeats(tracks) & tracks.measured
    others_move = (poses.measured & ~_repeats(poses)).any(axis=1)
    for index in range(frozen.shape[1]):
        seen, places_m = tracks.measured[:, index], tracks.positions_m[:, index]
        # Frames start..stop-1 repeat frame start-1.
        for start, stop in runs(repeats[:, index]):
            lasts_s = float(times_s[stop - 1] - times_s[start - 1])
            if stop - start < _FEWEST_FRAMES or lasts_s < _SHORTEST_S or others_move[start:stop].mean() < 0.5:
                continue
            # A leap into the pose is one of its first frame, which repeats none.
            leaps_in = _leaps_out(places_m[::-1], seen[::-1], len(seen) - start + 1)
            lies = lasts_s >= _LONG_S and _head_moves(poses, start, stop)
            if leaps_in or _leaps_out(places_m, seen, stop) or (lies and _else_live(repeats[:, index], start, stop)):
                frozen[start - leaps_in : stop, index] = True
    return frozen


def _repeats(poses: Poses) -> BoolArray:
    same = np.zeros(poses.measured.shape, dtype=np.bool_)
    same[1:] = (poses.positions_m[1:] == poses.positions_m[:-1]).all(axis=-1)
    same[1:] &= (poses.rotations_wxyz[1:] == poses.rotations_wxyz[:-1]).all(axis=-1)
    return same


def _leaps_out(places_m: FloatArray, seen: BoolArray, stop: int) -> bool:
    """Say whether a track leaps out of a span that ends before ``stop``, and then goes on in shorter steps."""
    if stop + 1 >= len(places_m) or not seen[stop - 1 : stop + 2].all():
        return False
    leap_m, next_m = lengths(np.diff(places_m[stop - 1 : stop + 2], axis=0)).tolist()
    return bool(leap_m > max(_LEAP_M, _LEAP * next_m))


def _head_moves(poses: Poses, start: int, stop: int) -> bool:
    known = poses.measured[start:stop, 0]
    return travel_m(poses.positions_m[start:stop, 0][known]) > _OTHERS_MOVE_M


def _else_live(repeats: BoolArray, start: int, stop: int) -> bool:
    """Say whether a tracker hardly repeats its pose outside of a span."""
    outside = np.concatenate((repeats[:start], repeats[stop:]))
    return len(outside) > _FEWEST_FRAMES and float(outside.mean()) < _SELDOM
