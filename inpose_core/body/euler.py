# SPDX-License-Identifier: Apache-2.0
"""Convert between quaternions (wxyz) and Euler angles, in radians, of any order.

An order such as "ZXY" names the axes about which a joint turns one after the other, each in its own turned axes
(intrinsic rotations): the matrix is ``Rz Rx Ry``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import FloatArray

_AXES: Final[str] = "XYZ"
_SINGULAR_RAD: Final[float] = 1e-7
"""If the middle angle is this close to 90 degrees, only the sum or the difference of the other two is defined."""


def euler_to_quaternion(angles_rad: ArrayLike, order: str) -> FloatArray:
    """Return unit quaternions (..., 4) of angles (..., A) about the A axes of ``order``.

    Raises:
        ValueError: the order is invalid, or names an axis twice in succession.
    """
    half = 0.5 * np.asarray(angles_rad, dtype=np.float64)
    _check_order(order)
    if half.shape[-1] != len(order):
        raise ValueError(f"{half.shape[-1]} angles for the order {order}")
    parts = np.zeros((4, *half.shape[:-1]))
    parts[0] = 1.0
    with np.errstate(invalid="ignore"):
        for place, letter in enumerate(order):
            cosine, sine = np.cos(half[..., place]), np.sin(half[..., place])
            parts = cosine * parts + sine * _times_axis(parts, _AXES.index(letter))
    return np.moveaxis(parts, 0, -1)


def quaternion_to_euler(wxyz: ArrayLike, order: str) -> FloatArray:
    """Return the angles (..., 3) of unit quaternions (..., 4): the middle one within 90 degrees, the others within 180.

    If the middle angle is 90 degrees, the last one is zero. (Method: Bernardes and Viollet 2022, which needs no matrix
    and no sine of a small angle.)

    Raises:
        ValueError: the order does not name each axis once.
    """
    if sorted(order) != list(_AXES):
        raise ValueError(f"the order {order} of Euler angles")
    quaternion = np.asarray(wxyz, dtype=np.float64)
    i, j, k = (_AXES.index(letter) for letter in order)
    # In a left-handed order of the axes the third one counts backwards.
    handed = 1.0 if (j - i) % 3 == 1 else -1.0
    w, x, y, z = quaternion[..., 0], quaternion[..., 1 + i], quaternion[..., 1 + j], handed * quaternion[..., 1 + k]
    # With middle angle b: (w + y, x + z) has length sqrt(2) sin(b / 2 + 45 deg) and turns by half the sum of the
    # outer angles; (w - y, x - z) has length sqrt(2) cos(b / 2 + 45 deg) and turns by half their difference.
    middle = 2.0 * np.arctan2(np.hypot(w + y, x + z), np.hypot(w - y, x - z))
    half_sum, half_difference = np.arctan2(x + z, w + y), np.arctan2(x - z, w - y)
    half_sum = np.where(middle <= _SINGULAR_RAD, half_difference, half_sum)
    half_difference = np.where(middle >= np.pi - _SINGULAR_RAD, half_sum, half_difference)
    first, last = half_sum + half_difference, handed * (half_sum - half_difference)
    return np.stack((_within_half_turn(first), middle - np.pi / 2, _within_half_turn(last)), axis=-1)


def _check_order(order: str) -> None:
    known = 1 <= len(order) <= 3 and set(order) <= set(_AXES)
    if not known or any(a == b for a, b in pairwise(order)):
        raise ValueError(f"the order {order[:20]} of Euler angles")


def _times_axis(parts: FloatArray, axis: int) -> FloatArray:
    """Return the Hamilton product with the unit vector of an axis; ``parts`` is (4, ...)."""
    following, last = (axis + 1) % 3, (axis + 2) % 3
    product = np.empty_like(parts)
    product[0] = -parts[1 + axis]
    product[1 + axis] = parts[0]
    product[1 + following] = parts[1 + last]
    product[1 + last] = -parts[1 + following]
    return product


def _within_half_turn(angle: FloatArray) -> FloatArray:
    """Return angles between -2 pi and 2 pi within half a turn of zero."""
    return np.where(angle > np.pi, angle - 2 * np.pi, np.where(angle < -np.pi, angle + 2 * np.pi, angle))
