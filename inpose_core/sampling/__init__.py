# SPDX-License-Identifier: Apache-2.0
"""Sample the posterior of the pose: windows, guidance, sampler."""

from .by_name import make_guidance
from .confidence import confidence
from .elbow_swivel import swivel_solved_elbows
from .gaps import smooth_between_gaps
from .guidance import Guidance
from .in_pieces import in_pieces
from .lost_head import place_lost_head
from .measurement import Measurement
from .mirroring import MirroredDenoiser
from .refinement import refine
from .sampler import SAMPLERS, sample_ddim, sample_dpmpp_2m
from .seat import seat, with_posture
from .smoothing import smooth_in_time
from .steadying import steady_poses
from .tangent_guidance import FINAL_ITERATIONS, ITERATIONS_BEFORE_REFINEMENT
from .toe_paths import foot_paths
from .windows import WindowedDenoiser, Windows

__all__ = [
    "FINAL_ITERATIONS",
    "ITERATIONS_BEFORE_REFINEMENT",
    "SAMPLERS",
    "Guidance",
    "Measurement",
    "MirroredDenoiser",
    "WindowedDenoiser",
    "Windows",
    "confidence",
    "foot_paths",
    "in_pieces",
    "make_guidance",
    "place_lost_head",
    "refine",
    "sample_ddim",
    "sample_dpmpp_2m",
    "seat",
    "smooth_between_gaps",
    "smooth_in_time",
    "steady_poses",
    "swivel_solved_elbows",
    "with_posture",
]
