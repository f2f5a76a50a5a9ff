# SPDX-License-Identifier: Apache-2.0
"""Sample rotations from the posterior, guided in every step: DDIM, and a second-order multistep solver.

All samplers have one signature. The guided estimate of x_0 is what they integrate, so any guidance works with any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ..arrays import FloatArray
from ..numerics import Array
from ..options.solve import SamplerName
from ..prior.schedule import NoiseSchedule
from .estimate import Denoiser, Estimate, Sample
from .guidance import Guidance

StepCallback = Callable[[int, int], None]
"""Called before each step with its number and the number of steps; may raise to cancel."""

Sampler = Callable[[Denoiser, Guidance, NoiseSchedule, Array, FloatArray, StepCallback | None], Sample]


def sample_ddim(
    denoise: Denoiser,
    guidance: Guidance,
    schedule: NoiseSchedule,
    noise: Array,
    times: FloatArray,
    on_step: StepCallback | None = None,
) -> Sample:
    """Return a guided sample of x_0.

    Algorithm 1 of the paper with DDIM (Song et al. 2021, eta = 0): from x_t estimate x_0, guide it, and go to the next
    noise level ``x_s = alpha_s x_0 + sigma_s eps`` with the noise ``eps = (x_t - alpha_t x_0) / sigma_t`` that x_0
    leaves over.

    Args:
        denoise: the prior.
        guidance: the likelihood.
        schedule: the noise schedule that the prior was trained on.
        noise: x_T, (F, 22, 6) standard normal.
        times: the diffusion time of each denoising step, falling, and 0 at the end (`NoiseSchedule.times`).
        on_step: progress; raises to cancel.
    """
    return _integrate(denoise, guidance, schedule, noise, times, on_step, second_order=False)


def sample_dpmpp_2m(
    denoise: Denoiser,
    guidance: Guidance,
    schedule: NoiseSchedule,
    noise: Array,
    times: FloatArray,
    on_step: StepCallback | None = None,
) -> Sample:
    """Return a guided sample of x_0 by DPM-Solver++(2M) (Lu et al. 2023); arguments as `sample_ddim`.

    DDIM with the estimate extrapolated along ``lambda = log(alpha / sigma)`` from the last two.
    """
    return _integrate(denoise, guidance, schedule, noise, times, on_step, second_order=True)


SAMPLERS: Final[Mapping[SamplerName, Sampler]] = {"ddim": sample_ddim, "dpmpp_2m": sample_dpmpp_2m}


def _integrate(
    denoise: Denoiser,
    guidance: Guidance,
    schedule: NoiseSchedule,
    noise: Array,
    times: FloatArray,
    on_step: StepCallback | None,
    *,
    second_order: bool,
) -> Sample:
    alphas, sigmas = schedule.alpha(times).tolist(), schedule.sigma(times).tolist()
    levels = schedule.log_snr(times[:-1]).tolist()
    # x_T is the noise alone: at the highest noise of the schedule the data's share, alpha, is next to nothing.
    x_t = sigmas[0] * noise
    x_0, before = x_t, None
    looks: list[Estimate] = []  # the first and the last
    for step, log_snr in enumerate(levels):
        if on_step is not None:
            on_step(step, len(levels))
        alpha_t, sigma_t = alphas[step], sigmas[step]
        looks = [*looks[:1], denoise(x_t, log_snr)]
        estimate = guidance.guide(looks[-1].x_0, x_t, alpha_t, sigma_t)
        x_0 = towards = estimate.x_0
        last = step == len(levels) - 1
        # The last step ends at x_0 itself, which is not to be extrapolated.
        if second_order and before is not None and not last:
            h, h_before = (levels[step + 1] - log_snr) / 2, (log_snr - levels[step - 1]) / 2
            towards = x_0 + h / (2 * h_before) * (x_0 - before)
        before = x_0
        eps = (x_t - alpha_t * towards) / sigma_t
        x_t = alphas[step + 1] * towards + sigmas[step + 1] * eps
        if estimate.shift is not None:
            x_t = x_t + estimate.shift
            x_0 = x_t  # the last x_s of the schedule is x_0 itself, shift included
    return Sample(x_0, first=looks[0], last=looks[-1])
