# SPDX-License-Identifier: Apache-2.0
"""Hold one pose, and change it so that its hands and feet are where they should be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.motion import SOLVER_FPS, Motion
from ..body.skeleton import JOINT_INDEX, Skeleton
from ..editing.limbs import ARMS, LEGS, Limb, bend_limb


@dataclass(frozen=True)
class LivePose:
    """Hold 22 global rotations and the place of the pelvis, as in `Motion`."""

    time_s: float
    """Of the points that it belongs to."""
    rotations_wxyz: FloatArray
    """(22, 4)"""
    root_m: FloatArray
    """(3,)"""
    foot_stands: BoolArray
    """(2,) whether the left and the right foot are planted."""

    def joints_m(self, skeleton: Skeleton) -> FloatArray:
        """Return the positions of the joints, (22, 3)."""
        return np.asarray(self._motion(skeleton).joint_positions_m[0])

    def reaching(self, skeleton: Skeleton, limb: Limb, target_m: FloatArray) -> LivePose:
        """Return the pose with the end of a limb at a place, (3,), or as near as the limb reaches."""
        motion = self._motion(skeleton)
        bent = bend_limb(motion, limb, motion.joint_positions_m, target_m[None])
        return replace(self, rotations_wxyz=bent.rotations_wxyz[0])

    def _motion(self, skeleton: Skeleton) -> Motion:
        return Motion(self.rotations_wxyz[None], self.root_m[None], skeleton, SOLVER_FPS)


ARM_ENDS = tuple((arm, JOINT_INDEX[arm.end]) for arm in ARMS)
LEG_ENDS = tuple((leg, JOINT_INDEX[leg.end]) for leg in LEGS)
