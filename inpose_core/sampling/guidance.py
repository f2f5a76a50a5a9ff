# SPDX-License-Identifier: Apache-2.0
"""Guide the denoised pose by a measurement: the interface for the sampler, and a guidance that does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..body.rotations import matrix_to_sixd, sixd_to_matrix
from ..numerics import Array
from .measurement import Measurement


@dataclass(frozen=True)
class GuidedEstimate:
    """Hold the result of guidance in one denoising step."""

    x_0: Array
    """(F, 22, 6) estimate that the sampler continues with."""
    shift: Array | None = None
    """(F, 22, 6) to add to the next x_s, for algorithms that push the sample instead of the estimate."""


class Guidance(Protocol):
    """Turn a denoised estimate into one that agrees with the measurement."""

    def guide(self, x_0: Array, x_t: Array, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the guided estimate.

        Args:
            x_0: denoised 6D rotations in the world, (F, 22, 6).
            x_t: the noisy sample that they come from, (F, 22, 6).
            alpha: sqrt(abar_t).
            sigma: sqrt(1 - abar_t).
        """
        ...

    def finish(self, R_world: Array) -> Array:
        """Return the last estimate, (F, 22, 3, 3), after corrections that bring it as close to the measurement as
        possible."""
        ...


class NoGuidance:
    """Use the prior alone, with the measured rotations: the ablation without positions."""

    def __init__(self, measurement: Measurement) -> None:
        self.measurement = measurement

    def guide(self, x_0: Array, x_t: Array, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate as it is, on the manifold, with the measured rotations."""
        return GuidedEstimate(matrix_to_sixd(self.measurement.pin_rotations(sixd_to_matrix(x_0))))

    def finish(self, R_world: Array) -> Array:
        """Return the rotations with the measured ones in their place."""
        return self.measurement.pin_rotations(R_world)
