# SPDX-License-Identifier: Apache-2.0
"""Make a movement larger or calmer: what it does beyond its slow course is multiplied.

The trunk is multiplied as rotations, the hands and swinging feet as places around shoulder and hip. So elbows and knees
never bend the wrong way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    multiply_quaternions,
    normalize_quaternion,
    quaternion_to_rotvec,
    rotate_vector,
    rotvec_to_quaternion,
)
from ..body.skeleton import (
    ANKLE_JOINTS,
    COLLAR_JOINTS,
    HIP_JOINTS,
    JOINT_COUNT,
    JOINT_INDEX,
    PARENTS,
    SHOULDER_JOINTS,
    TOE_JOINTS,
    WRIST_JOINTS,
)
from ..numerics.filters import gaussian_filter, upper_envelope
from .limbs import ARMS
from .meeting import (
    feet_in_place,
    limb_lengths_m,
    limb_stretch,
    mixed,
    planted_feet,
    with_ankles_at,
    with_hands_of,
    with_wrists_at,
)

_COURSE_S: Final[float] = 0.6
"""Standard deviation of the Gaussian that tells the slow course of a movement."""
_TRUNK: Final[tuple[int, ...]] = (
    *(JOINT_INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")),
    *COLLAR_JOINTS,
)
_CHEST: Final[int] = JOINT_INDEX["spine3"]
_PELVIS: Final[int] = JOINT_INDEX["pelvis"]
_ROUNDS: Final[int] = 8
"""Where the arms do not reach held hands, the edit gets less influence, at most so often."""
_LESS_S: Final[float] = 0.4
"""Time in which the influence becomes less."""
_MISSED_M: Final[float] = 0.0005
_SHORTEST: Final[float] = 0.25
"""A limb is not folded to less than this share of its length."""


def exaggerate(motion: Motion, share: FloatArray, factor: float, *, hold_hands: bool) -> Motion:
    """Return the motion with a movement that is ``factor`` times as large; planted feet stay where they are.

    Args:
        motion: the motion.
        share: (F,) influence of the edit.
        factor: 1 changes nothing, less calms the movement.
        hold_hands: the hands stay where they are; the head moves with the trunk, and the trunk only as far as the arms
            reach.
    """
    if factor == 1:
        return motion
    larger = _larger(motion, factor)
    edited = _standing(motion, larger, share)
    if not hold_hands:
        return edited
    for number in range(_ROUNDS):
        lack = _lack_of_reach(motion, edited)
        if not lack.any():
            break
        # What has failed so often stays as it was.
        lack = np.where(lack > 0, 1.0, 0.0) if number == _ROUNDS - 1 else lack
        share = share * (1 - upper_envelope(lack, round(_LESS_S * motion.fps)))
        edited = _standing(motion, larger, share)
    return with_hands_of(edited, motion)


def _standing(motion: Motion, larger: Motion, share: FloatArray) -> Motion:
    """Return a motion mixed with a larger one; planted feet stay where they are."""
    edited, ankles_m = feet_in_place(mixed(motion, larger, share), motion, share)
    ankles_m = _above_floor(ankles_m, motion)
    return with_ankles_at(edited, ankles_m, motion, planted_feet(motion), share)


def _lack_of_reach(before: Motion, edited: Motion) -> FloatArray:
    """Return by which part the trunk must move less, (F,), so that each arm reaches the wrist of before."""
    shoulders, wrists = list(SHOULDER_JOINTS), list(WRIST_JOINTS)
    wrists_m = before.joint_positions_m[:, wrists]
    was_m, now_m = (
        np.linalg.norm(wrists_m - motion.joint_positions_m[:, shoulders], axis=-1) for motion in (before, edited)
    )
    longest_m = limb_stretch(before, ARMS) * limb_lengths_m(before, ARMS)
    lack = (now_m - longest_m) / np.maximum(now_m - was_m, _MISSED_M)
    return np.asarray(np.where(now_m > longest_m + _MISSED_M, lack.clip(0.0, 1.0), 0.0).max(axis=1))


def _larger(motion: Motion, factor: float) -> Motion:
    local = continuous_signs(motion.local_rotations_wxyz)
    frames = _COURSE_S * motion.fps
    for joint in (*_TRUNK, *WRIST_JOINTS):
        local[:, joint] = _multiplied(local[:, joint], factor, frames)
    root_m = motion.root_translation_m
    course_m = gaussian_filter(root_m, frames, "nearest")
    # The limbs' upper joints keep their rotations in the world until the limbs are bent to their new places.
    rotations = motion.rotations_wxyz.copy()
    for joint in range(JOINT_COUNT):
        if joint in _TRUNK:
            parent = PARENTS[joint]
            world = local[:, joint] if parent < 0 else multiply_quaternions(rotations[:, parent], local[:, joint])
            rotations[:, joint] = world
    larger = replace(
        motion, rotations_wxyz=continuous_signs(rotations), root_translation_m=course_m + factor * (root_m - course_m)
    )
    ankles_m = _limb_ends(motion, larger, _PELVIS, HIP_JOINTS, ANKLE_JOINTS, factor)
    larger = with_ankles_at(larger, ankles_m, motion, None)
    wrists_m = _limb_ends(motion, larger, _CHEST, SHOULDER_JOINTS, WRIST_JOINTS, factor)
    larger = with_wrists_at(larger, wrists_m, motion)
    rotations = larger.rotations_wxyz.copy()
    for joint in (*WRIST_JOINTS, *ANKLE_JOINTS, *TOE_JOINTS):
        rotations[:, joint] = multiply_quaternions(rotations[:, PARENTS[joint]], local[:, joint])
    return replace(larger, rotations_wxyz=continuous_signs(rotations))


def _multiplied(wxyz: FloatArray, factor: float, deviation_frames: float) -> FloatArray:
    course = normalize_quaternion(gaussian_filter(wxyz, deviation_frames, "nearest"))
    beyond = quaternion_to_rotvec(multiply_quaternions(conjugate_quaternion(course), wxyz))
    return multiply_quaternions(course, rotvec_to_quaternion(factor * beyond))


def _limb_ends(
    motion: Motion, larger: Motion, base: int, starts: tuple[int, int], ends: tuple[int, int], factor: float
) -> FloatArray:
    """Return where the ends of two limbs go, (F, 2, 3): their places in the frame of chest or pelvis, multiplied."""
    before_m, after_m = motion.joint_positions_m, larger.joint_positions_m
    places_m = []
    for start, end in zip(starts, ends, strict=True):
        own = rotate_vector(conjugate_quaternion(motion.rotations_wxyz[:, base]), before_m[:, end] - before_m[:, start])
        course = gaussian_filter(own, _COURSE_S * motion.fps, "nearest")
        wanted = course + factor * (own - course)
        whole_m = np.linalg.norm(motion.skeleton.offsets_m[[PARENTS[end], end]], axis=1).sum()
        length_m = np.linalg.norm(wanted, axis=1, keepdims=True)
        wanted = wanted * np.maximum(length_m, _SHORTEST * whole_m) / np.maximum(length_m, 1e-9)
        places_m.append(after_m[:, start] + rotate_vector(larger.rotations_wxyz[:, base], wanted))
    return np.stack(places_m, axis=1)


def _above_floor(ankles_m: FloatArray, before: Motion) -> FloatArray:
    """Return places of the ankles, (F, 2, 3), that are no lower than before or than the foot stands."""
    before_m = before.joint_positions_m[:, list(ANKLE_JOINTS), 1]
    stands = planted_feet(before)
    lowest_m = before_m.copy()
    for side in (0, 1):
        if stands[:, side].any():
            lowest_m[:, side] = np.minimum(before_m[:, side], np.median(before_m[stands[:, side], side]))
    raised_m = ankles_m.copy()
    raised_m[..., 1] = np.maximum(ankles_m[..., 1], lowest_m)
    return raised_m
