# SPDX-License-Identifier: Apache-2.0
"""Bring captured motion of any rate to the solver's."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from ..body.motion import Motion
from ..body.quaternions import continuous_signs
from ..body.skeleton import JOINT_COUNT
from ..recording.types import SOLVER_FPS


def to_solver_rate(motion: Motion) -> Motion:
    """Return the motion at 60 Hz: rotations along the shortest arc, the root along straight lines.

    Any rate is interpolated at the true times. (Striding by a rounded ratio, which several published loaders do, turns
    100 Hz into 50 Hz that is called 60.)
    """
    frames = len(motion)
    if motion.fps == SOLVER_FPS or frames < 2:
        return motion
    source_s = np.arange(frames) / motion.fps
    count = int(np.floor(source_s[-1] * SOLVER_FPS + 1e-6)) + 1
    target_s = np.minimum(np.arange(count) / SOLVER_FPS, source_s[-1])
    wxyz = np.empty((count, JOINT_COUNT, 4))
    for joint in range(JOINT_COUNT):
        rotations = Rotation.from_quat(motion.rotations_wxyz[:, joint][:, [1, 2, 3, 0]])
        wxyz[:, joint] = Slerp(source_s, rotations)(target_s).as_quat()[:, [3, 0, 1, 2]]
    root_m = np.stack([np.interp(target_s, source_s, motion.root_translation_m[:, axis]) for axis in range(3)], axis=1)
    return Motion(continuous_signs(wxyz), root_m, motion.skeleton, SOLVER_FPS)
