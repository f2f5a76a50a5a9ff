# SPDX-License-Identifier: Apache-2.0
"""Keep planted toes in place and move the wrists to the recorded ones, without a jump where a lock begins or ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, slerp
from ..body.skeleton import JOINT_INDEX
from ..recording.sensors import Sensors
from .limbs import ARMS, LEGS, bend_limb

_FADE_S: Final[float] = 0.15
_LEG_STRETCH: Final[float] = 0.99
_ARM_STRETCH: Final[float] = 0.995
"""Locks do not straighten a limb beyond this share of its length: the last centimetre would turn a knee by twenty
degrees, so that it snaps."""


def lock_feet(motion: Motion, strength: float, standing_as_in: Motion | None = None) -> Motion:
    """Return the motion with each planted toe joint held at its mean position; knees and hips follow.

    The toes are held, because planted toes do not move in the training data, but heels may rise and feet may pivot.

    Args:
        motion: the motion to change; its `foot_stands`, the solver's decision, says when each foot stands.
        strength: 0 leaves the feet, 1 holds them still.
        standing_as_in: the motion with the places of the planted feet, if smoothing has moved them since; by default
            the motion itself.
    """
    assert motion.foot_stands is not None
    stands_m = (motion if standing_as_in is None else standing_as_in).joint_positions_m
    positions_m = motion.joint_positions_m
    for side, (leg, toe) in enumerate(zip(LEGS, ("left_foot", "right_foot"), strict=True)):
        toe_m = positions_m[:, JOINT_INDEX[toe]]
        stands = motion.foot_stands[:, side]
        correction_m = np.zeros_like(toe_m)
        place_m = stands_m[:, JOINT_INDEX[toe]]
        for first, last in runs(stands):
            correction_m[first:last] = place_m[first:last].mean(axis=0) - toe_m[first:last]
        shift_m = strength * fade_out(correction_m, stands, _FADE_S * motion.fps)
        # The foot keeps its direction, so the ankle must go where the toe goes.
        motion = bend_limb(motion, leg, positions_m, positions_m[:, JOINT_INDEX[leg.end]] + shift_m, _LEG_STRETCH)
    return motion


def lock_hands(motion: Motion, sensors: Sensors, strength: float) -> Motion:
    """Return the motion with the wrists at the recorded poses, where they were measured and are within reach.

    Args:
        motion: the motion to change.
        sensors: the calibrated recording, at the motion's own rate; additional frames are ignored.
        strength: 0 leaves the wrists, 1 brings them all the way.
    """
    count = min(len(motion), len(sensors.positions_m))
    positions_m = motion.joint_positions_m
    for side, arm in enumerate(ARMS, start=1):
        wrist = JOINT_INDEX[arm.end]
        wanted_m = positions_m[:, wrist].copy()
        turned = motion.rotations_wxyz[:, wrist].copy()
        measured = np.zeros(len(motion), dtype=np.bool_)
        wanted_m[:count] = sensors.positions_m[:count, side]
        turned[:count] = sensors.rotations_wxyz[:count, side]
        measured[:count] = sensors.measured[:count, side]
        shift_m = strength * fade_out(wanted_m - positions_m[:, wrist], measured, _FADE_S * motion.fps)
        motion = bend_limb(motion, arm, positions_m, positions_m[:, wrist] + shift_m, _ARM_STRETCH)
        share = strength * fade_out(np.ones((len(motion), 1)), measured, _FADE_S * motion.fps)
        rotations = motion.rotations_wxyz.copy()
        rotations[:, wrist] = slerp(rotations[:, wrist], turned, share)
        motion = replace(motion, rotations_wxyz=continuous_signs(rotations))
    return motion


def fade_out(
    values: FloatArray, held: BoolArray, fade_frames: float, influence: FloatArray | None = None
) -> FloatArray:
    """Return (F, C) that is ``values`` where held, and fades to zero over some frames before and after.

    Between two held spans that are close the fades add up to a blend.

    Args:
        values: (F, C)
        held: (F,)
        fade_frames: how long a fade is.
        influence: (F,) of what has made the values: a fade is no larger than the influence in its frame over that at
            its span, so it is zero where the influence is; None: the same everywhere.
    """
    result = np.zeros_like(values)
    spans = runs(held)
    share = np.ones(len(values)) if influence is None else influence
    reach = max(1, round(fade_frames))
    for index, (first, last) in enumerate(spans):
        result[first:last] = values[first:last]
        begin = spans[index - 1][1] if index else 0
        finish = spans[index + 1][0] if index + 1 < len(spans) else len(values)
        before = np.arange(max(begin, first - reach), first)
        after = np.arange(last, min(finish, last + reach))
        # A gap shorter than the fade is crossed within the gap: the next span must begin at its full value.
        rising = _ease(1 - (first - before) / (min(reach, first - begin) + 1)) * _part(share[before], share[first])
        falling = _ease(1 - (after - last + 1) / (min(reach, finish - last) + 1)) * _part(share[after], share[last - 1])
        result[before] += rising[:, None] * values[first]
        result[after] += falling[:, None] * values[last - 1]
    return result


def _part(share: FloatArray, whole: float) -> FloatArray:
    return np.minimum(share / whole, 1.0) if whole > 0 else np.zeros_like(share)


def _ease(x: FloatArray) -> FloatArray:
    return x * x * (3 - 2 * x)
