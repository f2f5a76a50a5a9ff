# SPDX-License-Identifier: Apache-2.0
"""Choose a guidance by its name."""

from __future__ import annotations

from ..options.solve import GuidanceName
from ..prior.uncertainty import Uncertainty
from .floor import FloorLikelihood
from .guidance import Guidance, NoGuidance
from .measurement import Measurement
from .pseudoinverse import PseudoinverseGuidance
from .tangent_guidance import FINAL_ITERATIONS, TangentGuidance
from .windows import WindowedDenoiser


def make_guidance(
    name: GuidanceName,
    measurement: Measurement,
    uncertainty: Uncertainty,
    denoiser: WindowedDenoiser,
    position_noise_ratio: float,
    use_floor: bool = True,
    final_iterations: int = FINAL_ITERATIONS,
) -> Guidance:
    """Build a guidance by name.

    Args:
        name: which likelihood and algorithm.
        measurement: what was measured, on which body.
        uncertainty: the variance of the denoiser's estimates.
        denoiser: for the algorithms that backpropagate through it.
        position_noise_ratio: the positions' standard deviation over the body size.
        use_floor: use the floor as a measurement (tangent guidance only), if the recording's heights count from it.
        final_iterations: of the tangent form's last corrections.
    """
    if name == "tangent":
        floor = FloorLikelihood(measurement) if use_floor and measurement.floor_known else None
        return TangentGuidance(measurement, uncertainty, position_noise_ratio, floor, final_iterations)
    if name == "pigdm":
        return PseudoinverseGuidance(measurement, denoiser, position_noise_ratio)
    return NoGuidance(measurement)
