# SPDX-License-Identifier: Apache-2.0
"""Apply no guidance; the rivals' guidances build on this."""

from __future__ import annotations

from torch import Tensor

from ...sampling.guidance import GuidedEstimate
from ...sampling.measurement import Measurement


class Unguided:
    """Leave the network's estimate unchanged, and put the measured rotations back at the end."""

    def __init__(self, measurement: Measurement) -> None:
        self.measurement = measurement

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate unchanged."""
        return GuidedEstimate(x_0)

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the rotations with the measured ones put back."""
        return self.measurement.pin_rotations(R_world)
