# SPDX-License-Identifier: Apache-2.0
"""Guide as the paper has it: pseudoinverse guidance with the closed form of its Theorem 1, by backpropagation."""

from __future__ import annotations

import torch
from torch import Tensor

from ..body.kinematics import rotated_chains
from ..body.rotations import sixd_to_raw_matrix, skew
from ..prior.schedule import log_snr_of
from .differences import difference_noise, difference_positions
from .guidance import GuidedEstimate
from .measurement import Measurement
from .windows import WindowedDenoiser


class PseudoinverseGuidance:
    """Guide as published: PiGDM (Song et al. 2023) with the closed form of the paper's Theorem 1 and a VJP.

    ``g = w^2 (dD/dx_t)^T A^T (w^2 A Sigma A^T + sigma_l^2 I)^-1 (l - A D(x_0_hat))`` with ``w^2 = 1 - abar_t``, and
    ``x_s += sqrt(abar_t) g`` (paper, Algorithm 1). D does not normalise; Sigma is its exact covariance.
    """

    def __init__(self, measurement: Measurement, denoiser: WindowedDenoiser, position_noise_ratio: float) -> None:
        self.measurement, self.denoiser = measurement, denoiser
        self.noise_variance = difference_noise(measurement, position_noise_ratio)
        self.difference_kappa = measurement.kappa[:1] - measurement.kappa[1:]

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the estimate unchanged, and the push that the published algorithm gives the sample."""
        w2 = sigma**2
        with torch.enable_grad():
            leaf = x_0.detach().requires_grad_(True)
            D = sixd_to_raw_matrix(leaf)
            positions_m = rotated_chains(D, self.difference_kappa).sum(dim=-2)
            residual = difference_positions(self.measurement.y_m) - positions_m.detach()
            covariance = w2 * raw_covariance(D.detach(), self.difference_kappa, w2) + self.noise_variance
            weights = torch.linalg.solve(covariance, residual.flatten(-2)).unflatten(-1, (2, 3))
            cotangent = torch.autograd.grad((positions_m * weights).sum(), leaf)[0]
        gradient = self.denoiser.vector_jacobian_product(x_t, log_snr_of(alpha, sigma), cotangent)
        return GuidedEstimate(x_0, shift=alpha * w2 * gradient)

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the rotations with the measured ones in their place; the paper does no more."""
        return self.measurement.pin_rotations(R_world)


def raw_covariance(D: Tensor, kappa: Tensor, w2: float) -> Tensor:
    """Return ``A Sigma A^T``, (F, 3 M, 3 M), of ``D(r) = [a, b, a x b]`` with ``r ~ N(r_hat, w^2 I)``.

    The exact covariance of D over w^2 (paper, Theorem 1), where a and b are orthonormal and c = a x b:
    ``[[I, 0, [b]x], [0, I, -[a]x], [-[b]x, [a]x, 2 I - a a^T - b b^T + 2 w^2 I]]``.
    """
    a, b = D[..., 0], D[..., 1]
    k1, k2, k3 = kappa.unbind(-1)
    eye = torch.eye(3, device=D.device)
    third = (2 + 2 * w2) * eye - a[..., :, None] * a[..., None, :] - b[..., :, None] * b[..., None, :]
    plain = torch.einsum("mj,nj->mn", k1, k1) + torch.einsum("mj,nj->mn", k2, k2)
    cross_b = torch.einsum("mj,nj->mnj", k1, k3) - torch.einsum("mj,nj->mnj", k3, k1)
    cross_a = torch.einsum("mj,nj->mnj", k2, k3) - torch.einsum("mj,nj->mnj", k3, k2)
    blocks = (
        plain[:, :, None, None] * eye
        + torch.einsum("mj,nj,fjab->fmnab", k3, k3, third)
        + torch.einsum("mnj,fjab->fmnab", cross_b, skew(b))
        - torch.einsum("mnj,fjab->fmnab", cross_a, skew(a))
    )
    return blocks.movedim(-2, 2).flatten(-2).flatten(1, 2)
