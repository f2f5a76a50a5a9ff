# SPDX-License-Identifier: Apache-2.0
"""Guide by nothing: what the rivals' guidances have in common."""

from __future__ import annotations

from torch import Tensor

from ...sampling.guidance import GuidedEstimate
from ...sampling.measurement import Measurement


class Unguided:
    """Leave a network alone, whose condition may hold the positions; the measured rotations are put back at the end."""

    def __init__(self, measurement: Measurement) -> None:
        self.measurement = measurement

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate as it is."""
        return GuidedEstimate(x_0)

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the rotations with the measured ones in their place."""
        return self.measurement.pin_rotations(R_world)
