# SPDX-License-Identifier: Apache-2.0
"""Sample rotations from the posterior by DDIM (Song et al. 2021), guided in every step."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..prior.schedule import NoiseSchedule
from .guidance import Guidance

Denoiser = Callable[[Tensor, float], Tensor]
"""Estimate x_0 (F, 22, 6) from x_t (F, 22, 6) and the log signal-to-noise ratio."""

StepCallback = Callable[[int, int], None]
"""Called before each step with its number and the number of steps; may raise to cancel."""


def sample_posterior(
    denoise: Denoiser,
    guidance: Guidance,
    schedule: NoiseSchedule,
    noise: Tensor,
    times: Tensor,
    on_step: StepCallback | None = None,
) -> Tensor:
    """Return a guided sample of x_0: 6D rotations in the world, (F, 22, 6).

    Algorithm 1 of the paper with DDIM (eta = 0): from x_t estimate x_0, guide it, and go to the next noise level
    ``x_s = alpha_s x_0 + sigma_s eps`` with the noise ``eps = (x_t - alpha_t x_0) / sigma_t`` that x_0 leaves over.

    Args:
        denoise: the prior.
        guidance: the likelihood.
        schedule: the noise schedule that the prior was trained on.
        noise: x_T, (F, 22, 6) standard normal.
        times: the diffusion time of each denoising step, falling, and 0 at the end (`NoiseSchedule.times`).
        on_step: progress; raises to cancel.
    """
    alphas, sigmas = schedule.alpha(times).tolist(), schedule.sigma(times).tolist()
    levels = schedule.log_snr(times[:-1]).tolist()
    # x_T is the noise alone: at the highest noise of the schedule the data's share, alpha, is next to nothing.
    x_t = sigmas[0] * noise
    x_0 = x_t
    for step, log_snr in enumerate(levels):
        if on_step is not None:
            on_step(step, len(levels))
        alpha_t, sigma_t = alphas[step], sigmas[step]
        estimate = guidance.guide(denoise(x_t, log_snr), x_t, alpha_t, sigma_t)
        x_0 = estimate.x_0
        eps = (x_t - alpha_t * x_0) / sigma_t
        x_t = alphas[step + 1] * x_0 + sigmas[step + 1] * eps
        if estimate.shift is not None:
            x_t = x_t + estimate.shift
            x_0 = x_t  # the last x_s of the schedule is x_0 itself, shift included
    return x_0
