# SPDX-License-Identifier: Apache-2.0
"""Choose how to solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ..errors import InPoseError
from ..prior.precision import PRECISIONS, Precision
from ..sampling import GUIDANCE_NAMES, SAMPLER_NAMES, GuidanceName, SamplerName

DEVICES: Final[tuple[str, ...]] = ("auto", "cpu", "cuda", "mps")
Quality = Literal["draft", "default", "high"]
QUALITIES: Final[tuple[Quality, ...]] = get_args(Quality)
_STEPS: Final[Mapping[Quality, int]] = {"draft": 1, "default": 2, "high": 7}


@dataclass(frozen=True)
class SolveSettings:
    """Choose how to solve; the defaults are the best known at their cost."""

    guidance: GuidanceName = "tangent"
    quality: Quality = "default"
    """How much to compute: "draft" takes 1 step, "default" 2, "high" 7 and looks at the mirror image as well."""
    sampler: SamplerName = "ddim"
    """How to integrate: "ddim", or "dpmpp_2m", which is of second order."""
    steps: int | None = None
    """Denoising steps; by default the quality's, or 50 for the published algorithm, which needs them."""
    seed: int = 0
    device: str = "auto"
    precision: Precision = "auto"
    """How the network computes: "float32", "bfloat16", or by "auto" the latter where the device is faster in it.
    "float32" for results that agree between devices to the last hundredth of a degree."""
    use_head_motion: bool = True
    """Let the prior see the head's height and velocity in proportion to the body, as the paper's InPose (head)."""
    use_hand_reach: bool = True
    """Let the prior see where the hands are in proportion to the arms; the likelihood knows it exactly."""
    use_floor: bool | None = None
    """Let the likelihood know that the lowest foot stands on the floor (tangent guidance only); by default only where
    the prior does not see the head's height, which tells the same and better."""
    smoothing_frames: float | None = None
    """Standard deviation of the Gaussian that calms the sampled rotations over time, before they are brought onto the
    measured positions; by default 1.5 frames (25 ms), and none for the published algorithm and the ablation."""
    temperature: float | None = None
    """Share of the noise x_T to start from. 1 draws a sample of the posterior; 0 starts from nothing and comes out near
    the posterior's mean, as the mean of eight samples does. By default 0 for the tangent guidance, 1 for the others."""
    foot_planting: float | None = None
    """How firmly feet that stand are held where they stand, 0 to 1; by default 1 for the tangent guidance, else 0."""
    position_noise_ratio: float = 0.002
    """Standard deviation of the measured positions over the standing head height: 3 mm for an adult."""

    def __post_init__(self) -> None:
        if self.guidance not in GUIDANCE_NAMES:
            raise InPoseError(f'There is no guidance "{self.guidance}".', f"Choose one of {', '.join(GUIDANCE_NAMES)}.")
        if self.quality not in QUALITIES:
            raise InPoseError(f'There is no quality "{self.quality}".', f"Choose one of {', '.join(QUALITIES)}.")
        if self.sampler not in SAMPLER_NAMES:
            raise InPoseError(f'There is no sampler "{self.sampler}".', f"Choose one of {', '.join(SAMPLER_NAMES)}.")
        if self.precision not in PRECISIONS:
            raise InPoseError(f'There is no precision "{self.precision}".', f"Choose one of {', '.join(PRECISIONS)}.")
        if self.foot_planting is not None and not 0 <= self.foot_planting <= 1:
            raise InPoseError(f"Foot planting of {self.foot_planting} is out of range.", "Choose 0 to 1.")
        if self.steps is not None and not 1 <= self.steps <= 1000:
            raise InPoseError(f"{self.steps} steps are out of range.", "Choose 1 to 1000; 2 to 10 suffice.")
        if self.smoothing_frames is not None and not 0 <= self.smoothing_frames <= 60:
            raise InPoseError(f"Smoothing over {self.smoothing_frames} frames is out of range.", "Choose 0 to 60.")
        if self.temperature is not None and not 0 <= self.temperature <= 1:
            raise InPoseError(f"The temperature {self.temperature} is out of range.", "Choose 0 to 1.")
        if not 0 <= self.seed < 2**63:
            raise InPoseError(f"The seed {self.seed} is out of range.", "Choose a number from 0 up.")

    @property
    def smoothing_deviation_frames(self) -> float:
        """Return how much to smooth over time."""
        if self.smoothing_frames is not None:
            return self.smoothing_frames
        return 1.5 if self.guidance == "tangent" else 0.0

    @property
    def noise_share(self) -> float:
        """Return how much of the noise to start from."""
        if self.temperature is not None:
            return self.temperature
        return 0.0 if self.guidance == "tangent" else 1.0

    @property
    def measures_floor(self) -> bool:
        """Return whether the floor is a measurement."""
        return self.use_floor if self.use_floor is not None else not self.use_head_motion

    @property
    def planting_strength(self) -> float:
        """Return how firmly to plant the feet."""
        if self.foot_planting is not None:
            return self.foot_planting
        return 1.0 if self.guidance == "tangent" else 0.0

    @property
    def denoising_steps(self) -> int:
        """Return the number of steps to take."""
        if self.steps is not None:
            return self.steps
        return 50 if self.guidance == "pigdm" else _STEPS[self.quality]

    @property
    def mirrored(self) -> bool:
        """Return whether the prior looks at the mirror image as well."""
        return self.quality == "high" and self.guidance != "pigdm"
