# SPDX-License-Identifier: Apache-2.0
"""Define the variance-preserving noise schedule: ``x_t = alpha x_0 + sigma eps`` with ``alpha^2 + sigma^2 = 1``.

``t`` runs from 0 (clean) to 1 (noise); ``alpha = sqrt(abar_t)``. The cosine schedule (Nichol & Dhariwal 2021) in
continuous time; its log signal-to-noise ratio is ``-2 log tan(pi t / 2)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_SMALLEST_T = 2e-3
_LARGEST_T = 0.99
_INFORMATIVE_LOG_SNR = (-1.0, 7.0)


@dataclass(frozen=True)
class NoiseSchedule:
    """Give ``alpha``, ``sigma`` and the log signal-to-noise ratio of every diffusion time."""

    t_min: float = _SMALLEST_T
    t_max: float = _LARGEST_T

    def alpha(self, t: Tensor) -> Tensor:
        """Return sqrt(abar_t)."""
        return torch.cos(t * (math.pi / 2))

    def sigma(self, t: Tensor) -> Tensor:
        """Return sqrt(1 - abar_t)."""
        return torch.sin(t * (math.pi / 2))

    def log_snr(self, t: Tensor) -> Tensor:
        """Return ``log(alpha^2 / sigma^2)``."""
        return -2.0 * torch.log(torch.tan(t * (math.pi / 2)))

    def times(self, steps: int) -> Tensor:
        """Return ``steps`` diffusion times from noise to almost clean, evenly spaced, followed by 0; (steps + 1,)."""
        grid = torch.linspace(self.t_max, self.t_min, steps + 1)[:-1] if steps > 1 else torch.tensor([self.t_max])
        return torch.cat((grid, torch.zeros(1)))

    def informative_times(self, steps: int) -> Tensor:
        """Return pure noise, then ``steps - 1`` times evenly spaced in log SNR, followed by 0; (steps + 1,).

        A few steps do most where the estimate gains most: where the condition has told what it can, and x_t tells more.
        """
        levels = torch.linspace(*_INFORMATIVE_LOG_SNR, steps + 1)[1:-1]
        times = (2 / math.pi) * torch.atan(torch.exp(-levels / 2))
        return torch.cat((torch.tensor([self.t_max]), times, torch.zeros(1)))


def log_snr_of(alpha: float, sigma: float) -> float:
    """Return ``log(alpha^2 / sigma^2)`` of a noise level."""
    return 2 * math.log(alpha / sigma)
