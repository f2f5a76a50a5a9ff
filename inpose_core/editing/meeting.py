# SPDX-License-Identifier: Apache-2.0
"""Bring head, hands and planted feet back to where they were before an edit: the edit is for the rest of the body.

What a motion met before is where its joints were, so nothing else is asked. First the whole body gives a little
(`whole_body`), then legs and arms bend in their own planes (`limbs`) for the last digits. If the head may move, the
pelvis comes down where a leg cannot reach its foot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, slerp
from ..body.skeleton import ANKLE_JOINTS, HIP_JOINTS, JOINT_INDEX, TOE_JOINTS, WRIST_JOINTS
from ..numerics.filters import smooth_step, upper_envelope
from .limbs import ARMS, LEGS, Limb, bend_limb
from .locks import fade_out
from .whole_body import reaching_from_head

_FADE_S: Final[float] = 0.2
"""Time in which a swinging foot leaves the correction of its stance."""
_STRETCH: Final[float] = 0.99
"""Legs are straightened up to this share of their length, or as far as they were before: more makes the knee snap."""
_SINK_S: Final[float] = 0.25
"""Time in which the pelvis comes down for a foot out of reach."""
_EARLY: Final[float] = 4.0
"""During the ease of an edit, the pelvis comes down fully early once its share has grown to one over this."""
_PLANTED: Final[float] = 0.5
_HEAD: Final[int] = JOINT_INDEX["head"]


def planted_feet(motion: Motion) -> BoolArray:
    """Return when the left and the right foot stand, (F, 2): as the solver says, or else as the prior thinks."""
    if motion.foot_stands is not None:
        return motion.foot_stands
    if motion.foot_contact is not None:
        return motion.foot_contact > _PLANTED
    return np.zeros((len(motion), 2), np.bool_)


def mixed(before: Motion, after: Motion, share: FloatArray) -> Motion:
    """Return the motion after an edit by its share (F,), and exactly the one before where that is 0."""
    changed = np.flatnonzero(share > 0)
    rotations, root_m = before.rotations_wxyz.copy(), before.root_translation_m.copy()
    by = share[changed]
    rotations[changed] = slerp(rotations[changed], after.rotations_wxyz[changed], by[:, None, None])
    root_m[changed] += by[:, None] * (after.root_translation_m[changed] - root_m[changed])
    return replace(before, rotations_wxyz=continuous_signs(rotations), root_translation_m=root_m)


def with_head_of(motion: Motion, before: Motion) -> Motion:
    """Return the motion moved as a whole so that the head is where it was, and turned as it was."""
    rotations = motion.rotations_wxyz.copy()
    rotations[:, _HEAD] = before.rotations_wxyz[:, _HEAD]
    turned = replace(motion, rotations_wxyz=continuous_signs(rotations))
    return with_head_at(turned, before.joint_positions_m[:, _HEAD])


def with_head_at(motion: Motion, head_m: FloatArray) -> Motion:
    """Return the motion moved as a whole so that the head is at places (F, 3)."""
    shift_m = head_m - motion.joint_positions_m[:, _HEAD]
    return replace(motion, root_translation_m=motion.root_translation_m + shift_m)


def feet_in_place(motion: Motion, before: Motion, share: FloatArray) -> tuple[Motion, FloatArray]:
    """Return the motion with planted feet turned as they were, and where its ankles should be, (F, 2, 3).

    A planted ankle should be where it was. A swinging foot keeps its own way, and leaves and meets its stances without
    a jump; where the edit has no influence, it is where it was.

    Args:
        motion: the edited motion.
        before: the motion before the edit.
        share: (F,) influence of the edit.
    """
    stands, before_m, fade_frames = planted_feet(before), before.joint_positions_m, _FADE_S * motion.fps
    rotations = motion.rotations_wxyz.copy()
    for side in (0, 1):
        held = fade_out(np.ones((len(motion), 1)), stands[:, side], fade_frames)
        for joint in (ANKLE_JOINTS[side], TOE_JOINTS[side]):
            rotations[:, joint] = slerp(rotations[:, joint], before.rotations_wxyz[:, joint], held)
    now_m = motion.joint_positions_m
    ankles_m = [
        now_m[:, ankle] + fade_out(before_m[:, ankle] - now_m[:, ankle], stands[:, side], fade_frames, share)
        for side, ankle in enumerate(ANKLE_JOINTS)
    ]
    return replace(motion, rotations_wxyz=continuous_signs(rotations)), np.stack(ankles_m, axis=1)


def around_head_of(motion: Motion, before: Motion, ankles_m: FloatArray) -> Motion:
    """Return the motion with head and hands where they were before the edit, and ankles at places (F, 2, 3)."""
    motion = with_head_of(motion, before)
    wrists_m = before.joint_positions_m[:, list(WRIST_JOINTS)]
    targets_m = {joint: ankles_m[:, side] for side, joint in enumerate(ANKLE_JOINTS)}
    targets_m |= {joint: wrists_m[:, side] for side, joint in enumerate(WRIST_JOINTS)}
    motion = reaching_from_head(motion, targets_m)
    return with_hands_of(with_ankles_at(motion, ankles_m, before, None), before)


def missed_stances(motion: Motion, before: Motion, most_m: float) -> BoolArray:
    """Return the frames, (F,), in which a planted ankle is further than this from where it was before the edit."""
    ankles = list(ANKLE_JOINTS)
    off_m = np.linalg.norm(motion.joint_positions_m[:, ankles] - before.joint_positions_m[:, ankles], axis=-1)
    return np.asarray(((off_m > most_m) & planted_feet(before)).any(axis=1))


def with_ankles_at(
    motion: Motion,
    ankles_m: FloatArray,
    before: Motion,
    needed: BoolArray | None = None,
    share: FloatArray | None = None,
    straight: float = _STRETCH,
) -> Motion:
    """Return the motion with its ankles at places (F, 2, 3); the feet keep their rotations.

    Args:
        motion: the edited motion.
        ankles_m: where the ankles should be.
        before: the motion before the edit: its legs say how straight a leg may be.
        needed: (F, 2) where a foot must reach its place, so that the pelvis comes down for it; None: nowhere.
        share: (F,) influence of the edit: where it has none, the pelvis stays; None: everywhere.
        straight: up to which share of its length a leg may be straightened in any case.
    """
    stretch = limb_stretch(before, LEGS, straight)
    if needed is not None:
        everywhere = np.ones(len(motion))
        motion = _sunk(motion, ankles_m, stretch, needed, everywhere if share is None else share)
    now_m = motion.joint_positions_m
    for side, leg in enumerate(LEGS):
        motion = _bent(motion, leg, now_m, ankles_m[:, side], stretch[:, side])
    return motion


def with_wrists_at(motion: Motion, wrists_m: FloatArray, before: Motion) -> Motion:
    """Return the motion with its wrists at places (F, 2, 3), or as near as the arms reach; the hands keep their
    rotations."""
    stretch, now_m = limb_stretch(before, ARMS), motion.joint_positions_m
    for side, arm in enumerate(ARMS):
        motion = _bent(motion, arm, now_m, wrists_m[:, side], stretch[:, side])
    return motion


def with_hands_of(motion: Motion, before: Motion, hold: FloatArray | None = None) -> Motion:
    """Return the motion with the wrists where they were, and turned as they were.

    Args:
        motion: the edited motion.
        before: the motion before the edit.
        hold: (F,) how much of this, 0 to 1; None: all.
    """
    wrists = list(WRIST_JOINTS)
    by = np.ones(len(motion)) if hold is None else hold
    rotations, now_m = motion.rotations_wxyz.copy(), motion.joint_positions_m[:, wrists]
    rotations[:, wrists] = slerp(rotations[:, wrists], before.rotations_wxyz[:, wrists], by[:, None, None])
    motion = replace(motion, rotations_wxyz=continuous_signs(rotations))
    wrists_m = now_m + by[:, None, None] * (before.joint_positions_m[:, wrists] - now_m)
    return with_wrists_at(motion, wrists_m, before)


def limb_stretch(motion: Motion, limbs: tuple[Limb, Limb], straight: float = _STRETCH) -> FloatArray:
    """Return up to which share of its length each of two limbs may be straightened, (F, 2)."""
    positions_m = motion.joint_positions_m
    starts, ends = (
        [JOINT_INDEX[name] for name in names] for names in zip(*((limb.start, limb.end) for limb in limbs), strict=True)
    )
    apart_m = np.linalg.norm(positions_m[:, ends] - positions_m[:, starts], axis=-1)
    return np.clip(apart_m / limb_lengths_m(motion, limbs), straight, 1.0)


def _bent(motion: Motion, limb: Limb, positions_m: FloatArray, targets_m: FloatArray, stretch: FloatArray) -> Motion:
    """Bend a limb where its end is not at its target already: elsewhere no digit changes."""
    off_m = np.linalg.norm(targets_m - positions_m[:, JOINT_INDEX[limb.end]], axis=1)
    frames = np.flatnonzero(off_m > 1e-9)
    if not len(frames):
        return motion
    bent = bend_limb(motion.part(frames), limb, positions_m[frames], targets_m[frames], stretch[frames])
    rotations = motion.rotations_wxyz.copy()
    rotations[frames] = bent.rotations_wxyz
    return replace(motion, rotations_wxyz=continuous_signs(rotations))


def reach_up_m(starts_m: FloatArray, ends_m: FloatArray, length_m: FloatArray) -> FloatArray:
    """Return by how much the start of a limb may rise above its end until the limb is straight, (...,); negative: it is
    too high already.

    Args:
        starts_m: (..., 3) hips or shoulders.
        ends_m: (..., 3) ankles or wrists, which stay.
        length_m: (...,) length of the straight limb.
    """
    from_end_m = starts_m - ends_m
    aside_m2 = (from_end_m[..., [0, 2]] ** 2).sum(axis=-1)
    return np.asarray(np.sqrt((length_m**2 - aside_m2).clip(min=0)) - from_end_m[..., 1])


def limb_lengths_m(motion: Motion, limbs: tuple[Limb, Limb]) -> FloatArray:
    """Return the lengths of two limbs, the sums of their bones, (2,)."""
    bones_m = np.linalg.norm(motion.skeleton.offsets_m, axis=1)
    return np.array([bones_m[JOINT_INDEX[limb.middle]] + bones_m[JOINT_INDEX[limb.end]] for limb in limbs])


def _sunk(motion: Motion, ankles_m: FloatArray, stretch: FloatArray, needed: BoolArray, share: FloatArray) -> Motion:
    """Lower the pelvis where a needed ankle is out of the leg's reach."""
    hips_m = motion.joint_positions_m[:, list(HIP_JOINTS)]
    up_m = reach_up_m(hips_m, ankles_m, stretch * limb_lengths_m(motion, LEGS))
    too_high_m = np.where(needed, -up_m, 0.0).clip(min=0).max(axis=1)
    if too_high_m.max(initial=0.0) < 1e-9:
        return motion
    early_m = smooth_step(_EARLY * share) * upper_envelope(too_high_m, round(_SINK_S * motion.fps))
    root_m = motion.root_translation_m.copy()
    root_m[:, 1] -= np.maximum(early_m, np.where(share > 0, too_high_m, 0.0))
    return replace(motion, root_translation_m=root_m)
