# SPDX-License-Identifier: Apache-2.0
"""Find spans in which a track is still like an object and not like a living hand, and whether it stopped abruptly.

A living hand at rest moves by one or two millimetres per second (Quest 3, Vive). A device on a desk, or a pose that a
runtime repeats, does not: apart from the white noise of its sensors, it stays within a fraction of a millimetre.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ...arrays import BoolArray, FloatArray, IndexArray, lengths, middle, runs

WINDOW_S: Final[float] = 0.4
"""Shortest span; shorter stillness is common: a hand that turns round, the top of a swing."""
_SHORTEST_S: Final[float] = 0.75 * WINDOW_S
_FEWEST_FRAMES: Final[int] = 8
_BOX_S: Final[float] = 0.12
"""Span of the running mean that takes the sensors' noise away."""
_MOST_NOISE_M: Final[float] = 0.0025
"""Largest white noise of a tracked device; a device that shakes more is held."""
_WANDER_M: Final[float] = 0.0004
"""Largest motion of the running mean of a still object in a window."""
_NOISE_RANGE: Final[float] = 5.0
"""The range of a mean of noise in a window, in its own deviations."""
_STEPS: Final[int] = 4
_LONGEST_STEP: Final[float] = 4.0
"""In usual steps; more is a loss of tracking."""
_BEYOND: Final[float] = 4.0
"""A track stops abruptly if it would have moved on by this many times the width of its still span."""
_LEAST_STEP_M: Final[float] = 0.003
_LEAST_SPEED_M_S: Final[float] = 0.12
_SURELY: Final[float] = 20.0
"""A step that is this many standard deviations of the noise long shows by itself how a track moves."""
_DIGITS: Final[float] = 8.0
"""The same for the last digit of rounded numbers."""
_CHUNK: Final[int] = 64
_LEAP_M: Final[float] = 0.03
_LEAP: Final[float] = 4.0
"""A leap is this many times longer than the steps before it."""


class Stillness(NamedTuple):
    """Hold a span in which a track is still, and how it enters and leaves the span."""

    start: int
    stop: int
    """Frames, the last not included."""
    noise_m: float
    """Standard deviation of the white noise in the span, per axis."""
    step_m: float
    """Median step from frame to frame; 0 for an exactly repeated position."""
    leap_in_m: float
    """How far the track leaps into the span; 0 where it does not leap."""
    leap_out_m: float
    abrupt: bool
    """True if a moving track stops or starts from one frame to the next."""

    @property
    def leaps(self) -> bool:
        """Say whether the track leaps into the span or out of it."""
        return self.leap_in_m > 0 or self.leap_out_m > 0


def find_still(times_s: FloatArray, places_m: FloatArray, known: BoolArray) -> list[Stillness]:
    """Return the spans in which a track is still like an object, in order.

    Args:
        times_s: (F,) increasing.
        places_m: (F, 3); where not known, anything.
        known: (F,) where the track is measured.
    """
    frames = np.flatnonzero(known)
    if len(frames) < _FEWEST_FRAMES + 2:
        return []
    t, p = times_s[frames], places_m[frames]
    step_s = float(np.median(np.diff(t)))
    dead = _dead(p, max(_FEWEST_FRAMES, round(WINDOW_S / step_s)), max(1, round(_BOX_S / step_s)))
    spans = [(start, stop) for start, stop in _unbroken(dead, t, step_s) if t[stop - 1] - t[start] >= _SHORTEST_S]
    digit_m = _last_digit_m(p) if spans else 0.0
    found: list[Stillness] = []
    for start, stop in spans:
        noise_m = noise_of(p[start:stop])
        near_m = _WANDER_M + 8 * noise_m + 2 * digit_m
        first, last = _exact_bounds(p, start, stop, near_m)
        if t[last - 1] - t[first] < _SHORTEST_S:
            continue
        least_m = max(_LEAST_STEP_M, _LEAST_SPEED_M_S * step_s, _SURELY * noise_m, _DIGITS * digit_m)
        into, out_of = _edge(p, first, least_m, near_m), _edge(p[::-1], len(p) - last, least_m, near_m)
        # After a loss, a device is somewhere else without having leapt.
        into = into if first and t[first] - t[first - 1] < _LONGEST_STEP * step_s else (0.0, False)
        out_of = out_of if last < len(t) and t[last] - t[last - 1] < _LONGEST_STEP * step_s else (0.0, False)
        step_m = float(middle(lengths(np.diff(p[start:stop], axis=0))))
        span = Stillness(
            start=int(frames[first]),
            stop=int(frames[last - 1]) + 1,
            noise_m=noise_m,
            step_m=step_m,
            leap_in_m=into[0],
            leap_out_m=out_of[0],
            abrupt=into[1] or out_of[1],
        )
        if found and span.start < found[-1].stop:
            continue
        found.append(span)
    return found


def travel_m(places_m: FloatArray) -> float:
    """Return the diagonal of the box that holds places (N, 3), without the outermost hundredth on each side."""
    if len(places_m) == 0:
        return 0.0
    # Most spans are short: sorting takes less time than numpy's percentiles, which are these.
    ordered = np.sort(places_m, axis=0)
    edges = np.array((0.01, 0.99)) * (len(ordered) - 1)
    below = edges.astype(np.int64)
    above = np.minimum(below + 1, len(ordered) - 1)
    low, high = ordered[below] + (edges - below)[:, None] * (ordered[above] - ordered[below])
    return float(lengths(high - low))


def _unbroken(dead: BoolArray, t: FloatArray, step_s: float) -> list[tuple[int, int]]:
    """Return the runs of dead frames, each without a loss inside."""
    broken = np.append(False, np.diff(t) > _LONGEST_STEP * step_s)
    spans = []
    for start, stop in runs(dead):
        cuts = [start, *(start + 1 + np.flatnonzero(broken[start + 1 : stop])).tolist(), stop]
        spans += list(pairwise(cuts))
    return spans


class TrackNoise(NamedTuple):
    """Hold the white noise of a whole track."""

    frames: IndexArray
    """(N,) where the track is measured."""
    window_m2: FloatArray
    """Its variance per axis in the window that begins at each of these frames."""
    window: int
    """Frames of a window."""
    digit_m: float
    """Step of rounded numbers."""

    def usually_exceeds(self, least_m: float, span: Stillness) -> bool:
        """Say whether the deviation of the noise is larger than this in a quarter of the windows outside a span."""
        first, last = np.searchsorted(self.frames, (span.start - 2, span.stop + 2))
        outside = (self.window_m2[: max(0, first - self.window + 1)], self.window_m2[last:])
        count = sum(map(len, outside))
        above = sum(int(np.count_nonzero(part > least_m**2)) for part in outside)
        return count > self.window and above > count / 4


def noise_of_track(times_s: FloatArray, places_m: FloatArray, known: BoolArray) -> TrackNoise:
    """Return the noise of a track, as `find_still` takes it."""
    frames = np.flatnonzero(known)
    p = places_m[frames]
    samples = max(_FEWEST_FRAMES, round(WINDOW_S / float(np.median(np.diff(times_s)))))
    return TrackNoise(frames, _running_sum(_noise_m2(p), samples) / samples, samples + 2, _last_digit_m(p))


def _last_digit_m(places_m: FloatArray) -> float:
    """Return the step of rounded numbers (F, 3): they repeat where the noise is smaller; tiny if not rounded."""
    steps = np.abs(np.diff(places_m, axis=0))
    steps = steps[steps > 1e-9]
    if not len(steps):
        return 0.0
    # The smallest steps of a rounded track are all the same.
    small_m, larger_m = np.percentile(steps, (5, 10))
    return float(small_m) if larger_m < 1.5 * steps.min() else 0.0


def _dead(p: FloatArray, window: int, box: int) -> BoolArray:
    """Return the frames (N,) inside any window in which the running mean does not move."""
    dead = np.zeros(len(p), dtype=np.bool_)
    if len(p) < window:
        return dead
    smooth = _running_mean(p, box)[box // 2 : len(p) - (box - 1 - box // 2)]
    noise_m = np.sqrt(np.maximum(_running_sum(_noise_m2(p), window - 2) / (window - 2), 0.0))
    most_m = _WANDER_M + _NOISE_RANGE * noise_m / np.sqrt(box)
    # Only means of frames that are all in the window.
    still = (noise_m < _MOST_NOISE_M) & (_running_range(smooth, window - box + 1) < most_m)
    still &= _running_range(p, window) < _WANDER_M + 8 * noise_m
    starts = np.zeros(len(p) + 1, dtype=np.int64)
    np.add.at(starts, np.flatnonzero(still), 1)
    np.add.at(starts, np.flatnonzero(still) + window, -1)
    return np.asarray(np.cumsum(starts)[:-1] > 0)


def _exact_bounds(p: FloatArray, start: int, stop: int, near_m: float) -> tuple[int, int]:
    """Return the span with its edges cut, or extended, to the frames that are at its own place."""
    place_m = middle(p[start:stop])
    here = np.flatnonzero(lengths(p[start:stop] - place_m) <= near_m)
    first, last = (start + int(here[0]), start + int(here[-1]) + 1) if len(here) else (stop - 1, stop)
    return first - _stays(p[:first][::-1], place_m, near_m), last + _stays(p[last:], place_m, near_m)


def _stays(p: FloatArray, place_m: FloatArray, near_m: float) -> int:
    """Return for how many frames a track (N, 3) is at a place from its beginning."""
    for begin in range(0, len(p), _CHUNK):
        away = np.flatnonzero(lengths(p[begin : begin + _CHUNK] - place_m) > near_m)
        if len(away):
            return begin + int(away[0])
    return len(p)


def _edge(p: FloatArray, first: int, least_m: float, near_m: float) -> tuple[float, bool]:
    """Return how far a track leaps into its still span that begins at ``first``, and whether it stops abruptly."""
    if first < 3:
        return 0.0, False
    steps_m = lengths(np.diff(p[max(0, first - _STEPS - 1) : first + 1], axis=0))
    last_m = float(steps_m[-1])
    if last_m <= least_m:
        return 0.0, False
    leaps = last_m > max(_LEAP_M, _LEAP * float(middle(steps_m[:-1])))
    # A hand that stops has been slowing down. With the same braking, where would this one have come to rest?
    braking_m = max(float(steps_m[-3] - steps_m[-1]) / 2, 1e-9)
    beyond_m = last_m**2 / (2 * braking_m)
    abrupt = not leaps and beyond_m > max(_BEYOND * near_m, last_m)
    return last_m if leaps else 0.0, bool(abrupt)


def noise_of(p: FloatArray) -> float:
    """Return the deviation of the white noise of a track (N, 3), per axis."""
    return float(np.sqrt(max(_noise_m2(p).mean(), 0.0))) if len(p) > 2 else 0.0


def _noise_m2(p: FloatArray) -> FloatArray:
    """Return a sample of the variance of white noise per axis, (N - 2,): its steps go to and fro, motion's go on."""
    steps = np.diff(p, axis=0)
    return np.asarray(np.einsum("fi,fi->f", steps[1:], steps[:-1]) / -steps.shape[1])


def _running_mean(p: FloatArray, box: int) -> FloatArray:
    padded = np.concatenate((np.repeat(p[:1], box // 2, axis=0), p, np.repeat(p[-1:], box - 1 - box // 2, axis=0)))
    total = np.cumsum(np.concatenate((np.zeros((1, 3)), padded - p[0])), axis=0)
    return np.asarray((total[box:] - total[:-box]) / box)


def _running_range(p: FloatArray, window: int) -> FloatArray:
    """Return the largest extent along an axis of the places (N, 3) in each window, (N - window + 1,)."""
    low = high = np.ascontiguousarray(p.T)
    frames = 1
    while frames < window:
        # The extremes of two overlapping spans are those of both.
        step = min(frames, window - frames)
        low, high = np.minimum(low[:, :-step], low[:, step:]), np.maximum(high[:, :-step], high[:, step:])
        frames += step
    return np.asarray((high - low).max(axis=0))


def _running_sum(values: FloatArray, window: int) -> FloatArray:
    total = np.cumsum(np.append(0.0, values))
    return np.asarray(total[window:] - total[:-window])
