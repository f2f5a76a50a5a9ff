# SPDX-License-Identifier: Apache-2.0
"""Sample and guide as in the authors' released code, which differs from their paper's text.

Written from a description of the recipe: 49 steps of the DDPM posterior mean without noise on every 20th of 1000
linear steps; D does not normalise; Sigma is the identity and sigma_l^2 = 0.1 m^2; the three cyclic differences of the
positions; ``x_s += 5 sqrt(abar_t) g`` with ``g`` by backpropagation through the network.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from ...body.kinematics import rotated_chains
from ...body.rotations import sixd_to_raw_matrix
from ...prior.schedule import log_snr_of
from ...sampling.estimate import Denoiser
from ...sampling.guidance import Guidance, GuidedEstimate
from ...sampling.measurement import Measurement
from ...sampling.windows import WindowedDenoiser
from .unguided import Unguided

STEPS: Final[int] = 49
_LEVELS: Final[int] = 1000
_STRIDE: Final[int] = 20
_WEIGHT: Final[float] = 5.0
_SIGMA_L2: Final[float] = 0.1
_CYCLIC: Final[tuple[tuple[float, ...], ...]] = ((1, -1, 0), (0, 1, -1), (-1, 0, 1))


def sample_ddpm_mean(
    denoise: Denoiser, guidance: Guidance, noise: Tensor, log_snr_range: tuple[float, float], steps: int = STEPS
) -> Tensor:
    """Return a guided sample of x_0, (F, 22, 6).

    Args:
        denoise: the prior.
        guidance: the likelihood; its shift is added to each next sample.
        noise: x_T, (F, 22, 6).
        log_snr_range: the noise levels of the prior's training; the schedule's ends are just outside.
        steps: the authors' 49, or a number of evenly spaced levels of the same schedule.
    """
    betas = torch.linspace(1e-4, 2e-2, _LEVELS, dtype=torch.float64)
    last = _STRIDE * (STEPS - 1)
    levels = torch.linspace(0, last, steps).round().long() if steps > 1 else torch.tensor([last])
    abar = torch.cumprod(1 - betas, dim=0)[levels].tolist()
    x_t = noise
    for step in reversed(range(steps)):
        abar_t, abar_s = abar[step], abar[step - 1] if step > 0 else 1.0
        log_snr = float(torch.logit(torch.tensor(abar_t)).clamp(*log_snr_range))
        estimate = guidance.guide(denoise(x_t, log_snr).x_0.clamp(-1, 1), x_t, abar_t**0.5, (1 - abar_t) ** 0.5)
        beta = 1 - abar_t / abar_s
        mean = beta * abar_s**0.5 / (1 - abar_t) * estimate.x_0 + (1 - abar_s) * (1 - beta) ** 0.5 / (1 - abar_t) * x_t
        x_t = mean if estimate.shift is None else mean + estimate.shift
    return x_t


class OfficialGuidance(Unguided):
    """Guide as in the released code."""

    def __init__(self, measurement: Measurement, denoiser: WindowedDenoiser) -> None:
        super().__init__(measurement)
        self.denoiser = denoiser
        self.difference = torch.tensor(_CYCLIC, dtype=torch.float32, device=measurement.y_m.device)
        self.kappa = torch.einsum("dm,mja->dja", self.difference, measurement.kappa)
        self.target_m = torch.einsum("dm,fma->fda", self.difference, measurement.y_m)
        kappa = self.kappa.flatten(1)
        self.gram = kappa @ kappa.T

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the estimate unchanged, and the shift that the recipe adds to the sample."""
        ridge = _SIGMA_L2 / sigma**2 * torch.eye(3, device=x_0.device)
        inverse = torch.linalg.inv(self.gram + ridge)
        with torch.enable_grad():
            leaf = x_0.detach().requires_grad_(True)
            positions_m = rotated_chains(sixd_to_raw_matrix(leaf), self.kappa).sum(dim=-2)
            residual = self.target_m - positions_m.detach()
            # Sigma = I makes the covariance the same for the three coordinates: one 3 x 3 matrix for all frames.
            weights = torch.einsum("de,fea->fda", inverse, residual)
            cotangent = torch.autograd.grad((positions_m * weights).sum(), leaf)[0]
        # The sampler clamps x_0 to [-1, 1]: clamped values have no gradient.
        cotangent = torch.where(x_0.abs() < 1, cotangent, torch.zeros_like(cotangent))
        gradient = self.denoiser.vector_jacobian_product(x_t, log_snr_of(alpha, sigma), cotangent)
        return GuidedEstimate(x_0, shift=_WEIGHT * alpha * gradient)
