# SPDX-License-Identifier: Apache-2.0
"""The published guidance against posteriors that are known in closed form.

The prior is Gaussian with unit variance, so that the published ``w^2 = 1 - abar_t`` is the true variance of x_0 given
x_t and the denoiser's Jacobian is ``alpha I``. The posterior is computed from dense matrices in float64, with the root
as an unknown of its own, so that it shares nothing with the guidance but the body and the measurement.
"""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from inpose_core.body.kinematics import chain_offsets, position_operator, vectorize_rotations
from inpose_core.body.rotations import matrix_to_sixd, rotvec_to_matrix, sixd_to_raw_matrix
from inpose_core.body.skeleton import SENSOR_JOINTS, Skeleton
from inpose_core.numerics import Backend
from inpose_core.prior.schedule import NoiseSchedule, log_snr_of
from inpose_core.sampling import Measurement, sample_ddim
from inpose_core.sampling.estimate import Estimate
from inpose_core.sampling.guidance import GuidedEstimate
from inpose_core.sampling.pseudoinverse import PseudoinverseGuidance
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 5
NOISE_RATIO = 0.01
"""Position noise over the body's size."""
MEAN = matrix_to_sixd(torch.eye(3).expand(22, 3, 3))
SCHEDULE = NoiseSchedule()


class UnitGaussianDenoiser:
    """Return E[x_0 | x_t] for ``x_0 ~ N(MEAN, I)``, and its Jacobian's transpose times a vector."""

    def __call__(self, x_t: Tensor, log_snr: float) -> Estimate:
        alpha = torch.sigmoid(torch.tensor(log_snr)).sqrt()
        return Estimate(MEAN + alpha * (x_t - alpha * MEAN), x_t.new_full((len(x_t), 2), 0.5))

    def vector_jacobian_product(self, x_t: Tensor, log_snr: float, cotangent: Tensor) -> Tensor:
        return torch.sigmoid(torch.tensor(log_snr)).sqrt() * cotangent


def measured_body(depth_m: float) -> Measurement:
    """Return hands and head some centimetres from where a T-pose has them.

    Args:
        depth_m: spread of the bones' third coordinate, by which alone the positions are not linear in the 6D rotations.
    """
    body = Skeleton.template()
    motion = smooth_motion(FRAMES, body=body, swing=0.2)
    measurement = Measurement.from_sensors(perfect_sensors(motion), body, Backend("torch"))
    offsets_m = torch.cat((measurement.offsets_m[:, :2], depth_m * torch.randn(22, 1)), dim=1)
    rest_m = vectorize_rotations(torch.eye(3).expand(22, 3, 3)) @ position_operator(offsets_m, SENSOR_JOINTS).T
    y_m = rest_m.view(3, 3).T + torch.randn(FRAMES, 3, 3) * 0.03 + torch.randn(FRAMES, 1, 3)
    return replace(measurement, offsets_m=offsets_m, kappa=chain_offsets(offsets_m, SENSOR_JOINTS), y_m=y_m)


def posterior_mean(x_0: Tensor, measurement: Measurement, variance: float) -> Tensor:
    """Return E[x | y], (F, 22, 6), for ``x ~ N(x_0, variance I)`` and an unknown root; exact where D is linear."""
    A = position_operator(measurement.offsets_m.double(), SENSOR_JOINTS)
    # The operator's rows are coordinate first, as the measurement's transpose.
    root = torch.kron(torch.eye(3), torch.ones(3, 1)).double()
    noise_m = NOISE_RATIO * measurement.body_size_m
    unknown = 30.0**2 * root @ root.T + noise_m**2 * torch.eye(9)
    means = []
    for x, y_m in zip(x_0.double().flatten(1), measurement.y_m.double(), strict=True):

        def positions(flat: Tensor) -> Tensor:
            return A @ vectorize_rotations(sixd_to_raw_matrix(flat.view(22, 6)))

        H = torch.autograd.functional.jacobian(positions, x)
        innovation = y_m.T.flatten() - positions(x)
        means.append(x + variance * H.T @ torch.linalg.solve(variance * H @ H.T + unknown, innovation))
    return torch.stack(means).view(len(x_0), 22, 6)


def guided(measurement: Measurement, x_0: Tensor, alpha: float, sigma: float) -> Tensor:
    """Return the estimate of x_0 that the published push amounts to: ``x_0 + sigma^2 / alpha`` times the score."""
    x_t = alpha * MEAN + (x_0 - MEAN) / alpha
    denoiser = UnitGaussianDenoiser()
    torch.testing.assert_close(denoiser(x_t, log_snr_of(alpha, sigma)).x_0, x_0, atol=1e-5, rtol=0)
    estimate = PseudoinverseGuidance(measurement, denoiser, NOISE_RATIO).guide(x_0, x_t, alpha, sigma)
    torch.testing.assert_close(estimate.x_0, x_0)
    assert estimate.shift is not None
    # shift = alpha sigma^2 score, and Tweedie's formula adds sigma^2 / alpha score.
    return x_0 + estimate.shift / alpha**2


def relative_error(found: Tensor, exact: Tensor, start: Tensor) -> float:
    return float((found - exact).norm() / (exact - start).norm())


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.5, 0.9])
def test_the_guided_estimate_is_the_posterior_mean_where_the_pose_is_linear(sigma: float) -> None:
    torch.manual_seed(0)
    measurement, alpha = measured_body(depth_m=0.0), (1 - sigma**2) ** 0.5
    x_0 = MEAN + 0.3 * torch.randn(FRAMES, 22, 6)
    exact = posterior_mean(x_0, measurement, sigma**2)
    assert relative_error(guided(measurement, x_0, alpha, sigma), exact, x_0) < 2e-3


def test_the_guided_estimate_is_the_posterior_mean_of_small_turns_of_a_whole_body() -> None:
    """With the third column, D's covariance is Theorem 1's: to first order that of its linear part."""
    torch.manual_seed(0)
    measurement, sigma = measured_body(depth_m=0.3), 0.02
    x_0 = matrix_to_sixd(rotvec_to_matrix(0.5 * torch.randn(FRAMES, 22, 3)))
    exact = posterior_mean(x_0, measurement, sigma**2)
    assert relative_error(guided(measurement, x_0, (1 - sigma**2) ** 0.5, sigma), exact, x_0) < 2e-3


class WithoutTheFactor:
    """The published push without the ``w^2`` before the score: the literal reading of the paper's Algorithm 1."""

    def __init__(self, guidance: PseudoinverseGuidance) -> None:
        self.guidance = guidance

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        estimate = self.guidance.guide(x_0, x_t, alpha, sigma)
        assert estimate.shift is not None
        return GuidedEstimate(estimate.x_0, estimate.shift / sigma**2)

    def finish(self, R_world: Tensor) -> Tensor:
        return self.guidance.finish(R_world)


def test_sampling_as_published_nears_the_posterior_mean_and_diverges_without_w2() -> None:
    """The published step is shorter than Bayes' rule asks: it goes more than half of the way in any number of steps."""
    torch.manual_seed(0)
    measurement, denoiser = measured_body(depth_m=0.0), UnitGaussianDenoiser()
    published = PseudoinverseGuidance(measurement, denoiser, NOISE_RATIO)
    prior = MEAN.expand(FRAMES, 22, 6)
    exact = posterior_mean(prior, measurement, 1.0)
    noise, times = torch.zeros(FRAMES, 22, 6), SCHEDULE.times(50)
    error, literal_error = (
        relative_error(sample_ddim(denoiser, guidance, SCHEDULE, noise, times).x_0, exact, prior)
        for guidance in (published, WithoutTheFactor(published))
    )
    assert error < 0.5
    assert literal_error > 1000
