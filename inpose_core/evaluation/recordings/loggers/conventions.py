# SPDX-License-Identifier: Apache-2.0
"""Turn a take's numbers into an application's axes, unit and order of quaternions, and rotations into angles."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from ....arrays import FloatArray
from ....axes import Axes
from ....body.quaternions import matrix_to_quaternion, quaternion_to_matrix, xyzw_from_wxyz
from ....recording.conventions import UNITS_M, axes_matrix
from ..devices import Take


def positions_in(take: Take, axes: str, unit: str) -> FloatArray:
    """Return the devices' positions (F, 3, 3) along these axes, in this unit."""
    return np.asarray(take.positions_m @ axes_matrix(Axes.parse(axes).positions) / UNITS_M[unit])


def matrices_in(take: Take, axes: str) -> FloatArray:
    """Return the devices' rotation matrices (F, 3, 3, 3) along these axes."""
    parsed = Axes.parse(axes)
    A, B = axes_matrix(parsed.rotations), axes_matrix(parsed.device)
    return np.asarray(A.T @ quaternion_to_matrix(take.rotations_wxyz) @ B)


def quaternions_in(take: Take, axes: str, order: str) -> FloatArray:
    """Return the devices' quaternions (F, 3, 4) along these axes, "xyzw" or "wxyz"."""
    wxyz = matrix_to_quaternion(matrices_in(take, axes))
    return xyzw_from_wxyz(wxyz) if order == "xyzw" else wxyz


def unity_angles_deg(take: Take) -> FloatArray:
    """Return Unity's Euler angles x, y, z, 0 to 360 degrees, (F, 3, 3): applied in the order Z, X, Y."""
    yxz = Rotation.from_matrix(matrices_in(take, "RUF").reshape(-1, 3, 3)).as_euler("YXZ", degrees=True)
    return np.asarray(yxz[:, (1, 0, 2)].reshape(len(take), 3, 3) % 360.0)


def unreal_angles_deg(take: Take) -> FloatArray:
    """Return Unreal's pitch, yaw and roll in degrees, (F, 3, 3), of its left-handed axes (forward, right, up).

    In these numbers its rotator is ``Rz(yaw) Ry(-pitch) Rx(-roll)``.
    """
    zyx = Rotation.from_matrix(matrices_in(take, "FRU").reshape(-1, 3, 3)).as_euler("ZYX", degrees=True)
    return np.asarray(np.stack((-zyx[:, 1], zyx[:, 0], -zyx[:, 2]), axis=-1).reshape(len(take), 3, 3))
