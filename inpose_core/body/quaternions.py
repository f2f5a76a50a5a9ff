# SPDX-License-Identifier: Apache-2.0
"""Convert and compose ``wxyz`` quaternions in plain numpy, vectorised over leading axes.

Blender's Python has numpy and neither scipy nor torch: both halves of the product take their rotations from here.
Rotation vectors are axis times angle, in radians; Euler angles are in `body.euler`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import FloatArray, lengths


def wxyz_from_xyzw(xyzw: ArrayLike) -> FloatArray:
    """Return quaternions (..., 4) whose scalar stands last, with the scalar first."""
    return np.roll(np.asarray(xyzw, dtype=np.float64), 1, axis=-1)


def xyzw_from_wxyz(wxyz: ArrayLike) -> FloatArray:
    """Return quaternions (..., 4) whose scalar stands first, with the scalar last."""
    return np.roll(np.asarray(wxyz, dtype=np.float64), -1, axis=-1)


def normalize_quaternion(wxyz: ArrayLike) -> FloatArray:
    """Return unit quaternions, (..., 4); a quaternion shorter than 1e-8 becomes the identity."""
    quaternion = np.asarray(wxyz, dtype=np.float64)
    length = lengths(quaternion)[..., None]
    unit = quaternion / np.maximum(length, 1e-8)
    return np.where(length > 1e-8, unit, np.array([1.0, 0.0, 0.0, 0.0]))


def multiply_quaternions(left_wxyz: ArrayLike, right_wxyz: ArrayLike) -> FloatArray:
    """Return the Hamilton product: rotate by ``right`` first, then by ``left``; (..., 4)."""
    left, right = np.asarray(left_wxyz, dtype=np.float64), np.asarray(right_wxyz, dtype=np.float64)
    lw, lx, ly, lz = (left[..., axis] for axis in range(4))
    rw, rx, ry, rz = (right[..., axis] for axis in range(4))
    product = np.empty(np.broadcast_shapes(left.shape, right.shape))
    product[..., 0] = lw * rw - lx * rx - ly * ry - lz * rz
    product[..., 1] = lw * rx + lx * rw + ly * rz - lz * ry
    product[..., 2] = lw * ry - lx * rz + ly * rw + lz * rx
    product[..., 3] = lw * rz + lx * ry - ly * rx + lz * rw
    return product


def conjugate_quaternion(wxyz: ArrayLike) -> FloatArray:
    """Return the inverse rotation of unit quaternions, (..., 4)."""
    return np.asarray(wxyz, dtype=np.float64) * np.array([1.0, -1.0, -1.0, -1.0])


def rotate_vector(wxyz: ArrayLike, vector: ArrayLike) -> FloatArray:
    """Rotate vectors (..., 3) by unit quaternions (..., 4)."""
    quaternion, v = np.asarray(wxyz, dtype=np.float64), np.asarray(vector, dtype=np.float64)
    w, x, y, z = (quaternion[..., axis] for axis in range(4))
    a, b, c = (v[..., axis] for axis in range(3))
    # Twice the cross product of axis and vector, then v + w twice + axis x twice.
    p, q, r = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    rotated = np.empty((*np.broadcast_shapes(w.shape, a.shape), 3))
    rotated[..., 0] = a + w * p + (y * r - z * q)
    rotated[..., 1] = b + w * q + (z * p - x * r)
    rotated[..., 2] = c + w * r + (x * q - y * p)
    return rotated


def quaternion_to_matrix(wxyz: ArrayLike) -> FloatArray:
    """Convert unit quaternions (..., 4) to rotation matrices (..., 3, 3)."""
    quaternion = np.asarray(wxyz, dtype=np.float64)
    w, x, y, z = (quaternion[..., axis] for axis in range(4))
    R = np.empty((*w.shape, 3, 3))
    R[..., 0, 0], R[..., 1, 1], R[..., 2, 2] = (1 - 2 * (a * a + b * b) for a, b in ((y, z), (x, z), (x, y)))
    R[..., 0, 1], R[..., 0, 2], R[..., 1, 2] = 2 * (x * y - w * z), 2 * (x * z + w * y), 2 * (y * z - w * x)
    R[..., 1, 0], R[..., 2, 0], R[..., 2, 1] = 2 * (x * y + w * z), 2 * (x * z - w * y), 2 * (y * z + w * x)
    return R


def matrix_to_quaternion(R: ArrayLike) -> FloatArray:
    """Convert rotation matrices (..., 3, 3) to unit quaternions (..., 4) with ``w >= 0``.

    The largest of the four components is taken from the diagonal and the rest divided by it (Shepperd 1978),
    so that no component is computed as a small difference.
    """
    m = np.asarray(R, dtype=np.float64)
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    four_squares = np.stack((1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22), -1)
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    candidates = np.stack(
        (
            np.stack((four_squares[..., 0], a, b, c), -1),
            np.stack((a, four_squares[..., 1], d, e), -1),
            np.stack((b, d, four_squares[..., 2], f), -1),
            np.stack((c, e, f, four_squares[..., 3]), -1),
        ),
        axis=-2,
    )
    best = np.argmax(four_squares, axis=-1)[..., None, None]
    quaternion = np.take_along_axis(candidates, best, axis=-2)[..., 0, :]
    quaternion = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    return np.where(quaternion[..., :1] < 0, -quaternion, quaternion)


def rotvec_to_quaternion(rotvec: ArrayLike) -> FloatArray:
    """Convert rotation vectors (..., 3) to unit quaternions (..., 4)."""
    vector = np.asarray(rotvec, dtype=np.float64)
    half = 0.5 * np.linalg.norm(vector, axis=-1, keepdims=True)
    # numpy's sinc(x) is sin(pi x) / (pi x), and 1 at zero.
    return np.concatenate((np.cos(half), 0.5 * np.sinc(half / np.pi) * vector), axis=-1)


def quaternion_to_rotvec(wxyz: ArrayLike) -> FloatArray:
    """Convert unit quaternions (..., 4) to rotation vectors (..., 3) of length at most pi."""
    quaternion = np.asarray(wxyz, dtype=np.float64)
    w, vector = quaternion[..., 0], quaternion[..., 1:]
    sine = lengths(vector)
    angle = 2.0 * np.arctan2(sine, np.abs(w))
    # angle / sine tends to 2 for small rotations.
    ratio = np.divide(angle, sine, out=np.full(sine.shape, 2.0), where=sine > 0)
    return np.asarray(vector * np.where(w < 0, -ratio, ratio)[..., None])


def slerp(a_wxyz: ArrayLike, b_wxyz: ArrayLike, fraction: ArrayLike) -> FloatArray:
    """Interpolate between unit quaternions (..., 4) along the shorter arc; ``fraction`` is (..., 1)."""
    a, b, share = (np.asarray(values, dtype=np.float64) for values in (a_wxyz, b_wxyz, fraction))
    b = np.where((a * b).sum(-1, keepdims=True) < 0, -b, b)
    # Half the angle by its tangent keeps all digits where the two are nearly equal, which a cosine loses.
    chord, sum_length = (lengths(v)[..., None] for v in (b - a, b + a))
    angle = 2.0 * np.arctan2(chord, sum_length)
    sine = np.sin(angle)
    equal = sine == 0
    sine = np.where(equal, 1.0, sine)
    weight_a = np.where(equal, 1.0 - share, np.sin((1.0 - share) * angle) / sine)
    weight_b = np.where(equal, share, np.sin(share * angle) / sine)
    return normalize_quaternion(weight_a * a + weight_b * b)


def slerp_at(times_s: FloatArray, wxyz: FloatArray, at_s: FloatArray) -> FloatArray:
    """Return rotations at other times, (N, ..., 4), along the arcs between the given ones; times outside get the first
    or the last one.

    Args:
        times_s: (F,) increasing, at least one.
        wxyz: (F, ..., 4) unit quaternions.
        at_s: (N,)
    """
    before = np.clip(np.searchsorted(times_s, at_s, side="right") - 1, 0, max(0, len(times_s) - 2))
    after = np.minimum(before + 1, len(times_s) - 1)
    step_s = times_s[after] - times_s[before]
    share = np.clip((at_s - times_s[before]) / np.where(step_s > 0, step_s, 1.0), 0.0, 1.0)
    return slerp(wxyz[before], wxyz[after], share.reshape(-1, *(1,) * (wxyz.ndim - 1)))


def mean_rotation(wxyz: ArrayLike) -> FloatArray:
    """Return the mean (4,), with ``w >= 0``, of unit quaternions (N, 4) of any signs.

    It is the rotation with the least mean squared chord to all (Markley et al. 2007): an eigenvector.
    """
    quaternion = np.asarray(wxyz, dtype=np.float64)
    mean: FloatArray = np.linalg.eigh(quaternion.T @ quaternion)[1][:, -1]
    return -mean if mean[0] < 0 else mean


def continuous_signs(wxyz: ArrayLike) -> FloatArray:
    """Flip signs so that each quaternion is on the same side as the one before it; time is the first axis."""
    quaternion = np.array(wxyz, dtype=np.float64)
    if len(quaternion) > 1:
        flips = np.where((quaternion[1:] * quaternion[:-1]).sum(-1, keepdims=True) < 0, -1.0, 1.0)
        quaternion[1:] *= np.cumprod(flips, axis=0)
    return quaternion


def rotation_between(from_vector: ArrayLike, to_vector: ArrayLike) -> FloatArray:
    """Return the smallest rotation matrix (3, 3) that turns one direction onto another.

    For opposite directions any half turn about a perpendicular axis is smallest; one is chosen.
    """
    a = np.asarray(from_vector, dtype=np.float64)
    b = np.asarray(to_vector, dtype=np.float64)
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    # Nearly opposite directions nearly cancel: so the sum tells them better than the cosine.
    one_and_cosine = float((a + b) @ (a + b)) / 2
    if one_and_cosine < 1e-14:
        perpendicular = np.cross(a, np.eye(3)[int(np.argmin(np.abs(a)))])
        perpendicular /= np.linalg.norm(perpendicular)
        return 2.0 * np.outer(perpendicular, perpendicular) - np.eye(3)
    x, y, z = np.cross(a, b)
    K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + K + K @ K / one_and_cosine


def geodesic_angle(a_wxyz: ArrayLike, b_wxyz: ArrayLike) -> FloatArray:
    """Return the angle in radians between unit quaternions, (...,)."""
    relative = multiply_quaternions(conjugate_quaternion(a_wxyz), b_wxyz)
    return 2.0 * np.arctan2(lengths(relative[..., 1:]), np.abs(relative[..., 0]))
