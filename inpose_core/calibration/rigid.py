# SPDX-License-Identifier: Apache-2.0
"""Place one frame in another: the rigid offsets between devices and joints."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..quaternions import (
    conjugate_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)

FloatArray = NDArray[np.float64]


class RigidOffset(NamedTuple):
    """A pose in a parent frame."""

    position_m: FloatArray
    wxyz: FloatArray

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


def from_rotvec_deg(rotvec_deg: ArrayLike) -> FloatArray:
    """Return the unit quaternion of a rotation vector in degrees, which must not be zero."""
    rotvec = np.radians(np.asarray(rotvec_deg, dtype=np.float64))
    angle = float(np.linalg.norm(rotvec))
    return normalize_quaternion(np.concatenate(([np.cos(angle / 2)], rotvec / angle * np.sin(angle / 2))))
