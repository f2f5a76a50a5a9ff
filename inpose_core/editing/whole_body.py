# SPDX-License-Identifier: Apache-2.0
"""Let the whole body give a little so that hands and feet reach their places while the head stays.

A limb alone cannot do it where it is straight. It is the solver's own Gauss-Newton step (`sampling.tangent`), without a
prior: the joints of the limbs turn easily, those of the trunk hardly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.kinematics import chain_offsets
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, matrix_to_quaternion, quaternion_to_matrix
from ..body.skeleton import (
    COLLAR_JOINTS,
    ELBOW_JOINTS,
    HIP_JOINTS,
    JOINT_COUNT,
    JOINT_INDEX,
    KNEE_JOINTS,
    SHOULDER_JOINTS,
)
from ..numerics import frames_first, frames_last
from ..sampling.tangent import TangentRows, carrying_joints, chains, turn_towards

_ITERATIONS: Final[int] = 6
_NOISE_M: Final[float] = 0.0003
_MET_M: Final[float] = 1e-6
_TRUNK_RAD: Final[float] = 0.05
_COLLAR_RAD: Final[float] = 0.1
_LIMB_RAD: Final[float] = 0.3
_HEAD: Final[int] = JOINT_INDEX["head"]


def reaching_from_head(
    motion: Motion,
    targets_m: Mapping[int, FloatArray],
    loose_m: Mapping[int, float] | None = None,
    iterations: int = _ITERATIONS,
) -> Motion:
    """Return the motion whose joints are at their targets, as far as the body lets them; the head stays in place.

    Args:
        motion: the motion; its head is where it should be.
        targets_m: (F, 3) for each joint that has a place to reach.
        loose_m: by how much joints may miss their targets for the sake of the others; those that are not in it reach
            them.
        iterations: Gauss-Newton steps; a body that is nearly there needs fewer.
    """
    allowed_m = dict.fromkeys(targets_m, _NOISE_M) | dict(loose_m or {})
    joints = list(targets_m)
    places_m = motion.joint_positions_m
    off_m = np.stack([targets_m[joint] - places_m[:, joint] for joint in joints], axis=1)
    frames = np.flatnonzero(np.abs(off_m).max(axis=(1, 2), initial=0.0) > _MET_M)
    if not len(frames):
        return motion
    part = motion.part(frames)
    head_m = places_m[frames, _HEAD]
    offsets_m = motion.skeleton.offsets_m
    kappa = chain_offsets(offsets_m, [_HEAD]) - chain_offsets(offsets_m, joints)
    turned = carrying_joints(kappa)
    wanted_m = frames_last(np.stack([head_m - targets_m[joint][frames] for joint in joints], axis=1))
    R = frames_last(quaternion_to_matrix(part.rotations_wxyz[:, turned]))
    deviation_m = np.repeat([allowed_m[joint] for joint in joints], 3)
    noise = np.repeat(np.diag(deviation_m**2)[..., None], len(frames), axis=2)
    variance = _variance()
    for _ in range(iterations):
        v = chains(R, kappa[:, turned])
        residual_m = (wanted_m - v.sum(axis=1)).reshape(3 * len(joints), -1)
        R = turn_towards(R, TangentRows(v, residual_m, noise), variance[turned])
    rotations, root_m = motion.rotations_wxyz.copy(), motion.root_translation_m.copy()
    rotations[frames[:, None], turned] = matrix_to_quaternion(frames_first(R))
    moved = replace(part, rotations_wxyz=rotations[frames])
    root_m[frames] += head_m - moved.joint_positions_m[:, _HEAD]
    return replace(motion, rotations_wxyz=continuous_signs(rotations), root_translation_m=root_m)


def _variance() -> FloatArray:
    """Return how easily each joint turns, (22,) in rad^2."""
    deviation_rad = np.full(JOINT_COUNT, _TRUNK_RAD)
    deviation_rad[list(COLLAR_JOINTS)] = _COLLAR_RAD
    deviation_rad[[*HIP_JOINTS, *KNEE_JOINTS, *SHOULDER_JOINTS, *ELBOW_JOINTS]] = _LIMB_RAD
    return np.asarray(deviation_rad**2)
