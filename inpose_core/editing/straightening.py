# SPDX-License-Identifier: Apache-2.0
"""Straighten knees that are bent a little all the time: the body rises above its feet."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.skeleton import ANKLE_JOINTS, HIP_JOINTS, KNEE_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS
from ..numerics.filters import smooth_step, upper_envelope
from .limbs import ARMS
from .meeting import limb_lengths_m, limb_stretch, planted_feet, reach_up_m, with_ankles_at, with_hands_of

_STRAIGHT: Final[float] = 0.995
"""Length of a straight leg over that of its bones: the last digits would make the knee snap."""
_WHOLLY_RAD: Final[float] = np.radians(45.0)
_NOT_RAD: Final[float] = np.radians(95.0)
"""A knee that is bent up to the first angle is straightened, one that is bent more than the second is a crouch."""
_RISE_S: Final[float] = 0.2
"""Time in which the rise may change."""


def straighten_knees(motion: Motion, share: FloatArray, amount: float, *, hold_hands: bool) -> Motion:
    """Return the motion with straighter knees; the feet stay where they are, and the body rises.

    Args:
        motion: the motion.
        share: (F,) influence of the edit.
        amount: how much of the bend is removed, 0 to 1.
        hold_hands: the hands stay where they are, and the body rises only as far as the arms reach; otherwise the hands
            rise with the body.
    """
    ankles_m = motion.joint_positions_m[:, list(ANKLE_JOINTS)]
    root_m = motion.root_translation_m.copy()
    root_m[:, 1] += share * _rise_m(motion, amount, hold_hands=hold_hands)
    raised = with_ankles_at(replace(motion, root_translation_m=root_m), ankles_m, motion, straight=_STRAIGHT)
    return with_hands_of(raised, motion) if hold_hands else raised


def _rise_m(motion: Motion, amount: float, *, hold_hands: bool) -> FloatArray:
    """Return how much the pelvis rises, (F,): as much as the straighter of the standing legs allows."""
    positions_m = motion.joint_positions_m
    hips_m, ankles_m = positions_m[:, list(HIP_JOINTS)], positions_m[:, list(ANKLE_JOINTS)]
    bones_m = np.linalg.norm(motion.skeleton.offsets_m, axis=1)
    upper_m, lower_m = bones_m[list(KNEE_JOINTS)], bones_m[list(ANKLE_JOINTS)]
    length_m = np.linalg.norm(hips_m - ankles_m, axis=-1)
    cosine = (length_m**2 - upper_m**2 - lower_m**2) / (2 * upper_m * lower_m)
    bend_rad = np.arccos(np.clip(cosine, -1.0, 1.0))
    part = amount * smooth_step((_NOT_RAD - bend_rad) / (_NOT_RAD - _WHOLLY_RAD))
    straight_m = _STRAIGHT * (upper_m + lower_m)
    wanted_m = length_m + part * (straight_m - length_m).clip(min=0)
    stands = planted_feet(motion)
    # A foot in the air asks for nothing, but its leg must reach it as well.
    most_m = reach_up_m(hips_m, ankles_m, np.where(stands, wanted_m, straight_m)).min(axis=1)
    if hold_hands:
        arms_m = limb_stretch(motion, ARMS) * limb_lengths_m(motion, ARMS)
        of_arms_m = reach_up_m(positions_m[:, list(SHOULDER_JOINTS)], positions_m[:, list(WRIST_JOINTS)], arms_m)
        most_m = np.minimum(most_m, of_arms_m.min(axis=1))
    asked_m = np.where(stands.any(axis=1), most_m, 0.0).clip(min=0)
    # A smooth curve below what the limbs allow.
    ceiling_m = float(asked_m.max(initial=0.0))
    return np.asarray(ceiling_m - upper_envelope(ceiling_m - asked_m, round(_RISE_S * motion.fps)))
