# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inpose_core.body.kinematics import chain_offsets, rotated_chains, tangent_covariance
from inpose_core.body.rotations import (
    geodesic_angle,
    matrix_to_rotvec,
    matrix_to_sixd,
    quaternion_wxyz_to_matrix,
    rotvec_to_matrix,
    sixd_to_matrix,
)
from inpose_core.body.skeleton import SENSOR_JOINTS, Skeleton
from inpose_core.numerics import Backend, frames_last
from inpose_core.options.solve import SamplerName
from inpose_core.prior.checkpoint import Prior
from inpose_core.prior.conditioning import CONDITION_SIZE
from inpose_core.prior.network import NetworkConfig
from inpose_core.prior.schedule import NoiseSchedule
from inpose_core.prior.uncertainty import Uncertainty
from inpose_core.sampling import SAMPLERS, Measurement, WindowedDenoiser, Windows, sample_ddim
from inpose_core.sampling.differences import difference_noise
from inpose_core.sampling.estimate import Denoiser, Estimate
from inpose_core.sampling.guidance import GuidedEstimate, NoGuidance
from inpose_core.sampling.tangent_guidance import TangentGuidance
from inpose_core.training.module import TrainableTransformer
from tests.core.synthetic import perfect_sensors, smooth_motion

CPU = Backend("torch")


class LinearGuidance:
    """Condition a Gaussian estimate with known covariance on ``y = H x`` + noise, exactly."""

    def __init__(self, H: Tensor, y: Tensor, noise: float, posterior_variance: Callable[[float, float], float]) -> None:
        self.H, self.y, self.noise, self.posterior_variance = H, y, noise, posterior_variance

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        W = self.posterior_variance(alpha, sigma)
        flat = x_0.flatten(1)
        gain = W * self.H.T @ torch.linalg.inv(W * self.H @ self.H.T + self.noise**2 * torch.eye(len(self.y)))
        return GuidedEstimate((flat + (self.y - flat @ self.H.T) @ gain.T).view_as(x_0))

    def finish(self, R_world: Tensor) -> Tensor:
        return R_world


@pytest.mark.parametrize(
    ("sampler", "steps", "lost_spread"), [("ddim", 10, 0.3), ("ddim", 100, 0.05), ("dpmpp_2m", 10, 0.15)]
)
def test_samplers_on_a_gaussian_prior_have_the_exact_posterior(
    sampler: SamplerName, steps: int, lost_spread: float
) -> None:
    """Frames are independent samples of one Gaussian; in opposite pairs, so that their mean has no sampling error."""
    torch.manual_seed(0)
    schedule, s, noise_sd = NoiseSchedule(), 0.3, 0.05
    mean = torch.randn(22, 6) * 0.2
    H = torch.randn(8, 132) / 12
    y = torch.randn(8) * 0.3
    x_T = torch.randn(1000, 22, 6)
    guidance = LinearGuidance(H, y, noise_sd, lambda alpha, sigma: toy_posterior_variance(s, alpha, sigma))
    noise, times = torch.cat((x_T, -x_T)), schedule.times(steps)
    x_0 = SAMPLERS[sampler](toy_denoiser(mean, s), guidance, schedule, noise, times, None).x_0.flatten(1)

    gain = s**2 * H.T @ torch.linalg.inv(s**2 * H @ H.T + noise_sd**2 * torch.eye(8))
    exact = mean.flatten() + gain @ (y - H @ mean.flatten())
    assert float((x_0.mean(0) - exact).norm() / (exact - mean.flatten()).norm()) < 0.05
    unguided_directions = torch.linalg.svd(H).Vh[8:]
    # Few DDIM steps lean towards the mean.
    assert s * (1 - lost_spread) < float((x_0 @ unguided_directions.T).std(dim=0).mean()) < s * 1.02


def toy_posterior_variance(s: float, alpha: float, sigma: float) -> float:
    """Return Var[x_0 | x_t] for x_0 of standard deviation s."""
    return s**2 * sigma**2 / (alpha**2 * s**2 + sigma**2)


def unsure(x_0: Tensor) -> Estimate:
    """Return an estimate that knows nothing of the feet."""
    return Estimate(x_0, x_0.new_full((len(x_0), 2), 0.5))


def toy_denoiser(mean: Tensor, s: float) -> Denoiser:
    """Return E[x_0 | x_t] for x_0 ~ N(mean, s^2 I)."""

    def denoise(x_t: Tensor, log_snr: float) -> Estimate:
        alpha2 = torch.sigmoid(torch.tensor(log_snr))
        return unsure(mean + s**2 * alpha2.sqrt() / (alpha2 * s**2 + 1 - alpha2) * (x_t - alpha2.sqrt() * mean))

    return denoise


def toy_measurement(shift_m: float = 0.02) -> Measurement:
    body = Skeleton.template()
    measurement = Measurement.from_sensors(perfect_sensors(smooth_motion(1, body=body, swing=0.2)), body, CPU)
    torch.manual_seed(3)
    return replace(measurement, y_m=measurement.y_m + shift_m * torch.randn(1, 3, 3))


def test_tangent_guidance_on_a_gaussian_prior_has_the_exact_posterior_mean() -> None:
    """The default algorithm with a perfect denoiser of narrow Gaussian rotations, against the linear posterior."""
    torch.manual_seed(0)
    schedule, s, frames = NoiseSchedule(), 0.05, 1500
    identity = torch.eye(3).expand(frames, 22, 3, 3)
    single = toy_measurement()
    v = rotated_chains(identity[:1], single.kappa[:1] - single.kappa[1:])
    y = v.sum(-2) + 0.01 * torch.randn(1, 2, 3)
    measurement = replace(
        single,
        y_m=torch.cat((torch.zeros(1, 1, 3), -y), dim=1).expand(frames, 3, 3),
        R_world_sensor=identity[:, :3],
        measured=torch.ones(frames, 3, dtype=torch.bool),
    )
    levels = schedule.log_snr(schedule.times(40)[:-1])
    alpha2 = torch.sigmoid(torch.from_numpy(levels)).float()
    exact_variance = s**2 * (1 - alpha2) / (alpha2 * s**2 + 1 - alpha2)
    guidance = TangentGuidance(
        measurement, Uncertainty(levels, exact_variance[:, None].repeat(1, 22)), position_noise_ratio=0.002
    )
    x_T = torch.randn(frames // 2, 22, 6)
    denoise = toy_denoiser(matrix_to_sixd(identity[0]), s)
    x_0 = sample_ddim(denoise, guidance, schedule, torch.cat((x_T, -x_T)), schedule.times(20)).x_0

    omega = matrix_to_rotvec(sixd_to_matrix(x_0)).mean(dim=0)
    covariance = tangent_covariance(frames_last(v), torch.full((22,), s**2)) + difference_noise(single, 0.002)
    weights = torch.linalg.solve(covariance[..., 0], (y - v.sum(-2)).flatten()).unflatten(-1, (2, 3))
    exact = s**2 * torch.linalg.cross(v[0], weights[:, None].expand_as(v[0])).sum(0)
    unmeasured = [j for j in range(22) if j not in SENSOR_JOINTS]
    assert float((omega - exact)[unmeasured].norm() / exact[unmeasured].norm()) < 0.06


def test_both_samplers_take_the_same_first_and_last_steps() -> None:
    """With two steps nothing can be extrapolated; with a denoiser that is certain there is nothing to."""
    schedule, mean = NoiseSchedule(), torch.randn(22, 6, generator=torch.Generator().manual_seed(0))
    guidance = LinearGuidance(torch.zeros(1, 132), torch.zeros(1), 1.0, lambda *_: 1.0)
    noise = torch.randn(5, 22, 6, generator=torch.Generator().manual_seed(1))
    for denoise, steps in ((toy_denoiser(mean, 0.3), 2), (lambda x_t, _: unsure(mean.expand_as(x_t)), 9)):
        plain, second = (
            sample(denoise, guidance, schedule, noise, schedule.times(steps), None).x_0 for sample in SAMPLERS.values()
        )
        torch.testing.assert_close(plain, second, atol=1e-5, rtol=0)


def test_informative_times_fall_from_pure_noise_to_nothing() -> None:
    schedule = NoiseSchedule()
    for steps in (1, 2, 3, 8, 50):
        times = schedule.informative_times(steps)
        assert len(times) == steps + 1
        assert float(times[0]) == pytest.approx(schedule.t_max)
        assert float(times[-1]) == 0
        assert bool((times[1:] < times[:-1]).all())


def test_finishing_meets_the_measured_positions() -> None:
    motion = smooth_motion(50)
    measurement = Measurement.from_sensors(perfect_sensors(motion), motion.skeleton, CPU)
    uncertainty = Uncertainty(np.array([-1.0, 1.0]), torch.full((2, 22), 0.02))
    guidance = TangentGuidance(measurement, uncertainty, position_noise_ratio=0.002)
    other = smooth_motion(50, seed=1)
    start = measurement.pin_rotations(quaternion_wxyz_to_matrix(torch.tensor(other.rotations_wxyz).float()))
    for _ in range(3):
        start = guidance.finish(start)
    met = rotated_chains(start, (measurement.kappa[:1] - measurement.kappa[1:])).sum(-2)
    wanted = measurement.y_m[:, :1] - measurement.y_m[:, 1:]
    assert float((met - wanted).norm(dim=-1).mean()) < 0.005


def test_tangent_step_is_the_posterior_mean_of_rotations() -> None:
    """One correction against importance sampling of the true posterior on the manifold, 3 degrees of prior spread."""
    torch.manual_seed(1)
    measurement = toy_measurement(shift_m=0.03)
    s = torch.tensor(3.0 * torch.pi / 180)
    uncertainty = Uncertainty(np.array([-1.0, 1.0]), (s**2).expand(2, 22).clone())
    guidance = TangentGuidance(measurement, uncertainty, position_noise_ratio=0.0066)
    R_hat = torch.eye(3).expand(1, 22, 3, 3).contiguous()
    measurement_mean = rotated_chains(R_hat, (measurement.kappa[:1] - measurement.kappa[1:])).sum(-2)
    y = measurement_mean + 0.02 * torch.randn(1, 2, 3)
    shifted = replace(measurement, y_m=torch.cat((torch.zeros(1, 1, 3), -y), dim=1))
    guidance = TangentGuidance(shifted, uncertainty, position_noise_ratio=0.0066)
    moved = matrix_to_rotvec(guidance.correct(R_hat, 0.0))[0]

    omega = s * torch.randn(200_000, 22, 3)
    predicted = (
        rotated_chains(rotvec_to_matrix(omega), (measurement.kappa[:1] - measurement.kappa[1:])).sum(-2).flatten(1)
    )
    error = (predicted - y.flatten()).double()
    precision = torch.linalg.inv(difference_noise(shifted, 0.0066)[..., 0].double())
    log_weight = -0.5 * torch.einsum("na,ab,nb->n", error, precision, error)
    weight = torch.softmax(log_weight, 0).float()
    assert float(1 / weight.square().sum()) > 100  # enough effective samples to compare with
    exact = (weight[:, None, None] * omega).sum(0)
    carried = (measurement.kappa[:1] - measurement.kappa[1:]).norm(dim=-1).sum(0) > 0
    a, b = moved[carried].flatten(), exact[carried].flatten()
    assert float(torch.dot(a, b) / (a.norm() * b.norm())) > 0.9
    assert float(a.norm() / b.norm()) == pytest.approx(1.0, abs=0.2)


def test_unmeasured_devices_weigh_nothing() -> None:
    measurement = toy_measurement()
    lost = replace(measurement, measured=torch.tensor([[True, False, True]]))
    uncertainty = Uncertainty(np.array([-1.0, 1.0]), torch.full((2, 22), 0.02))
    wild = replace(lost, y_m=lost.y_m + torch.tensor([0.0, 0.5, 0.0])[None, :, None])
    identity = torch.eye(3).expand(1, 22, 3, 3).contiguous()
    calm = TangentGuidance(lost, uncertainty, 0.002).correct(identity, 0.0)
    shaken = TangentGuidance(wild, uncertainty, 0.002).correct(identity, 0.0)
    assert float(torch.rad2deg(geodesic_angle(calm, shaken)).max()) < 0.1


def test_measured_rotations_are_pinned() -> None:
    measurement = toy_measurement()
    pinned = measurement.pin_rotations(torch.eye(3).expand(1, 22, 3, 3).contiguous())
    torch.testing.assert_close(pinned[:, list(SENSOR_JOINTS)], measurement.R_world_sensor)
    estimate = NoGuidance(measurement).guide(matrix_to_sixd(pinned), pinned, 0.5, 0.5)
    torch.testing.assert_close(sixd_to_matrix(estimate.x_0), pinned, atol=1e-5, rtol=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.sampled_from([(16, 12), (128, 96), (8, 2)]), st.booleans())
def test_windows_cover_every_frame_with_weights_that_sum_to_one(
    frames: int, shape: tuple[int, int], shared: bool
) -> None:
    window, stride = shape
    windows = Windows.cover(frames, window, stride)
    total = np.zeros(frames)
    for part in windows.split(shared=shared):
        windows.add(total, np.ones(windows.index[part].shape), part)
    np.testing.assert_allclose(total, 1.0)
    if frames > window:
        assert (windows.index[:, 1:] - windows.index[:, :-1] == 1).all()


@pytest.mark.parametrize(
    ("windows", "parts", "largest"), [(1, 1, 2), (3, 2, 2), (19, 10, 2), (100, 15, 7), (188, 16, 12), (1125, 71, 16)]
)
def test_cores_get_several_parts_of_short_recordings(windows: int, parts: int, largest: int) -> None:
    cover = Windows.cover(8 + 6 * (windows - 1), 8, 6)
    assert len(cover) == windows
    split = cover.split(shared=True)
    assert len(split) == parts
    assert split[0] == slice(0, largest)
    assert len(cover.split(shared=False)) == -(-windows // 64)


def small_prior() -> Prior:
    torch.manual_seed(0)
    config = NetworkConfig(CONDITION_SIZE, window=16, frames_per_token=4, width=32, depth=2, heads=2, dropout=0.0)
    module = TrainableTransformer(config)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    uncertainty = Uncertainty(np.array([-4.0, 4.0]), torch.full((2, 22), 0.03))
    return Prior(module.network(), NoiseSchedule(), uncertainty, {})


def test_vector_jacobian_product_equals_backpropagation_through_everything() -> None:
    prior = small_prior()
    motion = smooth_motion(40)
    measurement = Measurement.from_sensors(perfect_sensors(motion), motion.skeleton, CPU)
    denoiser = WindowedDenoiser.for_sensors(prior, measurement.scale_free(use_head_motion=True), 60.0)
    x_t, cotangent = torch.randn(40, 22, 6), torch.randn(40, 22, 6)
    gradient = denoiser.vector_jacobian_product(x_t, 0.3, cotangent)
    direction = torch.randn_like(x_t)
    step = 1e-2
    above, below = (denoiser(x_t + sign * step * direction, 0.3) for sign in (1, -1))
    numeric = ((above.x_0 - below.x_0) * cotangent).sum() / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(float(numeric), rel=0.02)


def test_chain_offsets_scale_with_the_body() -> None:
    offsets_m = torch.tensor(Skeleton.template().offsets_m)
    torch.testing.assert_close(2 * chain_offsets(offsets_m, SENSOR_JOINTS), chain_offsets(2 * offsets_m, SENSOR_JOINTS))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sample_holds_the_first_and_the_last_look(sampler: str) -> None:
    schedule, seen = NoiseSchedule(), []

    def denoise(x_t: Tensor, log_snr: float) -> Estimate:
        seen.append(unsure(x_t * 0))
        return seen[-1]

    guidance = LinearGuidance(torch.zeros(1, 132), torch.zeros(1), 1.0, lambda *_: 1.0)
    drawn = SAMPLERS[sampler](denoise, guidance, schedule, torch.randn(3, 22, 6), schedule.times(4), None)
    assert len(seen) == 4
    assert drawn.first is seen[0]
    assert drawn.last is seen[-1]
