# SPDX-License-Identifier: Apache-2.0
"""Put a stretch that was solved again into a motion, without a jump in pose or velocity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import BoolArray, FloatArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, geodesic_angle, slerp
from ..body.skeleton import JOINT_INDEX, TOE_JOINTS
from ..numerics.filters import smooth_step

_Value = TypeVar("_Value", bound=np.generic)

BLEND_FRAMES: Final[int] = 30
"""Length of a transition between the two motions: half a second."""
FARTHEST_FRAMES: Final[int] = 60
"""A transition begins at most this far before a stretch, where the two motions differ least."""
_SAME_PLACE_M: Final[float] = 0.01
_HEAD: Final[int] = JOINT_INDEX["head"]


@dataclass(frozen=True)
class Patched:
    """Hold a motion with a stretch of another one, and where it differs from before."""

    motion: Motion
    start: int
    """First frame that has changed."""
    stop: int
    """The frame after the last one."""


def with_stretch(motion: Motion, again: Motion, first: int, start: int, stop: int) -> Patched:
    """Return the motion with a stretch of another one.

    The stretch is completely of the other motion. Before and after it, the two are mixed over half a second, in the
    second where they differ least. Elsewhere nothing changes. The head stays where the two motions have it.

    Args:
        motion: the whole motion.
        again: a part of it that was solved again, for the same skeleton.
        first: the frame of ``motion`` at which ``again`` begins.
        start: the first frame of the stretch, in ``motion``.
        stop: the frame after its last.
    """
    part = slice(first, first + len(again))
    weight = _weights(_difference_rad(motion, again, part), start - first, stop - first, part, len(motion))
    mixed = slerp(motion.rotations_wxyz[part], again.rotations_wxyz, weight[:, None, None])
    changed = np.flatnonzero(weight > 0)
    rotations, root_m = motion.rotations_wxyz.copy(), motion.root_translation_m.copy()
    rotations[part][changed] = mixed[changed]
    root_m[part][changed] = _roots_below_heads(motion, again, mixed, weight, part)[changed]
    mostly = weight > 0.5
    patched = replace(
        motion,
        rotations_wxyz=continuous_signs(rotations),
        root_translation_m=root_m,
        sensor_error_m=_patched(
            motion.sensor_error_m, _same_points(again.sensor_error_m, motion.sensor_error_m), part, mostly
        ),
        foot_contact=_patched(motion.foot_contact, again.foot_contact, part, mostly),
        confidence=_patched(motion.confidence, again.confidence, part, mostly),
        foot_stands=_patched(motion.foot_stands, again.foot_stands, part, mostly),
    )
    patched = _without_sliding(patched, motion, again, weight, part)
    return Patched(patched, first + int(changed[0]), first + int(changed[-1]) + 1)


def _without_sliding(patched: Motion, motion: Motion, again: Motion, weight: FloatArray, part: slice) -> Motion:
    """Return the motion whose feet do not stand where they pass from a place of the one motion to one of the other."""
    if patched.foot_stands is None:
        return patched
    mixed, toes = np.flatnonzero((weight > 0) & (weight < 1)), list(TOE_JOINTS)
    before_m = motion.part(part).part(mixed).joint_positions_m[:, toes]
    apart_m = np.linalg.norm(again.part(mixed).joint_positions_m[:, toes] - before_m, axis=-1)
    stands = patched.foot_stands.copy()
    stands[part.start + mixed] &= apart_m < _SAME_PLACE_M
    return replace(patched, foot_stands=stands)


def _difference_rad(motion: Motion, again: Motion, part: slice) -> FloatArray:
    angles = geodesic_angle(motion.rotations_wxyz[part], again.rotations_wxyz)
    mean: FloatArray = angles.mean(axis=1)
    return mean


def _weights(difference: FloatArray, start: int, stop: int, part: slice, frames: int) -> FloatArray:
    """Return the share of the new motion in each of its frames, (N,). At the ends of the recording nothing is mixed."""
    weight = np.ones(len(difference))
    if part.start > 0 or start > 0:
        begin = _calmest(difference[: max(start, 1)][::-1])
        weight = np.minimum(
            weight, smooth_step((np.arange(len(weight)) - (start - begin - BLEND_FRAMES)) / BLEND_FRAMES)
        )
    if part.stop < frames or stop < len(difference):
        begin = _calmest(difference[min(stop, len(difference) - 1) :])
        weight = np.minimum(
            weight, smooth_step(((stop + begin + BLEND_FRAMES) - 1 - np.arange(len(weight))) / BLEND_FRAMES)
        )
    return weight


def _calmest(difference: FloatArray) -> int:
    """Return how many frames away from the stretch the transition begins; ``difference`` goes away from it."""
    sums = np.concatenate(([0.0], np.cumsum(difference[: FARTHEST_FRAMES + BLEND_FRAMES])))
    if len(sums) <= BLEND_FRAMES:
        return 0
    return int(np.argmin(sums[BLEND_FRAMES:] - sums[:-BLEND_FRAMES]))


def _roots_below_heads(motion: Motion, again: Motion, mixed: FloatArray, weight: FloatArray, part: slice) -> FloatArray:
    before = motion.part(part)
    heads_m = [moved.joint_positions_m[:, _HEAD] for moved in (before, again)]
    head_m = heads_m[0] + weight[:, None] * (heads_m[1] - heads_m[0])
    at_origin = replace(before, rotations_wxyz=mixed, root_translation_m=np.zeros_like(head_m))
    roots_m: FloatArray = head_m - at_origin.joint_positions_m[:, _HEAD]
    return roots_m


def _patched(
    whole: NDArray[_Value] | None, again: NDArray[_Value] | None, part: slice, chosen: BoolArray
) -> NDArray[_Value] | None:
    if whole is None or again is None:
        return whole
    patched = whole.copy()
    patched[part][chosen] = again[chosen]
    return patched


def _same_points(error_m: FloatArray | None, of: FloatArray | None) -> FloatArray | None:
    """Return the errors of the points that both motions have; the pins come after them."""
    return None if error_m is None or of is None else error_m[:, : of.shape[1]]
