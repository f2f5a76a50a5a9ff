# SPDX-License-Identifier: Apache-2.0
"""Convert between the rotation forms of the solver, batched over leading axes, for numpy arrays and torch tensors.

Quaternions, rotation vectors, matrices, the 6D form and headings; the results are never NaN.
"""

from __future__ import annotations

import math

from ..numerics import Array, namespace_of

_TINY = 1e-24
"""Added under a square root, so that its slope at zero is finite."""


def matrix_to_sixd(R: Array) -> Array:
    """Return the first two columns of rotation matrices (..., 3, 3) as (..., 6), first column first."""
    return namespace_of(R).concat((R[..., :, 0], R[..., :, 1]), axis=-1)


def sixd_to_matrix(sixd: Array) -> Array:
    """Return the rotation matrices (..., 3, 3) of 6D vectors (..., 6) by Gram-Schmidt (Zhou et al. 2019).

    A degenerate vector (parallel or zero columns) gives some rotation, never NaN.
    """
    ax, ay, az, bx, by, bz = _components(sixd)
    ax, ay, az = _unit(ax, ay, az)
    along = ax * bx + ay * by + az * bz
    bx, by, bz = _unit(bx - along * ax, by - along * ay, bz - along * az)
    return _matrix((ax, bx, ay * bz - az * by), (ay, by, az * bx - ax * bz), (az, bz, ax * by - ay * bx))


def sixd_to_raw_matrix(sixd: Array) -> Array:
    """Return ``D(r) = [a, b, a x b]`` without normalisation, (..., 3, 3): the map of InPose as published."""
    a, b = sixd[..., :3], sixd[..., 3:]
    return namespace_of(sixd).stack((a, b, cross(a, b)), axis=-1)


def cross(a: Array, b: Array) -> Array:
    """Return the cross products (..., 3) of vectors (..., 3)."""
    (ax, ay, az), (bx, by, bz) = _components(a), _components(b)
    return namespace_of(a).stack((ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx), axis=-1)


def norm(vectors: Array) -> Array:
    """Return the lengths (...,) of vectors (..., n)."""
    return namespace_of(vectors).sqrt((vectors * vectors).sum(axis=-1) + _TINY)


def quaternion_wxyz_to_matrix(wxyz: Array) -> Array:
    """Return the rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = _components(wxyz)
    return _matrix(
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )


def matrix_to_quaternion_wxyz(R: Array) -> Array:
    """Return unit quaternions (..., 4) of rotation matrices (..., 3, 3); the sign is arbitrary."""
    xp = namespace_of(R)
    (a, b, c), (d, e, f), (g, h, i) = (_components(R[..., row, :]) for row in range(3))
    # Each row is the quaternion times four times a component of it (Shepperd 1978): the largest is well conditioned.
    rows = (
        (1 + a + e + i, h - f, c - g, d - b),
        (h - f, 1 + a - e - i, b + d, c + g),
        (c - g, b + d, 1 - a + e - i, f + h),
        (d - b, c + g, f + h, 1 - a - e + i),
    )
    chosen, largest = rows[0], rows[0][0]
    for place in (1, 2, 3):
        larger = rows[place][place] > largest
        largest = xp.where(larger, rows[place][place], largest)
        chosen = tuple(xp.where(larger, new, old) for new, old in zip(rows[place], chosen, strict=True))
    w, x, y, z = chosen
    length = xp.sqrt(w * w + x * x + y * y + z * z)
    return xp.stack([component / length for component in chosen], axis=-1)


def rotvec_to_matrix(omega: Array) -> Array:
    """Return ``exp([omega]x)`` of rotation vectors (..., 3) in radians (Rodrigues)."""
    return _matrix(*exponential(*_components(omega)))


Rows = tuple[tuple[Array, Array, Array], tuple[Array, Array, Array], tuple[Array, Array, Array]]
"""A matrix as the nine arrays of its entries, row by row."""


def exponential(x: Array, y: Array, z: Array) -> Rows:
    """Return the entries of ``exp([omega]x)`` of rotation vectors given by their components (...,) in radians."""
    xp = namespace_of(x)
    angle = xp.sqrt(x * x + y * y + z * z + _TINY)
    first = xp.sin(angle) / angle
    # (1 - cos t) / t^2 is half the square of sin(t / 2) / (t / 2), which keeps its digits where t is small.
    half = 0.5 * angle
    second = xp.sin(half) / half
    second = 0.5 * second * second
    xs, ys, zs = second * x, second * y, second * z
    xx, yy, zz, xy, xz, yz = xs * x, ys * y, zs * z, xs * y, xs * z, ys * z
    x, y, z = first * x, first * y, first * z
    return (1 - (yy + zz), xy - z, xz + y), (xy + z, 1 - (xx + zz), yz - x), (xz - y, yz + x, 1 - (xx + yy))


def matrix_to_rotvec(R: Array) -> Array:
    """Return the rotation vectors (..., 3) in radians, of length at most pi, of rotation matrices (..., 3, 3)."""
    xp = namespace_of(R)
    wxyz = matrix_to_quaternion_wxyz(R)
    wxyz = xp.where(wxyz[..., :1] < 0, -wxyz, wxyz)
    sine = xp.sqrt((wxyz[..., 1:] ** 2).sum(axis=-1, keepdims=True) + _TINY)
    return wxyz[..., 1:] * (2 * xp.atan2(sine, wxyz[..., :1]) / sine)


def geodesic_angle(R_a: Array, R_b: Array) -> Array:
    """Return the angle in radians between rotation matrices, (...,)."""
    xp = namespace_of(R_a)
    # |R_a - R_b| = 2 sqrt(2) sin(angle / 2), which is exact where the angle is small.
    difference = R_a - R_b
    half_sine = norm(difference.reshape(*difference.shape[:-2], 9)) / (2 * math.sqrt(2))
    return 2 * xp.asin(half_sine.clip(max=1.0))


def skew(v: Array) -> Array:
    """Return the matrices ``[v]x`` (..., 3, 3) with ``[v]x u = v x u``."""
    x, y, z = _components(v)
    zero = 0 * x
    return _matrix((zero, -z, y), (z, zero, -x), (-y, x, zero))


def heading_of(R_world: Array) -> Array:
    """Return the heading (yaw about +Y) of rotations (..., 3, 3) as unit vectors ``(cos, sin)``, (..., 2).

    The heading is the twist of the rotation about Y (swing-twist decomposition), which stays defined while a head
    looks straight down; only for an upside-down head it is arbitrary, and then zero heading is returned.
    """
    xp = namespace_of(R_world)
    # For the quaternion (w, x, y, z) the twist is (w, y); its double angle is the yaw, and
    # 4 (w^2 - y^2) = 2 (R00 + R22), 8 w y = 2 (R02 - R20).
    cosine = R_world[..., 0, 0] + R_world[..., 2, 2]
    sine = R_world[..., 0, 2] - R_world[..., 2, 0]
    length = xp.hypot(cosine, sine)
    defined = length > 1e-6
    safe = length.clip(min=1e-6)
    return xp.stack((xp.where(defined, cosine / safe, 1.0), xp.where(defined, sine / safe, 0.0)), axis=-1)


def mean_heading(R_world: Array) -> Array:
    """Return the mean heading over time, (..., T, 3, 3), as a rotation about Y, (..., 3, 3)."""
    # The axis of time stays for a while: numpy 1 makes float64 of a single float32 beside a number.
    cosine, sine = _components(heading_of(R_world).mean(axis=-2, keepdims=True))
    return yaw_matrix(namespace_of(sine).atan2(sine, cosine + 1e-9))[..., 0, :, :]


def yaw_matrix(angle_rad: Array) -> Array:
    """Return rotations about +Y by angles (...,), as (..., 3, 3)."""
    xp = namespace_of(angle_rad)
    c, s = xp.cos(angle_rad), xp.sin(angle_rad)
    zero, one = 0 * c, 0 * c + 1
    return _matrix((c, zero, s), (zero, one, zero), (-s, zero, c))


def _components(vectors: Array) -> tuple[Array, ...]:
    """Return the components of vectors (..., n) one by one: n arrays (...,)."""
    return tuple(vectors[..., place] for place in range(vectors.shape[-1]))


def _matrix(*rows: tuple[Array, Array, Array]) -> Array:
    """Return matrices (..., 3, 3) of their nine entries (...,)."""
    xp = namespace_of(rows[0][0])
    entries = xp.stack([entry for row in rows for entry in row], axis=-1)
    return entries.reshape(*entries.shape[:-1], 3, 3)


def _unit(x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
    """Return vectors divided by their length, or by 1e-6 if they are shorter."""
    length = namespace_of(x).sqrt(x * x + y * y + z * z + _TINY).clip(min=1e-6)
    return x / length, y / length, z / length
