# SPDX-License-Identifier: Apache-2.0
"""Guide as the paper has it: pseudoinverse guidance with the closed form of its Theorem 1, by backpropagation."""

from __future__ import annotations

from ..body.kinematics import rotated_chains
from ..body.rotations import sixd_to_raw_matrix, skew
from ..numerics import Array, frames_first, frames_last, namespace_of, solve_positive_definite
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

    def guide(self, x_0: Array, x_t: Array, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the estimate unchanged, and the shift that the published algorithm adds to the sample."""
        w2 = sigma**2
        xp = namespace_of(x_0)
        D = sixd_to_raw_matrix(x_0)
        residual_m = difference_positions(self.measurement.y_m) - self._differences_m(x_0)
        covariance = w2 * raw_covariance(D, self.difference_kappa, w2)
        rows_m = frames_last(residual_m.reshape(len(residual_m), -1))
        weights = frames_first(solve_positive_definite(frames_last(covariance) + self.noise_variance, rows_m))
        cotangent = xp.vector_jacobian_product(self._differences_m, x_0, weights.reshape(residual_m.shape))
        gradient = self.denoiser.vector_jacobian_product(x_t, log_snr_of(alpha, sigma), cotangent)
        return GuidedEstimate(x_0, shift=alpha * w2 * gradient)

    def _differences_m(self, x_0: Array) -> Array:
        return rotated_chains(sixd_to_raw_matrix(x_0), self.difference_kappa).sum(axis=-2)

    def finish(self, R_world: Array) -> Array:
        """Return the rotations with the measured ones in their place; the paper does no more."""
        return self.measurement.pin_rotations(R_world)


def raw_covariance(D: Array, kappa: Array, w2: float) -> Array:
    """Return ``A Sigma A^T``, (F, 3 M, 3 M), of ``D(r) = [a, b, a x b]`` with ``r ~ N(r_hat, w^2 I)``.

    The exact covariance of D over w^2 (paper, Theorem 1), where a and b are orthonormal and c = a x b:
    ``[[I, 0, [b]x], [0, I, -[a]x], [-[b]x, [a]x, 2 I - a a^T - b b^T + 2 w^2 I]]``.
    """
    xp = namespace_of(D)
    a, b = D[..., 0], D[..., 1]
    k1, k2, k3 = kappa[..., 0], kappa[..., 1], kappa[..., 2]
    eye = xp.eye(3, D)
    third = (2 + 2 * w2) * eye - a[..., :, None] * a[..., None, :] - b[..., :, None] * b[..., None, :]
    plain = xp.einsum("mj,nj->mn", k1, k1) + xp.einsum("mj,nj->mn", k2, k2)
    cross_b = xp.einsum("mj,nj->mnj", k1, k3) - xp.einsum("mj,nj->mnj", k3, k1)
    cross_a = xp.einsum("mj,nj->mnj", k2, k3) - xp.einsum("mj,nj->mnj", k3, k2)
    blocks = (
        plain[:, :, None, None] * eye
        + xp.einsum("mnj,fjab->fmnab", xp.einsum("mj,nj->mnj", k3, k3), third)
        + xp.einsum("mnj,fjab->fmnab", cross_b, skew(b))
        - xp.einsum("mnj,fjab->fmnab", cross_a, skew(a))
    )
    size = 3 * len(kappa)
    return blocks.swapaxes(2, 3).reshape(-1, size, size)
