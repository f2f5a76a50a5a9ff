# SPDX-License-Identifier: Apache-2.0
"""Place one frame in another: the rigid offsets between devices and joints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import FloatArray
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    multiply_quaternions,
    rotate_vector,
    rotvec_to_quaternion,
)


class RigidOffset(NamedTuple):
    """Hold a pose in a parent frame."""

    position_m: FloatArray
    """(3,)"""
    wxyz: FloatArray
    """(4,)"""

    def then(self, inner: RigidOffset) -> RigidOffset:
        """Return the pose of ``inner``, which is given in this frame, in this frame's parent."""
        return RigidOffset(
            self.position_m + rotate_vector(self.wxyz, inner.position_m), multiply_quaternions(self.wxyz, inner.wxyz)
        )

    def inverse(self) -> RigidOffset:
        """Return the pose of the parent frame in this frame."""
        back = conjugate_quaternion(self.wxyz)
        return RigidOffset(-rotate_vector(back, self.position_m), back)

    def mirrored(self) -> RigidOffset:
        """Reflect in X: the other hand's offset.

        The reflection S = diag(-1, 1, 1) turns R into S R S: the quaternion's y and z change sign.
        """
        return RigidOffset(self.position_m * (-1.0, 1.0, 1.0), self.wxyz * (1.0, 1.0, -1.0, -1.0))


def place_all(
    positions_m: FloatArray, rotations_wxyz: FloatArray, offsets: Sequence[RigidOffset]
) -> tuple[FloatArray, FloatArray]:
    """Return the joints that are fixed to the devices: positions (F, D, 3) and rotations (F, D, 4) in the world.

    Args:
        positions_m: of the devices, (F, D, 3).
        rotations_wxyz: of the devices, (F, D, 4).
        offsets: each joint's place in its device's frame.
    """
    joints_m, joints_wxyz = np.empty_like(positions_m), np.empty_like(rotations_wxyz)
    for device, offset in enumerate(offsets):
        R_world_device = rotations_wxyz[:, device]
        joints_m[:, device] = positions_m[:, device] + rotate_vector(R_world_device, offset.position_m)
        joints_wxyz[:, device] = continuous_signs(multiply_quaternions(R_world_device, offset.wxyz))
    return joints_m, joints_wxyz


def from_rotvec_deg(rotvec_deg: ArrayLike) -> FloatArray:
    """Return the unit quaternion (4,) of a rotation vector in degrees."""
    return rotvec_to_quaternion(np.radians(rotvec_deg))
