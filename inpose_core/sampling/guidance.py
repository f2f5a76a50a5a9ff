# SPDX-License-Identifier: Apache-2.0
"""Guide the denoised pose by the measured positions: one interface, one class per likelihood.

The root is unknown, so the likelihood is that of two differences, head minus each hand (paper, Section 3.3).
Their noise is correlated, because both contain the head's: with variances (h, l, r) it is [[h + l, h], [h, h + r]].
Each frame is a 6 x 6 system; nothing is ever formed over a window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

import torch
from torch import Tensor

from ..kinematics import rotated_chains, tangent_covariance
from ..prior.checkpoint import ResidualCalibration
from ..prior.schedule import log_snr_of
from ..rotations import matrix_to_sixd, rotvec_to_matrix, sixd_to_matrix, sixd_to_raw_matrix, skew
from .floor import FloorLikelihood
from .measurement import Measurement
from .windows import WindowedDenoiser

GuidanceName = Literal["tangent", "pigdm", "none"]
GUIDANCE_NAMES: Final[tuple[GuidanceName, ...]] = get_args(GuidanceName)

_LOST_RATIO = 10.0
"""Noise of a lost device in body sizes: far more than any pose can explain, yet harmless to float32."""
_FRAMES_AT_ONCE = 4096


@dataclass(frozen=True)
class GuidedEstimate:
    """Hold what guidance makes of one denoising step."""

    x_0: Tensor
    """(F, 22, 6) estimate that the sampler continues with."""
    shift: Tensor | None = None
    """(F, 22, 6) to add to the next x_s, for algorithms that push the sample instead of the estimate."""


class Guidance(Protocol):
    """Turn a denoised estimate into one that agrees with the measurement."""

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the guided estimate.

        Args:
            x_0: denoised 6D rotations in the world, (F, 22, 6).
            x_t: the noisy sample that they come from, (F, 22, 6).
            alpha: sqrt(abar_t).
            sigma: sqrt(1 - abar_t).
        """
        ...

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the last estimate, (F, 22, 3, 3), brought onto the measurement as far as this likelihood can."""
        ...


def make_guidance(
    name: GuidanceName,
    measurement: Measurement,
    calibration: ResidualCalibration,
    denoiser: WindowedDenoiser,
    position_noise_ratio: float,
    use_floor: bool = True,
) -> Guidance:
    """Build a guidance by name.

    Args:
        name: which likelihood and algorithm.
        measurement: what was measured, on which body.
        calibration: how far to trust the denoiser.
        denoiser: for the algorithms that backpropagate through it.
        position_noise_ratio: the positions' standard deviation over the body size.
        use_floor: let the tangent form measure the floor, where the recording tells where it is.
    """
    if name == "tangent":
        floor = FloorLikelihood(measurement) if use_floor and measurement.floor_known else None
        return TangentGuidance(measurement, calibration, position_noise_ratio, floor)
    if name == "pigdm":
        return PseudoinverseGuidance(measurement, denoiser, position_noise_ratio)
    return NoGuidance(measurement)


class NoGuidance:
    """Leave the prior alone, apart from the measured rotations: the ablation without positions."""

    def __init__(self, measurement: Measurement) -> None:
        self.measurement = measurement

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate as it is, on the manifold, with the measured rotations."""
        return GuidedEstimate(matrix_to_sixd(self.measurement.pin_rotations(sixd_to_matrix(x_0))))

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the rotations with the measured ones in their place."""
        return self.measurement.pin_rotations(R_world)


class TangentGuidance:
    """Correct rotations on the manifold, without backpropagation, by a calibrated covariance.

    With ``R_j = exp([omega_j]x) R_hat_j`` and ``omega_j ~ N(0, s_j^2 I)``, where s_j^2 is the denoiser's mean squared
    residual at this noise level, one Gauss-Newton step of the posterior is
    ``omega = S H^T (H S H^T + N)^-1 (y - y_hat)`` with ``H_j = -[R_j kappa_j]x``. Bones cannot stretch in it.

    Where the floor is known it is measured too: the lowest foot stands on it, give or take a tolerance. That returns
    the head's height, which differencing throws away, for a body of any shape.
    """

    first_log_snr: float = -4.0
    """Below it the estimate says too little for a linearisation."""
    largest_turn_rad: float = 0.5
    final_iterations: int = 5
    """Fast hands of real recordings need them; three left 0.4 cm where five leave 0.05."""

    def __init__(
        self,
        measurement: Measurement,
        calibration: ResidualCalibration,
        position_noise_ratio: float,
        floor: FloorLikelihood | None = None,
    ) -> None:
        self.measurement, self.calibration, self.floor = measurement, calibration, floor
        self.noise_variance = difference_noise(measurement, position_noise_ratio)
        self.difference_kappa = measurement.kappa[:1] - measurement.kappa[1:]

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate after one Gauss-Newton step towards the measured positions."""
        R_hat = self.measurement.pin_rotations(sixd_to_matrix(x_0))
        log_snr = log_snr_of(alpha, sigma)
        if log_snr >= self.first_log_snr:
            R_hat = self.correct(R_hat, log_snr)
        return GuidedEstimate(matrix_to_sixd(R_hat))

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the rotations after the last Gauss-Newton steps, which take up what linearising and smoothing left."""
        R_world = self.measurement.pin_rotations(R_world)
        for _ in range(self.final_iterations):
            R_world = self.correct(R_world, float(self.calibration.log_snr[-1]))
        return R_world

    def correct(self, R_hat: Tensor, log_snr: float) -> Tensor:
        """Return ``exp([omega]x) R_hat``, (F, 22, 3, 3)."""
        variance = self.calibration.at(log_snr)
        floor = self.floor.measure(R_hat) if self.floor is not None else None
        corrected = []
        for first in range(0, len(R_hat), _FRAMES_AT_ONCE):
            part = slice(first, first + _FRAMES_AT_ONCE)
            v = rotated_chains(R_hat[part], self.difference_kappa)
            residual = (difference_positions(self.measurement.y_m[part]) - v.sum(dim=-2)).flatten(-2)
            noise = self.noise_variance[part]
            if floor is not None:
                v = torch.cat((v, floor.v[part, None]), dim=1)
                residual = torch.cat((residual, floor.residual_m[part, None]), dim=-1)
                noise = torch.nn.functional.pad(noise, (0, 1, 0, 1))
                noise[:, -1, -1] = floor.variance[part]
            rows = _measured_rows(residual.shape[-1], v.device)
            covariance = tangent_covariance(v, variance)[:, rows[:, None], rows] + noise
            weights = residual.new_zeros(len(residual), 3 * v.shape[1])
            weights[:, rows] = torch.linalg.solve(covariance, residual)
            # H_j^T lambda = v_j x lambda, summed over the differences.
            omega = torch.linalg.cross(v, weights.unflatten(-1, (-1, 3))[:, :, None]).sum(dim=1) * variance[:, None]
            turn = omega.norm(dim=-1, keepdim=True)
            omega = omega * (self.largest_turn_rad / turn.clamp(min=self.largest_turn_rad))
            corrected.append(rotvec_to_matrix(omega) @ R_hat[part])
        return torch.cat(corrected)


def _measured_rows(count: int, device: torch.device) -> Tensor:
    """Return which components of the differences are measured: all six, and of head minus foot the height alone."""
    return torch.tensor((0, 1, 2, 3, 4, 5, 7)[:count], device=device)


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


def difference_positions(y_m: Tensor) -> Tensor:
    """Return head minus left hand and head minus right hand, (F, 2, 3), of positions (F, 3, 3)."""
    return y_m[:, :1] - y_m[:, 1:]


def difference_noise(measurement: Measurement, position_noise_ratio: float) -> Tensor:
    """Return the covariance of the two differences in m^2, (F, 6, 6); a lost device is nearly no information."""
    known = measurement.noise_m / measurement.body_size_m
    ratio = torch.where(measurement.measured, known.clamp(min=position_noise_ratio), _LOST_RATIO)
    head, left, right = (ratio * measurement.body_size_m).square().unbind(-1)
    blocks = torch.stack((torch.stack((head + left, head), -1), torch.stack((head, head + right), -1)), -2)
    eye = torch.eye(3, device=blocks.device)
    return torch.einsum("fmn,ab->fmanb", blocks, eye).flatten(3, 4).flatten(1, 2)


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
