# SPDX-License-Identifier: Apache-2.0
"""Sample the posterior of the pose: windows, guidance, sampler."""

from .by_name import GUIDANCE_NAMES, GuidanceName, make_guidance
from .guidance import Guidance
from .measurement import Measurement
from .sampler import sample_posterior
from .smoothing import smooth_in_time
from .steadying import steady_positions
from .windows import WindowedDenoiser, Windows

__all__ = [
    "GUIDANCE_NAMES",
    "Guidance",
    "GuidanceName",
    "Measurement",
    "WindowedDenoiser",
    "Windows",
    "make_guidance",
    "sample_posterior",
    "smooth_in_time",
    "steady_positions",
]
