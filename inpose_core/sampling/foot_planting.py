# SPDX-License-Identifier: Apache-2.0
"""Decide where feet are planted: from their stances to the target paths of the toes.

During a stance, the foot stays where it is. Between two stances it follows the solved path. The transitions are smooth,
so that nothing jumps when a foot lands or lifts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray, run_bounds
from .upright_legs import LegExtension


@dataclass(frozen=True)
class PlantingSettings:
    """Choose how paths are planted; lengths are shares of the body size."""

    fade_frames: int = 10
    """Length of the transitions before and after a stance."""
    clearance: float = 0.033
    """Least height of a swing above the line from stance to stance, over their distance: a quarter of the captured
    swings is lower."""
    floor_reach: float = 0.06
    """A planted foot that is lower than this above the floor, 10 cm for an adult, stands on the floor; a higher one
    stands on something."""
    floor_pull: float = 0.3
    """Share of its height above the floor that planting removes from a foot near the floor. If the person stands
    upright, it removes all of it. In other poses, feet exactly on the floor would bend the knees of people whose soles
    differ from the body's. No foot stays below the floor."""


@dataclass(frozen=True)
class FootPaths:
    """Hold the stances of each foot and the paths of the toes, for foot planting and foot lock."""

    solved_m: FloatArray
    """(F, 2, 3) solved positions of the toes."""
    target_m: FloatArray
    """(F, 2, 3) target positions of the toes."""
    stands: BoolArray
    """(F, 2) whether each foot is planted; between two stances of a foot, there is always a frame without."""
    legs: LegExtension
    """How straight the legs are."""


def plant_feet(
    toes_m: FloatArray,
    stands: BoolArray,
    body_size_m: float,
    floor_m: float | None,
    settings: PlantingSettings = PlantingSettings(),
    legs: LegExtension | None = None,
    weight: FloatArray | None = None,
) -> FootPaths:
    """Return paths on which planted feet do not move and no foot is below the floor.

    Args:
        toes_m: solved positions of the left and the right toe joint, Y up, (F, 2, 3).
        stands: whether each foot is planted, (F, 2).
        body_size_m: standing head height.
        floor_m: height of a planted toe joint; None if the floor is not known.
        settings: how paths are planted.
        legs: how straight the legs are; the feet of a person who stands upright are exactly on the floor.
        weight: how much each frame counts for the place of a stance, (F,); None: all the same.
    """
    legs = legs or LegExtension.unknown(len(toes_m))
    target_m = toes_m.copy()
    for foot in range(stands.shape[1]):
        first, end = run_bounds(stands[:, foot])
        if len(first):
            plant_m = _plants(toes_m[:, foot], first, end, weight)
            if floor_m is not None:
                pull = settings.floor_pull + (1 - settings.floor_pull) * _most_in(legs.upright, first, end)
                plant_m[:, 1] = _near_floor(plant_m[:, 1], floor_m, settings.floor_reach * body_size_m, pull)
            target_m[:, foot] += _departure(toes_m[:, foot], first, end, plant_m, settings.fade_frames)
            target_m[:, foot, 1] += _missing_clearance(target_m[:, foot], first, end, plant_m, settings.clearance)
    if floor_m is not None:
        target_m[..., 1] = np.maximum(target_m[..., 1], floor_m)
    return FootPaths(toes_m, target_m, stands, legs)


def rest_toes(
    toe_m: FloatArray,
    ankle_m: FloatArray,
    stands: BoolArray,
    foot_m: float,
    settings: PlantingSettings = PlantingSettings(),
) -> FloatArray:
    """Return the path of the toes, (F, 3), of a foot whose ankle is held: they do not turn about it during a stance.

    Args:
        toe_m: solved positions of the toe joint, (F, 3).
        ankle_m: where the ankle is held, (F, 3).
        stands: when it is held, (F,).
        foot_m: distance of ankle and toe joint.
        settings: how long the transitions are.
    """
    first, end = run_bounds(stands)
    if not len(first):
        return toe_m
    towards_m = _plants(toe_m - ankle_m, first, end)
    towards_m *= foot_m / np.maximum(np.linalg.norm(towards_m, axis=-1, keepdims=True), 1e-9)
    rest_m: FloatArray = toe_m + _departure(
        toe_m, first, end, _plants(ankle_m, first, end) + towards_m, settings.fade_frames
    )
    return rest_m


def _plants(toe_m: FloatArray, first: IndexArray, end: IndexArray, weight: FloatArray | None = None) -> FloatArray:
    """Return the mean position of each stance, (S, 3)."""
    weight = np.ones(len(toe_m)) if weight is None else weight
    weighted = np.column_stack((weight[:, None] * toe_m, weight))
    total = np.concatenate((np.zeros((1, 4)), np.cumsum(weighted, axis=0)))
    sums = total[end] - total[first]
    mean_m: FloatArray = sums[:, :3] / sums[:, 3:]
    return mean_m


def _most_in(values: FloatArray, first: IndexArray, end: IndexArray) -> FloatArray:
    """Return the largest value in each stance, (S,)."""
    borders = np.stack((first, end), axis=1).ravel()
    most: FloatArray = np.maximum.reduceat(np.append(values, 0.0), borders)[::2]
    return most


def _near_floor(height_m: FloatArray, floor_m: float, reach_m: float, pull: FloatArray) -> FloatArray:
    """Return the heights of stances: those near the floor come closer to it by the share ``pull``, and none is below
    it."""
    above_m = np.maximum(height_m - floor_m, 0.0)
    return floor_m + np.where(above_m < reach_m, (1 - pull) * above_m, above_m)


def _missing_clearance(
    toe_m: FloatArray, first: IndexArray, end: IndexArray, plant_m: FloatArray, clearance: float
) -> FloatArray:
    """Return the height, (F,), that lifts each swing between two stances off the ground as far as its length asks."""
    more_m = np.zeros(len(toe_m))
    for before, (lifts, lands) in enumerate(zip(end[:-1], first[1:], strict=True)):
        share = np.arange(1, lands - lifts + 1) / (lands - lifts + 1)
        step_m = plant_m[before + 1] - plant_m[before]
        above_m = toe_m[lifts:lands, 1] - plant_m[before, 1] - share * step_m[1]
        missing_m = clearance * float(np.hypot(step_m[0], step_m[2])) - above_m.max()
        more_m[lifts:lands] = max(0.0, missing_m) * np.sin(np.pi * share) ** 2
    return more_m


def _departure(
    toe_m: FloatArray, first: IndexArray, end: IndexArray, plant_m: FloatArray, fade_frames: int
) -> FloatArray:
    """Return the difference from the solved path, (F, 3): in a stance, up to the planted position; between stances, it
    fades."""
    frames = np.arange(len(toe_m))
    before = np.searchsorted(first, frames, side="right") - 1
    after = before + 1
    has_before, has_after = before >= 0, after < len(first)
    b, a = np.maximum(before, 0), np.minimum(after, len(first) - 1)
    inside = has_before & (frames < end[b])
    last = end[b] - 1
    gap = np.where(has_before & has_after, first[a] - last, 2 * fade_frames)
    # In a short gap the one offset passes over into the other; in a long one each fades by itself.
    fade = np.where(gap < 2 * fade_frames, gap, fade_frames)
    leaving = np.where(has_before, 1 - _smoothstep((frames - last) / fade), 0.0)
    coming = np.where(has_after, 1 - _smoothstep((first[a] - frames) / fade), 0.0)
    between = leaving[:, None] * (plant_m[b] - toe_m[last]) + coming[:, None] * (plant_m[a] - toe_m[first[a]])
    return np.where(inside[:, None], plant_m[b] - toe_m, between)


def _smoothstep(x: FloatArray) -> FloatArray:
    clipped = np.clip(x, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)
