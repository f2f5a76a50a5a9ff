# SPDX-License-Identifier: Apache-2.0
"""Turn the rotations that tables hold, Euler angles and matrices, into quaternions of the same axes.

The formulas are for right-handed frames. A left-handed frame gives the same numbers, because both the angle and the
axis change sign.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.euler import euler_to_quaternion
from ...body.quaternions import matrix_to_quaternion, xyzw_from_wxyz

UNITY_EULER_ORDER: Final[str] = "YXZ"
"""Unity rotates about Z, then X, then Y of the world: the matrix is Ry Rx Rz. three.js' "YXZ" is the same."""

PITCH_YAW_ROLL: Final[str] = "pitch-yaw-roll"
"""Columns named pitch, yaw and roll: Unreal's rotator where Z is up, Unity's angles about X, Y and Z where Y is up."""

_LARGEST_RADIANS: Final[float] = 6.3
"""No Euler angle in radians is larger than a whole turn. In degrees, hands turn further than this."""

_NUMBER: Final[re.Pattern[str]] = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan", re.IGNORECASE)


def euler_to_xyzw(angles_deg: FloatArray, order: str = UNITY_EULER_ORDER) -> FloatArray:
    """Return quaternions (..., 4), scalar last, of intrinsic turns in degrees (..., 3) about the axes of ``order``."""
    return xyzw_from_wxyz(euler_to_quaternion(np.radians(angles_deg), order))


def rotator_to_xyzw(pitch_yaw_roll_deg: FloatArray, *, z_up: bool) -> FloatArray:
    """Return quaternions (..., 4), scalar last, of pitch, yaw and roll in degrees (..., 3).

    With Z up it is Unreal's rotator: roll about X, then pitch about Y, both the other way round, then yaw about Z.
    """
    pitch, yaw, roll = np.moveaxis(pitch_yaw_roll_deg, -1, 0)
    if z_up:
        return euler_to_xyzw(np.stack((yaw, -pitch, -roll), axis=-1), "ZYX")
    return euler_to_xyzw(np.stack((yaw, pitch, roll), axis=-1), "YXZ")


def in_radians(angles: FloatArray) -> bool:
    """Return whether Euler angles are in radians: none of them, of all devices, is larger than a turn."""
    finite = angles[np.isfinite(angles)]
    return len(finite) > 0 and bool(np.abs(finite).max() <= _LARGEST_RADIANS)


def matrices_to_poses(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positions (F, 3) and quaternions (F, 4), scalar last, of row-major 3x4 or 4x4 matrices (F, 12 or 16).

    A row whose matrix is not a rotation becomes NaN.
    """
    matrices = values.reshape(len(values), -1, 4)[:, :3]
    positions, R = matrices[..., 3].copy(), matrices[..., :3]
    scale = np.linalg.norm(R, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        R = R / scale
        wxyz = matrix_to_quaternion(R)
        proper = np.abs(np.linalg.det(np.where(np.isfinite(R), R, 0.0)) - 1.0) < 0.1
    positions[~proper] = np.nan
    wxyz[~proper] = np.nan
    return positions, xyzw_from_wxyz(wxyz)


def numbers_in_cells(cells: Sequence[str], count: int) -> FloatArray:
    """Return the numbers in each cell, (F, count); a cell with a different count becomes NaN."""
    values = np.full((len(cells), count), np.nan)
    for row, cell in enumerate(cells):
        found = _NUMBER.findall(cell[:1024])
        if len(found) == count:
            values[row] = [float(number) for number in found]
    return values
