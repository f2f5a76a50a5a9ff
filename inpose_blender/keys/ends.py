# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how far the end joints of a body move and turn when the channels of its bones are a little off.

What an animator sees of a missing key is a hand or a foot at a wrong place, not a wrong value of a curve. Each bone
carries its end joints as a rigid body would: a small turn of the bone moves them by turn x arm. For errors of
millimetres and tenths of a degree this is exact enough, and the errors of all bones simply add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core import FloatArray, IndexArray


@dataclass(frozen=True)
class Tolerance:
    """Hold how far an end joint may be off."""

    distance_m: float
    angle_rad: float


@dataclass(frozen=True)
class EndEffect:
    """Hold what a small change of a channel's values does to the end joints. F may be 1 where nothing changes."""

    turn_axes: FloatArray
    """(F, 3, C) the turn in the world per unit of each component, in radians; zeros for a location."""
    shift_axes: FloatArray
    """(F, 3, C) the shift in the world per unit of each component, in metres; zeros for a rotation."""
    ends: IndexArray
    """(E,) the end joints that follow: first those that the bone carries, then the middle joints of IK limbs."""
    arms_m: FloatArray
    """(F, A, 3) from the bone's head to each joint that it carries, in the world."""
    bent_m: FloatArray
    """(F, E - A, 3, C) the shift of each middle joint per unit of each component, in metres."""
    bent_turns: FloatArray
    """(F, E - A, 3, C) the turn of its limb per unit, in radians."""

    def part(self, frames: slice) -> EndEffect:
        """Return the effect in some of the frames."""
        cut = {name: value[frames] if len(value) > 1 else value for name, value in vars(self).items() if name != "ends"}
        return replace(self, **cut)

    def with_bends_every(self, stride: int) -> EndEffect:
        """Return the effect with middle joints that are watched in every so many-th frame only.

        Between the scene's frames, even a key on each of them does not keep a limb in place that is nearly straight.
        """
        watched = (np.arange(len(self.bent_m)) % stride == 0)[:, None, None, None]
        return replace(self, bent_m=self.bent_m * watched, bent_turns=self.bent_turns * watched)

    def effects(self, count: int, tolerances: Sequence[Tolerance]) -> FloatArray:
        """Return what a unit of each component does, (C, E, 6, F): for each end joint three components of its shift and
        three of its turn, in tolerances."""
        turn = np.moveaxis(self.turn_axes, 2, 1)[:, :, None]  # (F, C, 1, 3)
        moved = np.cross(turn, self.arms_m[:, None]) + np.moveaxis(self.shift_axes, 2, 1)[:, :, None]
        components = self.turn_axes.shape[2]
        shape = (count, components, self.arms_m.shape[1], 3)
        bent_shape = (count, components, self.bent_m.shape[1], 3)
        bent, bent_turn = (
            np.broadcast_to(np.moveaxis(each, 3, 1), bent_shape) for each in (self.bent_m, self.bent_turns)
        )
        moved = np.concatenate((np.broadcast_to(moved, shape), bent), axis=2)
        turned = np.concatenate((np.broadcast_to(turn, shape), bent_turn), axis=2)
        moved = moved / np.array([tolerance.distance_m for tolerance in tolerances])[:, None]
        turned = turned / np.array([tolerance.angle_rad for tolerance in tolerances])[:, None]
        both = np.concatenate((moved, turned), axis=-1)
        return np.ascontiguousarray(np.moveaxis(both, 0, -1), np.float32)


@dataclass(frozen=True)
class CurveToKey:
    """Hold one channel for the choice of its keys."""

    values: FloatArray
    """(F, C) one value for each frame."""
    reach: EndEffect
    fixed: IndexArray
    """Frames that keep their keys; the first and the last do in any case."""
    held: tuple[tuple[int, int], ...] = ()
    """Stretches with one value, as first and last frame: they have keys only at both ends."""
    stride: int = 1
    """Only every so many-th frame may have a key: the others are moments between the frames of the scene."""
    joins: tuple[tuple[int, FloatArray], ...] = ()
    """Frames at which the curve goes on elsewhere: it has the values there, and this slope per frame, (C,)."""

    def part(self, first: int, end: int) -> CurveToKey:
        """Return the curve in some of the frames, so that it joins what is before and after."""
        count = len(self.values)
        joins = []
        for frame in {first, end - 1} - {0, count - 1}:
            inside = any(start <= frame <= stop for start, stop in self.held)
            slope = 0.5 * (self.values[frame + 1] - self.values[frame - 1])
            joins.append((frame - first, np.zeros_like(slope) if inside else slope))
        fixed = self.fixed[(self.fixed >= first) & (self.fixed < end)] - first
        held = [(max(start, first) - first, min(stop, end - 1) - first) for start, stop in self.held]
        return CurveToKey(
            self.values[first:end],
            self.reach.part(slice(first, end)),
            fixed,
            tuple((start, stop) for start, stop in held if start < stop),
            self.stride,
            tuple(joins),
        )


def sizes(errors: FloatArray) -> FloatArray:
    """Return the larger one of shift and turn of each end joint, in tolerances: (E, F) from errors (E, 6, F)."""
    squared = errors * errors
    shift = squared[:, 0] + squared[:, 1] + squared[:, 2]
    return np.asarray(np.sqrt(np.maximum(shift, squared[:, 3] + squared[:, 4] + squared[:, 5])))
