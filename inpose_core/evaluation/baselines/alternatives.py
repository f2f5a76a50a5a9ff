# SPDX-License-Identifier: Apache-2.0
"""Guide by other rules: DPS, the exact tangent form, local angles, and whole rotation matrices as the state."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from ...body.kinematics import forward_kinematics, rotated_chains, tangent_covariance
from ...body.rotations import matrix_to_sixd, rotvec_to_matrix, sixd_to_matrix, sixd_to_raw_matrix
from ...body.skeleton import JOINT_COUNT, PARENTS, SENSOR_JOINTS
from ...numerics import frames_first, frames_last
from ...prior.schedule import log_snr_of
from ...sampling.differences import difference_noise, difference_positions
from ...sampling.guidance import GuidedEstimate
from ...sampling.measurement import Measurement
from ...sampling.windows import WindowedDenoiser
from .unguided import Unguided


class DpsGuidance(Unguided):
    """Guide by diffusion posterior sampling (DPS, Chung et al. 2023): a gradient step that ignores the misfit's size.

    ``x_s -= zeta / |r| grad_{x_t} |r|^2`` with ``r = y - A D(x_0_hat)`` per frame, as in their Algorithm 1.
    """

    def __init__(self, measurement: Measurement, denoiser: WindowedDenoiser, zeta: float) -> None:
        super().__init__(measurement)
        self.denoiser, self.zeta = denoiser, zeta
        self.difference_kappa = measurement.kappa[:1] - measurement.kappa[1:]

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the estimate unchanged, and the guidance shift of one gradient step."""
        with torch.enable_grad():
            leaf = x_0.detach().requires_grad_(True)
            positions_m = rotated_chains(sixd_to_raw_matrix(leaf), self.difference_kappa).sum(dim=-2)
            residual = difference_positions(self.measurement.y_m) - positions_m
            misfit = (residual.square().sum(dim=(-2, -1)) + 1e-8).sqrt().sum()
            cotangent = torch.autograd.grad(misfit, leaf)[0]
        gradient = self.denoiser.vector_jacobian_product(x_t, log_snr_of(alpha, sigma), cotangent)
        # Dividing the squared misfit's gradient by the misfit gives twice the misfit's gradient.
        return GuidedEstimate(x_0, shift=-2 * self.zeta * gradient)


class ExactTangentGuidance(Unguided):
    """Guide by PiGDM in the tangent space, with backpropagation and the weight that is exact for a Gaussian prior.

    ``x_0 += (1 - abar_t) / sqrt(abar_t) g`` with ``g = (d x_0 / d x_t)^T J^T (w^2 H H^T + N)^-1 (y - y_hat)``, which
    with the noise recomputed from it is Bayes' rule where ``w^2`` is the variance of x_0 given x_t. All joints share
    one variance: the posterior variance of data with variance s^2, ``s^2 (1 - abar) / (1 - abar + abar s^2)``.
    """

    data_variance: Final[float] = 0.09
    """Variance of a joint's rotation given the condition, rad^2; the prior's residuals are 10-20 degrees per axis."""
    first_log_snr: Final[float] = -4.0

    def __init__(self, measurement: Measurement, denoiser: WindowedDenoiser, position_noise_ratio: float) -> None:
        super().__init__(measurement)
        self.denoiser = denoiser
        self.noise_variance = frames_first(difference_noise(measurement, position_noise_ratio))
        self.difference_kappa = measurement.kappa[:1] - measurement.kappa[1:]

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the estimate moved to the posterior's mean."""
        log_snr = log_snr_of(alpha, sigma)
        if log_snr < self.first_log_snr:
            return GuidedEstimate(x_0)
        s2 = self.data_variance
        w2 = s2 * sigma**2 / (sigma**2 + alpha**2 * s2)
        with torch.enable_grad():
            leaf = x_0.detach().requires_grad_(True)
            v = rotated_chains(sixd_to_matrix(leaf), self.difference_kappa)
            positions_m = v.sum(dim=-2)
            residual = (difference_positions(self.measurement.y_m) - positions_m.detach()).flatten(-2)
            variance = torch.full((JOINT_COUNT,), w2, device=v.device)
            covariance = frames_first(tangent_covariance(frames_last(v.detach()), variance))
            weights = torch.linalg.solve(covariance + self.noise_variance, residual)
            cotangent = torch.autograd.grad((positions_m * weights.unflatten(-1, (2, 3))).sum(), leaf)[0]
        gradient = self.denoiser.vector_jacobian_product(x_t, log_snr, cotangent)
        return GuidedEstimate(x_0 + sigma**2 / alpha * gradient)


class LocalAngleGuidance(Unguided):
    """Guide in the joints' local angles by gradient descent on the misfit (the paper's Table 5).

    A joint's local rotation moves all joints below it. It also changes the measured joints' rotations, which are put
    back.
    """

    iterations: Final[int] = 10
    first_log_snr: Final[float] = -4.0

    def __init__(self, measurement: Measurement) -> None:
        super().__init__(measurement)
        below = torch.eye(JOINT_COUNT, dtype=torch.bool)
        for joint in range(1, JOINT_COUNT):
            below[joint] |= below[PARENTS[joint]]
        # carries[m, j]: whether sensor m is below joint j, and so moves when j rotates.
        self.carries = (
            below[list(SENSOR_JOINTS)].to(measurement.y_m.device)
            & ~torch.eye(JOINT_COUNT, dtype=torch.bool, device=measurement.y_m.device)[list(SENSOR_JOINTS)]
        )

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate after gradient descent in local angles."""
        R = self.measurement.pin_rotations(sixd_to_matrix(x_0))
        if log_snr_of(alpha, sigma) >= self.first_log_snr:
            R = self._descend(R)
        return GuidedEstimate(matrix_to_sixd(R))

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the rotations after a final descent."""
        return self._descend(self.measurement.pin_rotations(R_world))

    def _descend(self, R: Tensor) -> Tensor:
        target_m = difference_positions(self.measurement.y_m)
        for _ in range(self.iterations):
            p_m = forward_kinematics(R, self.measurement.offsets_m)
            sensors_m = p_m[:, list(SENSOR_JOINTS)]
            residual = target_m - difference_positions(sensors_m)
            # The gradient of the misfit at head and hands; arms[m, j] is the vector from joint j to sensor m.
            force = torch.stack((residual.sum(dim=1), -residual[:, 0], -residual[:, 1]), dim=1)
            arms = (sensors_m[:, :, None] - p_m[:, None]) * self.carries[..., None]
            gradient = torch.linalg.cross(arms, force[:, :, None].expand_as(arms)).sum(dim=1)
            step = 0.5 / arms.square().sum(dim=(1, 2, 3)).clamp(min=1e-6)
            turn = rotvec_to_matrix(gradient * step[:, None, None])
            R = self.measurement.pin_rotations(_turn_subtrees(turn, R))
        return R


class MatrixPseudoinverseGuidance(Unguided):
    """Guide whole rotation matrices as the state (the paper's ablation "RoT"): y is linear in it, so D = Sigma = I."""

    def __init__(self, measurement: Measurement, denoiser: WindowedDenoiser, position_noise_ratio: float) -> None:
        super().__init__(measurement)
        self.denoiser = denoiser
        self.noise_variance = frames_first(difference_noise(measurement, position_noise_ratio))
        self.difference_kappa = measurement.kappa[:1] - measurement.kappa[1:]
        kappa = self.difference_kappa.flatten(1)
        self.covariance = torch.kron(kappa @ kappa.T, torch.eye(3, device=kappa.device))

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the estimate unchanged, and the shift that PiGDM adds to the sample."""
        w2 = sigma**2
        R = x_0.unflatten(-1, (3, 3)).transpose(-1, -2)
        residual = difference_positions(self.measurement.y_m) - rotated_chains(R, self.difference_kappa).sum(dim=-2)
        weights = torch.linalg.solve(w2 * self.covariance + self.noise_variance, residual.flatten(-2))
        # d positions / d R_j = kappa_j: column c of the cotangent is the force times component c of kappa.
        cotangent = torch.einsum("fma,mjc->fjca", weights.unflatten(-1, (2, 3)), self.difference_kappa).flatten(-2)
        gradient = self.denoiser.vector_jacobian_product(x_t, log_snr_of(alpha, sigma), cotangent)
        return GuidedEstimate(x_0, shift=alpha * w2 * gradient)


def _turn_subtrees(turn: Tensor, R: Tensor) -> Tensor:
    """Return global rotations (F, 22, 3, 3) after rotating every joint together with all joints below it."""
    carried: list[Tensor] = [turn[:, 0]]
    for joint in range(1, JOINT_COUNT):
        carried.append(carried[PARENTS[joint]] @ turn[:, joint])
    return torch.stack(carried, dim=1) @ R
