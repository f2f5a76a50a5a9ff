# SPDX-License-Identifier: Apache-2.0
"""Hold the results of a denoiser and of a sampler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..numerics import Array


@dataclass(frozen=True)
class Estimate:
    """Hold one estimate of the prior for a whole recording."""

    x_0: Array
    """(F, 22, 6) denoised 6D rotations in the world."""
    contact: Array
    """(F, 2) probability that the left and the right foot stand."""
    feet: Array | None = None
    """(F, 4, 3) ankles and toes as `prior.feet.feet_places` has them, along the world's axes; None if the prior does
    not return them."""


Denoiser = Callable[[Array, float], Estimate]
"""Estimate x_0 from x_t (F, 22, 6) and the log signal-to-noise ratio."""


@dataclass(frozen=True)
class Sample:
    """Hold a sample of the posterior, with the first and the last estimate of the prior."""

    x_0: Array
    """(F, 22, 6) guided 6D rotations in the world."""
    first: Estimate
    """The prior's estimate from almost pure noise: it depends on the condition alone."""
    last: Estimate
    """The prior's estimate in the last step."""
