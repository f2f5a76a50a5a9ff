# SPDX-License-Identifier: Apache-2.0
"""Make the steps of a motion longer or shorter: its path is scaled, and planted feet stay planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..body.motion import Motion
from ..body.skeleton import JOINT_INDEX
from ..numerics.filters import gaussian_filter
from .limbs import LEGS, bend_limb
from .locks import fade_out

_TOES: Final[tuple[str, str]] = ("left_foot", "right_foot")
_FADE_S: Final[float] = 0.15
_STRETCH: Final[float] = 0.99
_DEEPEST: Final[float] = 0.25
"""Most that the hips sink for a long step, as a part of the leg's length."""


def scale_steps(motion: Motion, factor: float) -> Motion:
    """Return the motion with its path over the ground scaled about its start; heights stay, and so do planted feet.

    Args:
        motion: the motion to change; its `foot_stands` says when each foot stands.
        factor: longer or shorter than recorded.
    """
    start_m = motion.root_translation_m[:1]
    scaled_m = start_m + (motion.root_translation_m - start_m) * (factor, 1.0, factor)
    return hold_planted(replace(motion, root_translation_m=scaled_m))


def hold_planted(motion: Motion) -> Motion:
    """Return the motion with each planted toe held at its mean place over the ground.

    Where the legs do not reach, the hips sink, but by no more than a quarter of a leg; beyond that, the feet slide
    (`sliding_m`).
    """
    if motion.foot_stands is None:
        return motion
    positions_m = motion.joint_positions_m
    targets_m = [_held(motion, positions_m, side) for side in range(2)]
    sinks_m = _sinking(motion, positions_m, targets_m)
    lowered_m = motion.root_translation_m - sinks_m[:, None] * (0.0, 1.0, 0.0)
    motion = replace(motion, root_translation_m=lowered_m)
    for side, (leg, target_m) in enumerate(zip(LEGS, targets_m, strict=True)):
        # A foot in the air comes down with the hips, so that a straight leg stays straight, but not below the ground.
        falls_m = np.minimum(sinks_m, _above_ground(motion, positions_m, side))
        lower_m = target_m - falls_m[:, None] * (0.0, 1.0, 0.0)
        motion = bend_limb(motion, leg, motion.joint_positions_m, lower_m, _STRETCH)
    return motion


def sliding_m(motion: Motion) -> float:
    """Return how far a planted toe moves over the ground at most, in metres, within one stance."""
    if motion.foot_stands is None:
        return 0.0
    farthest = 0.0
    for side, toe in enumerate(_TOES):
        ground_m = motion.joint_positions_m[:, JOINT_INDEX[toe]] * (1.0, 0.0, 1.0)
        for first, last in runs(motion.foot_stands[:, side]):
            apart = ground_m[first:last] - ground_m[first:last].mean(axis=0)
            farthest = max(farthest, 2 * float(np.linalg.norm(apart, axis=1).max()))
    return farthest


def _held(motion: Motion, positions_m: FloatArray, side: int) -> FloatArray:
    """Return where an ankle must be, (F, 3), so that the toes stay in place while they are planted."""
    assert motion.foot_stands is not None
    stands: BoolArray = motion.foot_stands[:, side]
    toe_m = positions_m[:, JOINT_INDEX[_TOES[side]]]
    away_m = np.zeros_like(toe_m)
    for first, last in runs(stands):
        away_m[first:last] = (toe_m[first:last].mean(axis=0) - toe_m[first:last]) * (1.0, 0.0, 1.0)
    held_m: FloatArray = positions_m[:, JOINT_INDEX[LEGS[side].end]] + fade_out(away_m, stands, _FADE_S * motion.fps)
    return held_m


def _above_ground(motion: Motion, positions_m: FloatArray, side: int) -> FloatArray:
    """Return how far a foot that does not stand may come down, (F,): to where its toes are planted."""
    assert motion.foot_stands is not None
    stands, heights_m = motion.foot_stands[:, side], positions_m[:, JOINT_INDEX[_TOES[side]], 1]
    if not stands.any():
        return np.zeros(len(stands))
    planted = fade_out(np.ones((len(stands), 1)), stands, _FADE_S * motion.fps)[:, 0]
    above_m: FloatArray = (1 - planted) * np.maximum(heights_m - heights_m[stands].mean(), 0.0)
    return above_m


def _sinking(motion: Motion, positions_m: FloatArray, targets_m: list[FloatArray]) -> FloatArray:
    """Return how far the hips sink in each frame, (F,), so that both legs reach."""
    needed_m = np.zeros(len(motion))
    longest_m = 0.0
    for leg, target_m in zip(LEGS, targets_m, strict=True):
        joints = (JOINT_INDEX[leg.middle], JOINT_INDEX[leg.end])
        length_m = float(sum(np.linalg.norm(motion.skeleton.offsets_m[joint]) for joint in joints))
        longest_m = max(longest_m, length_m)
        to_m = target_m - positions_m[:, JOINT_INDEX[leg.start]]
        ahead_m = np.hypot(to_m[:, 0], to_m[:, 2])
        # A leg may be as straight as it was.
        before_m = np.linalg.norm(positions_m[:, joints[1]] - positions_m[:, JOINT_INDEX[leg.start]], axis=1)
        longest = np.maximum(before_m, _STRETCH * length_m)
        reach_m = np.sqrt(np.maximum(longest**2 - ahead_m**2, 0.0))
        needed_m = np.maximum(needed_m, -to_m[:, 1] - reach_m)
    reach = max(1, round(_FADE_S * motion.fps))
    padded = np.pad(np.clip(needed_m, 0.0, _DEEPEST * longest_m), reach, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    smooth: FloatArray = gaussian_filter(highest, reach / 2, "nearest")
    return smooth
