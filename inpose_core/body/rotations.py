# SPDX-License-Identifier: Apache-2.0
"""Convert between the rotation forms of the solver, in torch and batched over leading axes.

Quaternions, rotation vectors, matrices, the 6D form and headings, none of them ever NaN.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_TINY = 1e-24
"""Under a root, so that its slope at zero is finite."""


def matrix_to_sixd(R: Tensor) -> Tensor:
    """Return the first two columns of rotation matrices (..., 3, 3) as (..., 6), first column first."""
    return torch.cat((R[..., :, 0], R[..., :, 1]), dim=-1)


def sixd_to_matrix(sixd: Tensor) -> Tensor:
    """Return the rotation matrices (..., 3, 3) of 6D vectors (..., 6) by Gram-Schmidt (Zhou et al. 2019).

    A degenerate vector (parallel or zero columns) gives some rotation, never NaN.
    """
    a, b = sixd[..., :3], sixd[..., 3:]
    first = torch.nn.functional.normalize(a, dim=-1, eps=1e-6)
    second = torch.nn.functional.normalize(b - (first * b).sum(-1, keepdim=True) * first, dim=-1, eps=1e-6)
    return torch.stack((first, second, torch.linalg.cross(first, second)), dim=-1)


def sixd_to_raw_matrix(sixd: Tensor) -> Tensor:
    """Return ``D(r) = [a, b, a x b]`` without normalisation, (..., 3, 3): the map of InPose as published."""
    a, b = sixd[..., :3], sixd[..., 3:]
    return torch.stack((a, b, torch.linalg.cross(a, b)), dim=-1)


def quaternion_wxyz_to_matrix(wxyz: Tensor) -> Tensor:
    """Return the rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = wxyz.unbind(-1)
    entries = (
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    )
    return torch.stack(entries, dim=-1).unflatten(-1, (3, 3))


def matrix_to_quaternion_wxyz(R: Tensor) -> Tensor:
    """Return unit quaternions (..., 4) of rotation matrices (..., 3, 3); the sign is arbitrary."""
    (a, b, c), (d, e, f), (g, h, i) = (row.unbind(-1) for row in R.unbind(-2))
    # Each row is the quaternion times four times a component of it (Shepperd 1978): the largest is well conditioned.
    rows = torch.stack(
        (
            torch.stack((1 + a + e + i, h - f, c - g, d - b), dim=-1),
            torch.stack((h - f, 1 + a - e - i, b + d, c + g), dim=-1),
            torch.stack((c - g, b + d, 1 - a + e - i, f + h), dim=-1),
            torch.stack((d - b, c + g, f + h, 1 - a - e + i), dim=-1),
        ),
        dim=-2,
    )
    largest = rows.diagonal(dim1=-2, dim2=-1).argmax(dim=-1)
    chosen = rows.gather(-2, largest[..., None, None].expand(*largest.shape, 1, 4))[..., 0, :]
    return torch.nn.functional.normalize(chosen, dim=-1)


def rotvec_to_matrix(omega: Tensor) -> Tensor:
    """Return ``exp([omega]x)`` of rotation vectors (..., 3) in radians (Rodrigues)."""
    angle = (omega.square().sum(-1) + _TINY).sqrt()[..., None, None] / math.pi
    K = skew(omega)
    # torch's sinc(x) is sin(pi x) / (pi x); (1 - cos t) / t^2 is half the square of sinc at t / 2.
    return torch.eye(3, dtype=omega.dtype, device=omega.device) + (
        torch.sinc(angle) * K + 0.5 * torch.sinc(angle / 2).square() * (K @ K)
    )


def matrix_to_rotvec(R: Tensor) -> Tensor:
    """Return the rotation vectors (..., 3) in radians, of length at most pi, of rotation matrices (..., 3, 3)."""
    wxyz = matrix_to_quaternion_wxyz(R)
    wxyz = torch.where(wxyz[..., :1] < 0, -wxyz, wxyz)
    sine = (wxyz[..., 1:].square().sum(-1, keepdim=True) + _TINY).sqrt()
    return wxyz[..., 1:] * (2 * torch.atan2(sine, wxyz[..., :1]) / sine)


def geodesic_angle(R_a: Tensor, R_b: Tensor) -> Tensor:
    """Return the angle in radians between rotation matrices, (...,)."""
    # |R_a - R_b| = 2 sqrt(2) sin(angle / 2), which is exact where the angle is small.
    half_sine = (R_a - R_b).flatten(-2).norm(dim=-1) / (2 * math.sqrt(2))
    return 2 * torch.asin(half_sine.clamp(max=1.0))


def skew(v: Tensor) -> Tensor:
    """Return the matrices ``[v]x`` (..., 3, 3) with ``[v]x u = v x u``."""
    x, y, z = v.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), dim=-1).unflatten(-1, (3, 3))


def heading_of(R_world: Tensor) -> Tensor:
    """Return the heading (yaw about +Y) of rotations (..., 3, 3) as unit vectors ``(cos, sin)``, (..., 2).

    The heading is the twist of the rotation about Y (swing-twist decomposition), which stays defined while a head
    looks straight down; only for an upside-down head it is arbitrary, and then zero heading is returned.
    """
    # For the quaternion (w, x, y, z) the twist is (w, y); its double angle is the yaw, and
    # 4 (w^2 - y^2) = 2 (R00 + R22), 8 w y = 2 (R02 - R20).
    cosine = R_world[..., 0, 0] + R_world[..., 2, 2]
    sine = R_world[..., 0, 2] - R_world[..., 2, 0]
    length = torch.hypot(cosine, sine)
    defined = length > 1e-6
    safe = torch.where(defined, length, torch.ones_like(length))
    cosine = torch.where(defined, cosine / safe, torch.ones_like(cosine))
    sine = torch.where(defined, sine / safe, torch.zeros_like(sine))
    return torch.stack((cosine, sine), dim=-1)


def mean_heading(R_world: Tensor) -> Tensor:
    """Return the mean heading over time, (..., T, 3, 3), as a rotation about Y, (..., 3, 3)."""
    cosine, sine = heading_of(R_world).mean(dim=-2).unbind(-1)
    return yaw_matrix(torch.atan2(sine, cosine + 1e-9))


def yaw_matrix(angle_rad: Tensor) -> Tensor:
    """Return rotations about +Y by angles (...,), as (..., 3, 3)."""
    c, s = torch.cos(angle_rad), torch.sin(angle_rad)
    zero, one = torch.zeros_like(c), torch.ones_like(c)
    return torch.stack((c, zero, s, zero, one, zero, -s, zero, c), dim=-1).unflatten(-1, (3, 3))
