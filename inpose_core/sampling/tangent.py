# SPDX-License-Identifier: Apache-2.0
"""Take Gauss-Newton steps in the rotations' tangent space, for all frames at once.

With ``R_j = exp([omega_j]x) R_hat_j`` and ``omega_j ~ N(0, s_j^2 I)``, a measured difference of positions has the
Jacobian ``H_j = -[v_j]x``, ``v_j = R_hat_j kappa_j``, and the posterior's step is
``omega = S H^T (H S H^T + N)^-1 (y - y_hat)``: one small system per frame, nothing over a window. Bones cannot stretch
in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ..body.kinematics import tangent_covariance
from ..body.rotations import rotvec_to_matrix
from .in_pieces import FRAMES_AT_ONCE

LARGEST_TURN_RAD: Final[float] = 0.5
"""A joint turns no further in one step: beyond it the linearisation says too little."""


@dataclass(frozen=True)
class TangentRows:
    """Hold a linearised measurement: M differences of positions in each frame, of whose components R are measured.

    J is the number of joints that carry the differences.
    """

    v: Tensor
    """(F, M, J, 3) rotated chains."""
    residual_m: Tensor
    """(F, R) measured minus solved."""
    noise: Tensor
    """(F, R, R) covariance of the measurement in m^2."""
    components: tuple[int, ...]
    """R of the 3 M components, difference by difference, each x, y, z."""


def carrying_joints(*kappa: Tensor) -> Tensor:
    """Return the joints, (J,), that carry anything on the chains (M, 22, 3): no other has to be looked at."""
    return torch.cat(kappa).abs().sum(dim=(0, 2)).nonzero()[:, 0]


def turn_towards(R: Tensor, rows: TangentRows, variance: Tensor) -> Tensor:
    """Return the rotations (F, J, 3, 3) after one step.

    Args:
        R: rotations of the joints that carry the measured differences, (F, J, 3, 3).
        rows: the measurement, linearised there.
        variance: tangent variance s_j^2 of each of these joints in rad^2, (J,).
    """
    parts = []
    chosen = torch.tensor(rows.components, device=R.device)
    for first in range(0, len(R), FRAMES_AT_ONCE):
        part = slice(first, first + FRAMES_AT_ONCE)
        v = rows.v[part]
        covariance = tangent_covariance(v, variance)[:, chosen[:, None], chosen] + rows.noise[part]
        weights = v.new_zeros(len(v), 3 * v.shape[1])
        factor, failed = torch.linalg.cholesky_ex(covariance)
        solution = torch.cholesky_solve(rows.residual_m[part, :, None], factor)[..., 0]
        # What float32 cannot solve is left alone.
        weights[:, chosen] = torch.where(failed[:, None] > 0, 0.0, solution)
        # H_j^T lambda = v_j x lambda, summed over the differences.
        force = weights.unflatten(-1, (-1, 1, 3)).expand_as(v)
        omega = torch.linalg.cross(v, force).sum(dim=1) * variance[:, None]
        turn = omega.norm(dim=-1, keepdim=True)
        omega = omega * (LARGEST_TURN_RAD / turn.clamp(min=LARGEST_TURN_RAD))
        parts.append(rotvec_to_matrix(omega) @ R[part])
    return torch.cat(parts)
