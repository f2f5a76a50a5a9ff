# SPDX-License-Identifier: Apache-2.0
"""Resample captured motion from any rate to the solver's rate."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..body.motion import SOLVER_FPS, Motion
from ..body.quaternions import continuous_signs, slerp_at
from ..body.skeleton import JOINT_COUNT
from ..errors import InPoseError

_MOST_FRAMES: Final[int] = 240_000
"""More than an hour at 60 Hz, half an hour at 120 Hz: a gigabyte while it is read."""
_LONGEST_S: Final[float] = _MOST_FRAMES / SOLVER_FPS
_LONGEST_BRIDGE_S: Final[float] = 0.25
"""Tracking losses of fingers up to this long are bridged."""
_LOWEST_FPS: Final[float] = 1.0
_HIGHEST_FPS: Final[float] = 10_000.0


def check_motion_length(frames: int, fps: float) -> None:
    """Raise an error for motion that is too long or has an impossible frame rate, before memory is allocated.

    Raises:
        InPoseError: the rate is invalid, or the motion lasts for many hours.
    """
    if not _LOWEST_FPS <= fps <= _HIGHEST_FPS:
        raise InPoseError(f"{fps:.3g} frames per second is not a frame rate of motion capture.", "Correct its rate.")
    if frames > _MOST_FRAMES or frames / fps > _LONGEST_S:
        raise InPoseError(
            f"It has {frames} frames and lasts {frames / fps:.0f} s, which is too long.",
            f"Cut it into parts of up to {_MOST_FRAMES} frames and {_LONGEST_S / 60:.0f} minutes.",
        )


def to_solver_rate(motion: Motion) -> Motion:
    """Return the motion at 60 Hz: rotations along the shortest arc, the root along straight lines.

    Any rate is interpolated at the true times. (Several published loaders take every n-th frame by a rounded ratio,
    which labels 50 Hz motion from a 100 Hz file as 60 Hz.)

    Raises:
        InPoseError: as `check_motion_length` does.
    """
    frames = len(motion)
    check_motion_length(frames, motion.fps)
    if motion.fps == SOLVER_FPS or frames < 2:
        return motion
    source_s = np.arange(frames) / motion.fps
    count = int(np.floor(source_s[-1] * SOLVER_FPS + 1e-6)) + 1
    target_s = np.minimum(np.arange(count) / SOLVER_FPS, source_s[-1])
    # Going joint by joint, an hour of motion needs little extra memory.
    wxyz = np.empty((count, JOINT_COUNT, 4))
    for joint in range(JOINT_COUNT):
        wxyz[:, joint] = slerp_at(source_s, motion.rotations_wxyz[:, joint], target_s)
    root_m = np.stack([np.interp(target_s, source_s, motion.root_translation_m[:, axis]) for axis in range(3)], axis=1)
    fingers = None if motion.fingers is None else motion.fingers.at(source_s, target_s, _LONGEST_BRIDGE_S)
    return Motion(continuous_signs(wxyz), root_m, motion.skeleton, SOLVER_FPS, fingers=fingers)
