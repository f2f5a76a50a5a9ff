# SPDX-License-Identifier: Apache-2.0
"""Make a loop of a stretch of a motion, for example a walk cycle.

The loop ends near the chosen end, where pose and velocity are nearest to those of its start. Around the seam, the
motion goes over from the end of one round to the start of the next, over frames that lie before and after the stretch.
So pose and velocity are continuous. The slow turn of the whole stretch is taken out, so that each round goes in the
same direction. Then each planted foot is held in place once more, also where it stands across the seam. The fingers
keep their pose of the start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.motion import SOLVER_FPS, Motion
from ..body.quaternions import (
    continuous_signs,
    multiply_quaternions,
    quaternion_to_matrix,
    rotate_vector,
    slerp,
)
from ..body.skeleton import JOINT_COUNT, PARENTS
from ..errors import InPoseError
from .steps import hold_planted

_SEARCH_S: Final[float] = 0.3
"""How far from the chosen end the loop may end."""
_SEAM_S: Final[float] = 0.2
"""Most time before and after the seam in which one round goes over into the next."""
_SHORTEST_SEAM_S: Final[float] = 0.1
_SHORTEST_S: Final[float] = 0.3
_VELOCITY_S: Final[float] = 0.1
"""A difference of velocity counts like the way that it makes in this time."""
_OTHER_STANCE_M: Final[float] = 0.05
"""A foot that stands at one end only counts like this difference of all joints."""
_FARTHER_M: Final[float] = 0.01
"""A loop that ends as far as possible from the chosen end counts like this difference of all joints."""
_UP: Final[FloatArray] = np.array((0.0, 1.0, 0.0))
_ACROSS: Final[FloatArray] = np.array((1.0, 0.0, 1.0))


@dataclass(frozen=True)
class Loop:
    """Hold one round of a loop."""

    motion: Motion
    """At the frame rate of the scene. The last pose is the first one, moved by `way_m`."""
    way_m: FloatArray
    """(3,) how far a round goes over the ground."""
    stop_s: float
    """Time in the whole motion at which the round ends."""

    def moved_by(self, shift_m: FloatArray) -> Loop:
        """Return the loop at another place, moved by (3,)."""
        moved = replace(self.motion, root_translation_m=self.motion.root_translation_m + shift_m)
        return replace(self, motion=moved)

    def rounds(self, count: int) -> Motion:
        """Return several rounds, one after the other; the first one begins where the loop does."""
        part = self.motion.part(slice(0, len(self.motion) - 1))
        parts = [part] * count
        rotations = np.concatenate([*(each.rotations_wxyz for each in parts), self.motion.rotations_wxyz[:1]])
        moved_m = [each.root_translation_m + number * self.way_m for number, each in enumerate(parts)]
        last_m = self.motion.root_translation_m[:1] + count * self.way_m
        stands, fingers = self.motion.foot_stands, self.motion.fingers
        return Motion(
            continuous_signs(rotations),
            np.concatenate((*moved_m, last_m)),
            self.motion.skeleton,
            self.motion.fps,
            foot_stands=None if stands is None else np.concatenate((*([stands[:-1]] * count), stands[:1])),
            fingers=None if fingers is None else fingers.part(np.zeros(len(rotations), dtype=np.int64)),
        )


def make_loop(motion: Motion, start_s: float, stop_s: float, fps: float, *, in_place: bool = False) -> Loop:
    """Return a loop of a stretch of a motion.

    Args:
        motion: the whole motion, at least a tenth of a second longer than the stretch.
        start_s: time at which the stretch starts.
        stop_s: time near which it stops.
        fps: frames per second of the scene; the loop has a whole number of them.
        in_place: take the way over the ground out, so that the body walks on the spot.

    Raises:
        InPoseError: the stretch is too short, or the motion has no frames around it.
    """
    if stop_s - start_s < _SHORTEST_S:
        raise InPoseError("The stretch is too short for a loop.", f"Choose at least {_SHORTEST_S:g} seconds.")
    steps = int(np.ceil(SOLVER_FPS / fps))
    fine, first = _resampled(motion, start_s, fps * steps)
    length = _best_length(fine, first, (stop_s - start_s) * fine.fps, steps)
    fine = _straightened(fine, first, length)
    way_m = (fine.root_translation_m[first + length] - fine.root_translation_m[first]) * _ACROSS
    round_ = _closed(fine, first, length, way_m)
    if fine.foot_stands is not None:
        several = hold_planted(Loop(round_, way_m, 0.0).rounds(3))
        middle = several.part(slice(length, 2 * length + 1))
        round_ = replace(middle, root_translation_m=middle.root_translation_m - way_m)
    if in_place:
        share = np.linspace(0.0, 1.0, length + 1)[:, None]
        round_ = replace(round_, root_translation_m=round_.root_translation_m - share * way_m)
        way_m = np.zeros(3)
    round_ = replace(round_.part(slice(0, None, steps)), fps=fps)
    if motion.fingers is not None:
        start = min(round(start_s * motion.fps), len(motion) - 1)
        round_ = replace(round_, fingers=motion.fingers.part(np.full(len(round_), start)))
    return Loop(round_, way_m, start_s + length / fine.fps)


def _resampled(motion: Motion, start_s: float, fps: float) -> tuple[Motion, int]:
    """Return a motion at another rate with a frame exactly at a time, and the index of this frame."""
    last_s = (len(motion) - 1) / motion.fps
    before = int(np.floor(start_s * fps + 1e-6))
    after = int(np.floor((last_s - start_s) * fps + 1e-6))
    at = np.clip((start_s + np.arange(-before, after + 1) / fps) * motion.fps, 0, len(motion) - 1)
    low = np.minimum(at.astype(np.int64), len(motion) - 1)
    high = np.minimum(low + 1, len(motion) - 1)
    share = at - low
    root_m = motion.root_translation_m
    return Motion(
        continuous_signs(slerp(motion.rotations_wxyz[low], motion.rotations_wxyz[high], share[:, None, None])),
        root_m[low] + share[:, None] * (root_m[high] - root_m[low]),
        motion.skeleton,
        fps,
        foot_stands=None if motion.foot_stands is None else motion.foot_stands[np.where(share < 0.5, low, high)],
    ), before


def _best_length(motion: Motion, first: int, wanted: float, steps: int) -> int:
    """Return the number of frames, a multiple of ``steps``, after which the motion is most like at its start."""
    search = _SEARCH_S * motion.fps
    low = max(np.ceil((wanted - search) / steps), np.ceil(_SHORTEST_S * motion.fps / steps))
    high = np.floor(min(wanted + search, len(motion) - 1 - first) / steps)
    lengths = np.arange(int(low), int(high) + 1) * steps
    if not len(lengths):
        raise InPoseError("The stretch ends after the motion.", "Choose an earlier end.")
    features_m, velocities_m = _features(motion)
    ends = first + lengths
    unlike = np.linalg.norm(features_m[ends] - features_m[first], axis=-1).mean(axis=-1)
    unlike += _VELOCITY_S * np.linalg.norm(velocities_m[ends] - velocities_m[first], axis=-1).mean(axis=-1)
    if motion.foot_stands is not None:
        unlike += _OTHER_STANCE_M * (motion.foot_stands[ends] != motion.foot_stands[first]).sum(axis=-1)
    unlike += _FARTHER_M * np.abs(lengths - wanted) / max(search, 1.0)
    return int(lengths[int(np.argmin(unlike))])


def _features(motion: Motion) -> tuple[FloatArray, FloatArray]:
    """Return the joints seen from the hips' place and heading, (F, 22, 3), and their velocities in metres a second."""
    joints_m = motion.joint_positions_m
    back = _about_up(-_heading(motion))
    seen_m = rotate_vector(back[:, None], joints_m - (motion.root_translation_m * _ACROSS)[:, None])
    moving_m = np.gradient(joints_m, axis=0) * motion.fps
    return seen_m, rotate_vector(back[:, None], moving_m)


def _straightened(motion: Motion, first: int, length: int) -> Motion:
    """Return the motion without the turn between the ends of the stretch: it is taken out evenly, along the way."""
    heading = _heading(motion)
    turn = heading[first + length] - heading[first]
    turns = -turn * (np.arange(len(motion)) - first) / length
    back = _about_up(turns)
    steps_m = rotate_vector((back[1:] + back[:-1]) / 2, np.diff(motion.root_translation_m, axis=0))
    way_m = np.concatenate((np.zeros((1, 3)), np.cumsum(steps_m, axis=0)))
    root_m = motion.root_translation_m[first] + way_m - way_m[first]
    rotations = multiply_quaternions(back[:, None], motion.rotations_wxyz)
    return replace(motion, rotations_wxyz=continuous_signs(rotations), root_translation_m=root_m)


def _closed(motion: Motion, first: int, length: int, way_m: FloatArray) -> Motion:
    """Return one round, (length + 1) frames, that goes over into the next around its seam."""
    most = min(round(_SEAM_S * motion.fps), length // 2)
    before, after = min(most, first), min(most, len(motion) - 1 - first - length)
    if before + after < _SHORTEST_SEAM_S * motion.fps:
        raise InPoseError(
            "The stretch is the whole motion, so nothing is left to close the loop with.",
            "Choose a stretch that leaves a few frames before its start or after its end.",
        )
    around = np.arange(-before, after + 1)
    ending, starting = motion.part(first + length + around), motion.part(first + around)
    share = (around + before) / (before + after)
    share = (share * share * (3 - 2 * share))[:, None]
    local = slerp(ending.local_rotations_wxyz, starting.local_rotations_wxyz, share[..., None])
    seam_m = ending.root_translation_m + share * (starting.root_translation_m + way_m - ending.root_translation_m)
    round_ = motion.part(slice(first, first + length + 1))
    local_round, root_m = round_.local_rotations_wxyz.copy(), round_.root_translation_m.copy()
    local_round[: after + 1], root_m[: after + 1] = local[before:], seam_m[before:] - way_m
    local_round[length - before :], root_m[length - before :] = local[: before + 1], seam_m[: before + 1]
    stands = None
    if round_.foot_stands is not None and ending.foot_stands is not None and starting.foot_stands is not None:
        stands = round_.foot_stands.copy()
        chosen: BoolArray = np.where(share < 0.5, ending.foot_stands, starting.foot_stands)
        stands[: after + 1], stands[length - before :] = chosen[before:], chosen[: before + 1]
    return Motion(continuous_signs(_from_local(local_round)), root_m, motion.skeleton, motion.fps, foot_stands=stands)


def _from_local(local_wxyz: FloatArray) -> FloatArray:
    rotations = local_wxyz.copy()
    for joint in range(1, JOINT_COUNT):
        rotations[:, joint] = multiply_quaternions(rotations[:, PARENTS[joint]], local_wxyz[:, joint])
    return rotations


def _heading(motion: Motion) -> FloatArray:
    forward = quaternion_to_matrix(motion.rotations_wxyz[:, 0])[..., 2]
    heading: FloatArray = np.unwrap(np.arctan2(forward[:, 0], forward[:, 2]))
    return heading


def _about_up(angle_rad: FloatArray) -> FloatArray:
    half = angle_rad[:, None] / 2
    return np.concatenate((np.cos(half), np.sin(half) * _UP), axis=-1)
