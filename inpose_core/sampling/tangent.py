# SPDX-License-Identifier: Apache-2.0
"""Take Gauss-Newton steps in the rotations' tangent space, for all frames at once.

With ``R_j = exp([omega_j]x) R_hat_j`` and ``omega_j ~ N(0, s_j^2 I)``, a measured difference of positions has the
Jacobian ``H_j = -[v_j]x``, ``v_j = R_hat_j kappa_j``, and the posterior's step is
``omega = S H^T (H S H^T + N)^-1 (y - y_hat)``: one small system per frame, nothing over a window. Bones cannot stretch
in it. All arrays here have the frames last (`numerics.layout`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..body.kinematics import tangent_covariance
from ..body.rotations import exponential
from ..numerics import Array, namespace_of, solve_positive_definite

LARGEST_TURN_RAD: Final[float] = 0.5
"""Largest turn of a joint in one step: beyond it, the linearisation is too inaccurate."""


@dataclass(frozen=True)
class TangentRows:
    """Hold a linearised measurement: M differences of positions in each frame, with R measured components.

    J is the number of joints that carry the differences.
    """

    v: Array
    """(M, J, 3, F) rotated chains."""
    residual_m: Array
    """(R, F) measured minus solved."""
    noise: Array
    """(R, R, F) covariance of the measurement in m^2."""
    components: tuple[int, ...] | None = None
    """R of the 3 M components, difference by difference, each x, y, z; None: all of them."""
    carriers: Sequence[Array] | None = None
    """The joints that carry each difference, as `carriers_of` has them; None: all of them may."""


def chains(R: Array, kappa: Array) -> Array:
    """Return ``v[m, j] = R_j kappa[m, j]``, frames last, (M, J, 3, F).

    Args:
        R: rotations of the joints that carry the chains, (J, 3, 3, F).
        kappa: their chains, (M, J, 3).
    """
    k = kappa[..., None, :, None]
    return R[:, :, 0] * k[:, :, :, 0] + R[:, :, 1] * k[:, :, :, 1] + R[:, :, 2] * k[:, :, :, 2]


def carrying_joints(*kappa: Array) -> Array:
    """Return the joints, (J,), whose rotations move the chains (M, 22, 3); the other joints do not matter."""
    xp = namespace_of(kappa[0])
    return xp.flatnonzero(xp.abs(xp.concat(kappa)).sum(axis=(0, 2)))


def carriers_of(kappa: Array) -> tuple[Array, ...]:
    """Return the joints that carry each of the chains (M, J, 3): one array of places among the J for each chain."""
    xp = namespace_of(kappa)
    return tuple(xp.flatnonzero(lengths) for lengths in xp.abs(kappa).sum(axis=-1))


def turn_towards(R: Array, rows: TangentRows, variance: Array) -> Array:
    """Return the rotations (J, 3, 3, F) after one step.

    Args:
        R: rotations of the joints that carry the measured differences, (J, 3, 3, F).
        rows: the measurement, linearised there.
        variance: tangent variance s_j^2 of each of these joints in rad^2, (J,), or in each frame, (J, F).
    """
    xp = namespace_of(R)
    v, rows_measured = rows.v, slice(None) if rows.components is None else list(rows.components)
    covariance = tangent_covariance(v, variance, rows.carriers)[rows_measured][:, rows_measured]
    # Frames that float32 cannot solve stay unchanged.
    solved = solve_positive_definite(covariance + rows.noise, rows.residual_m)
    weights = xp.zeros((3 * len(v), solved.shape[-1]), v)
    weights[rows_measured] = solved
    # S H^T w: the chains' cross products with the weights.
    w = weights.reshape(len(v), 1, 3, -1)
    s = variance.reshape(len(variance), -1)
    x = s * (v[:, :, 1] * w[:, :, 2] - v[:, :, 2] * w[:, :, 1]).sum(axis=0)
    y = s * (v[:, :, 2] * w[:, :, 0] - v[:, :, 0] * w[:, :, 2]).sum(axis=0)
    z = s * (v[:, :, 0] * w[:, :, 1] - v[:, :, 1] * w[:, :, 0]).sum(axis=0)
    share = LARGEST_TURN_RAD / xp.sqrt(x * x + y * y + z * z).clip(min=LARGEST_TURN_RAD)
    rotation = exponential(share * x, share * y, share * z)
    turned = xp.empty(R.shape, R)
    for row, (a, b, c) in enumerate(rotation):
        turned[:, row] = a[:, None] * R[:, 0] + b[:, None] * R[:, 1] + c[:, None] * R[:, 2]
    return turned
