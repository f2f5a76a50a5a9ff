# SPDX-License-Identifier: Apache-2.0
"""Define the variance-preserving noise schedule: ``x_t = alpha x_0 + sigma eps`` with ``alpha^2 + sigma^2 = 1``.

``t`` runs from 0 (clean) to 1 (noise); ``alpha = sqrt(abar_t)``. The cosine schedule (Nichol & Dhariwal 2021) in
continuous time; its log signal-to-noise ratio is ``-2 log tan(pi t / 2)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..numerics import Array, namespace_of

_SMALLEST_T = 2e-3
_LARGEST_T = 0.99
_INFORMATIVE_LOG_SNR = (-1.0, 7.0)


@dataclass(frozen=True)
class NoiseSchedule:
    """Give ``alpha``, ``sigma`` and the log signal-to-noise ratio of every diffusion time."""

    t_min: float = _SMALLEST_T
    t_max: float = _LARGEST_T

    def alpha(self, t: Array) -> Array:
        """Return sqrt(abar_t)."""
        return namespace_of(t).cos(t * (math.pi / 2))

    def sigma(self, t: Array) -> Array:
        """Return sqrt(1 - abar_t)."""
        return namespace_of(t).sin(t * (math.pi / 2))

    def log_snr(self, t: Array) -> Array:
        """Return ``log(alpha^2 / sigma^2)``."""
        xp = namespace_of(t)
        return -2.0 * xp.log(xp.tan(t * (math.pi / 2)))

    @property
    def pure_noise_log_snr(self) -> float:
        """Return the log signal-to-noise ratio at which sampling begins."""
        return float(self.log_snr(np.float64(self.t_max)))

    def times(self, steps: int) -> FloatArray:
        """Return ``steps`` diffusion times from noise to almost clean, evenly spaced, followed by 0; (steps + 1,)."""
        grid = np.linspace(self.t_max, self.t_min, steps + 1)[:-1] if steps > 1 else np.array([self.t_max])
        return np.append(grid, 0.0)

    def informative_times(self, steps: int) -> FloatArray:
        """Return pure noise, then ``steps - 1`` times evenly spaced in log SNR, followed by 0; (steps + 1,).

        A few steps are most useful at the noise levels where x_t adds most to the information in the condition.
        """
        levels = np.linspace(*_INFORMATIVE_LOG_SNR, steps + 1)[1:-1]
        times = (2 / math.pi) * np.arctan(np.exp(-levels / 2))
        return np.concatenate(([self.t_max], times, [0.0]))


def log_snr_of(alpha: float, sigma: float) -> float:
    """Return ``log(alpha^2 / sigma^2)`` of a noise level."""
    return 2 * math.log(alpha / sigma)
