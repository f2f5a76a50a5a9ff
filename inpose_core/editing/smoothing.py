# SPDX-License-Identifier: Apache-2.0
"""Smooth a motion: take away its jitter, and keep planted feet, held hands and straight limbs as they are.

Rotations that are smoothed one by one do not fit together: a knee that is nearly straight would snap when its foot is
put back. So the places of the joints are smoothed, too, with the held ones fixed, and the body is fitted to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, normalize_quaternion
from ..body.skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    HIP_JOINTS,
    JOINT_INDEX,
    KNEE_JOINTS,
    SHOULDER_JOINTS,
    TOE_JOINTS,
    WRIST_JOINTS,
)
from ..numerics.filters import gaussian_filter, upper_envelope
from ..numerics.smoothest import smoothest
from .meeting import missed_stances, planted_feet, with_ankles_at, with_hands_of, with_head_at, with_head_of
from .roughness import rougher, roughness_m_s2
from .whole_body import reaching_from_head

_MISSED_M: Final[float] = 0.001
_LOOSE_M: Final[float] = 0.02
"""By how much a joint that nothing holds may miss its smooth place."""
_LOOSE_JOINTS: Final[tuple[int, ...]] = (*HIP_JOINTS, *KNEE_JOINTS, *SHOULDER_JOINTS, *ELBOW_JOINTS)
_ITERATIONS: Final[int] = 3
_LESS_S: Final[float] = 0.25
_ROUNDS: Final[int] = 12
"""Around frames that have become rougher, or in which a foot misses its place, the body gets half its freedom, at most
so often."""
_NO_FREEDOM: Final[float] = 1e-3
_FAR_DEVIATIONS: Final[float] = 10.0
"""Frames further from a change of the freedom stay as they are."""
_HEAD: Final[int] = JOINT_INDEX["head"]


def smooth_motion(motion: Motion, deviation_s: float) -> Motion:
    """Return the motion with rotations, path and fingers averaged over a Gaussian of this deviation in seconds.

    Quaternions of continuous sign are averaged by component and normalised: within a kernel's reach a body turns far
    less than the half turn at which that would matter.
    """
    rotations = gaussian_filter(continuous_signs(motion.rotations_wxyz), deviation_s * motion.fps, "nearest")
    root_m = gaussian_filter(motion.root_translation_m, deviation_s * motion.fps, "nearest")
    fingers = None if motion.fingers is None else motion.fingers.smoothed(deviation_s * motion.fps)
    return replace(motion, rotations_wxyz=normalize_quaternion(rotations), root_translation_m=root_m, fingers=fingers)


def smooth(motion: Motion, share: FloatArray, deviation_s: float, *, hold_hands: bool) -> Motion:
    """Return the motion with a smooth body; planted feet stay where they are, and no joint becomes rougher.

    Args:
        motion: the motion.
        share: (F,) influence of the edit.
        deviation_s: standard deviation of the Gaussian that smooths about as much.
        hold_hands: head and hands stay where they are, too; otherwise they are smoothed.
    """
    if deviation_s <= 0 or not (share > 0).any():
        return motion
    before_m_s2, freedom, edited = roughness_m_s2(motion), share, motion
    changed = share > 0
    for number in range(_ROUNDS):
        smoothed = _Smoothed.of(motion, freedom, deviation_s, hold_hands=hold_hands)
        # What is far from a change is as it was in the round before.
        reach = round((_FAR_DEVIATIONS * deviation_s + _LESS_S) * motion.fps)
        frames = np.flatnonzero(_within(changed, reach) & (share > 0))
        edited = _with_frames(edited, smoothed, motion, frames)
        failed = (rougher(edited, before_m_s2) & (freedom > 0)) | missed_stances(edited, motion, _MISSED_M)
        if not failed.any():
            return edited
        near = upper_envelope(failed.astype(np.float64), round(_LESS_S * motion.fps))
        # In the last round, what has failed so often stays as it was.
        freedom = freedom * (1 - (0.5 if number < _ROUNDS - 2 else 1.0) * near)
        freedom = np.where(freedom < _NO_FREEDOM, 0.0, freedom)
        changed = near > 0
    return edited


@dataclass(frozen=True, eq=False)
class _Smoothed:
    """Hold smooth rotations, and the smooth places that a body with these rotations does not quite reach."""

    motion: Motion
    """Its head is in place."""
    places_m: FloatArray
    """(F, 22, 3)"""
    hold_hands: bool

    @staticmethod
    def of(motion: Motion, freedom: FloatArray, deviation_s: float, *, hold_hands: bool) -> _Smoothed:
        """Smooth a motion with the freedom (F,) of each frame."""
        frames, stands = deviation_s * motion.fps, planted_feet(motion)
        before_m, before = motion.joint_positions_m, continuous_signs(motion.rotations_wxyz)
        places_m, turns = smoothest(before_m, freedom, frames), smoothest(before, freedom, frames)
        for side, ankle in enumerate(ANKLE_JOINTS):
            in_the_air = np.where(stands[:, side], 0.0, freedom)
            places_m[:, ankle] = smoothest(before_m[:, ankle], in_the_air, frames)
            for joint in (ankle, TOE_JOINTS[side]):
                turns[:, joint] = smoothest(before[:, joint], in_the_air, frames)
        root_m = smoothest(motion.root_translation_m, freedom, frames)
        turned = replace(motion, rotations_wxyz=normalize_quaternion(turns), root_translation_m=root_m)
        if hold_hands:
            places_m[:, list(WRIST_JOINTS)] = before_m[:, list(WRIST_JOINTS)]
            return _Smoothed(with_head_of(turned, motion), places_m, hold_hands)
        return _Smoothed(with_head_at(turned, places_m[:, _HEAD]), places_m, hold_hands)

    def fitted(self, before: Motion, frames: IndexArray) -> Motion:
        """Return some frames (K,) of the motion, with joints as near to their places as the body lets them.

        Args:
            before: the motion before the edit.
            frames: (K,) numbers of the frames.
        """
        part, places_m, was = self.motion.part(frames), self.places_m[frames], before.part(frames)
        loose = _LOOSE_JOINTS if self.hold_hands else (*_LOOSE_JOINTS, *WRIST_JOINTS)
        targets = _targets(places_m, (*ANKLE_JOINTS, *WRIST_JOINTS, *_LOOSE_JOINTS))
        part = reaching_from_head(part, targets, dict.fromkeys(loose, _LOOSE_M), _ITERATIONS)
        part = with_ankles_at(part, places_m[:, list(ANKLE_JOINTS)], was)
        return with_hands_of(part, was) if self.hold_hands else part


def _targets(places_m: FloatArray, joints: Iterable[int]) -> dict[int, FloatArray]:
    return {joint: places_m[:, joint] for joint in joints}


def _with_frames(edited: Motion, smoothed: _Smoothed, before: Motion, frames: IndexArray) -> Motion:
    """Return a motion with some frames fitted again."""
    fitted = smoothed.fitted(before, frames)
    rotations, root_m = edited.rotations_wxyz.copy(), edited.root_translation_m.copy()
    rotations[frames], root_m[frames] = fitted.rotations_wxyz, fitted.root_translation_m
    return replace(edited, rotations_wxyz=continuous_signs(rotations), root_translation_m=root_m)


def _within(frames: BoolArray, reach: int) -> BoolArray:
    """Return the frames (F,) that are at most this far from those of a mask."""
    counts = np.concatenate(([0], np.cumsum(np.pad(frames.astype(np.int64), reach))))
    return np.asarray(counts[2 * reach + 1 :] > counts[: -2 * reach - 1])
