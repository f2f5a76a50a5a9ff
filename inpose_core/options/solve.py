# SPDX-License-Identifier: Apache-2.0
"""The options of the solver: the quality, the compute device, the choice among the possible motions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from .option import Choice
from .table import OptionTable, option

GuidanceName = Literal["tangent", "pigdm", "none"]
GUIDANCE_NAMES: Final[tuple[GuidanceName, ...]] = get_args(GuidanceName)
SamplerName = Literal["ddim", "dpmpp_2m"]
Precision = Literal["auto", "float32", "bfloat16"]
LibraryChoice = Literal["auto", "numpy", "torch"]
Quality = Literal["draft", "default", "high"]

_STEPS: Final[Mapping[Quality, int]] = {"draft": 1, "default": 2, "high": 7}


@dataclass(frozen=True)
class SolveSettings(OptionTable):
    """Choose how to solve. The defaults are the best compromise of quality and time that we know.

    Raises:
        InPoseError: a value does not fit.
    """

    title = "Solve"
    sentence = "Settings of the solver: quality, feet, elbows and variation."

    guidance: GuidanceName = option(
        "tangent",
        "Algorithm that guides the motion to the measured points",
        label="Guidance",
        choices=(
            Choice("tangent", "Tangent", "Corrects the denoised rotations on the manifold; needs few steps"),
            Choice("pigdm", "Pseudoinverse", "The published algorithm"),
            Choice("none", "None", "Only the prior, for comparison"),
        ),
        expert=True,
        not_in_panel="the other algorithms are only for comparison",
    )
    quality: Quality = option(
        "default",
        "Quality of the solve; a higher quality takes longer",
        label="Quality",
        choices=(
            Choice("draft", "Draft", "For a quick preview: 1 step"),
            Choice("default", "Good", "For most shots: 2 steps"),
            Choice("high", "Best", "7 steps, and the mirror image too; takes about five times as long"),
        ),
    )
    foot_planting: float | None = option(
        None,
        "Reduce foot sliding in the solve: 0 is off, 1 holds planted feet in place",
        label="Foot planting",
        minimum=0.0,
        maximum=1.0,
        unit="share",
        automatic="1 with tangent guidance, else 0",
        automatic_value=1.0,
    )
    max_elbow_bend_deg: float | None = option(
        None,
        "Largest bend of the elbows, for example 150. A straight arm is 0; 180 sets no limit",
        label="Max elbow bend",
        minimum=90.0,
        maximum=180.0,
        unit="deg",
        automatic="150 with tangent guidance, else 180",
        automatic_value=150.0,
    )
    variation: float | None = option(
        None,
        "0 gives the most likely motion. 1 gives one of the possible motions; the seed selects which",
        label="Variation",
        minimum=0.0,
        maximum=1.0,
        unit="share",
        automatic="0 with tangent guidance, else 1",
        automatic_value=0.0,
        old_flags=("temperature",),
    )
    """Share of the noise x_T to start from. 1 draws a sample of the posterior; 0 starts from zero and gives a result
    close to the posterior's mean, like the mean of eight samples."""
    seed: int = option(
        0,
        "Seed of the random numbers; if variation is above 0, each seed gives another motion",
        label="Seed",
        minimum=0,
        maximum=2**63 - 1,
    )
    steps: int | None = option(
        None,
        "Number of denoising steps",
        label="Steps",
        minimum=1,
        maximum=1000,
        automatic="set by the quality, or 50 with pigdm guidance",
        expert=True,
    )
    pins_file: Path | None = option(
        None,
        "Pins: where the animator wants joints, and when feet stand",
        label="Pins",
        automatic="none",
        flag="pins",
        not_in_panel="the panel keeps its own list of pins",
    )
    edits_file: Path | None = option(
        None,
        "Clean-up edits: smooth, exaggerate or mirror the motion, put feet on a ground, and so on",
        label="Edits",
        automatic="none",
        flag="edits",
        not_in_panel="the panel keeps its own list of edits",
    )
    device: str = option(
        "auto",
        "Processor or graphics card that runs the solver",
        label="Device",
        choices=(
            Choice("auto", "Automatic", "The graphics card if there is one, else the processor"),
            Choice("cpu", "Processor", "Always works"),
            Choice("cuda", "CUDA", "An NVIDIA graphics card"),
            Choice("mps", "Metal", "The graphics processor of an Apple computer"),
        ),
        not_in_panel="set it in the add-on's preferences",
    )
    library: LibraryChoice = option(
        "auto",
        "Array library that runs the solver; the results differ by less than 0.01 degrees",
        label="Library",
        choices=(
            Choice("auto", "Automatic", "PyTorch where it is needed or has a graphics card, else NumPy"),
            Choice("numpy", "NumPy", "Needs nothing else"),
            Choice("torch", "PyTorch", "If it is installed"),
        ),
        expert=True,
        not_in_panel="it follows the device and the Python of the preferences",
    )
    sampler: SamplerName = option(
        "ddim",
        "Sampler of the denoising steps",
        label="Sampler",
        choices=(
            Choice("ddim", "DDIM", "First order"),
            Choice("dpmpp_2m", "DPM-Solver++(2M)", "Second order"),
        ),
        expert=True,
    )
    precision: Precision = option(
        "auto",
        "Number format of the network; with float32, processors and graphics cards differ by less than 0.01 degrees",
        label="Precision",
        choices=(
            Choice("auto", "Automatic", "bfloat16 if it is faster there, else float32"),
            Choice("float32", "float32"),
            Choice("bfloat16", "bfloat16"),
        ),
        expert=True,
        not_in_panel="the automatic choice is right for each processor and graphics card",
    )
    use_head_motion: bool = option(
        True,
        "Give the prior the height and velocity of the head in proportion to the body, as in the paper's InPose (head)",
        label="Use head motion",
        expert=True,
    )
    use_hand_reach: bool = option(
        True,
        "Give the prior the positions of the hands in proportion to the arms",
        label="Use hand reach",
        expert=True,
    )
    use_trackers: bool = option(
        True,
        "Give the prior the poses of further trackers, too; they guide the motion in any case",
        label="Use trackers",
        expert=True,
        not_in_panel="only for comparison",
    )
    use_floor: bool | None = option(
        None,
        "Use the floor as a measurement: the lowest foot is on the floor (tangent guidance only)",
        label="Use floor",
        choices=(Choice("off", "Off"), Choice("on", "On")),
        automatic="on if the head motion is not used",
        expert=True,
    )
    smoothing_frames: float | None = option(
        None,
        "Smooth the sampled rotations with a Gaussian of this standard deviation, before the hands are corrected",
        label="Solver smoothing",
        minimum=0.0,
        maximum=60.0,
        unit="frames",
        automatic="1.5 with tangent guidance, else 0",
        automatic_value=1.5,
        expert=True,
        flag="solver-smoothing",
    )
    position_noise_ratio: float = option(
        0.002,
        "Expected noise of the measured positions (standard deviation), divided by the standing head height; "
        "0.002 is 3 mm for an adult",
        label="Position noise ratio",
        minimum=1e-6,
        maximum=1.0,
        expert=True,
    )

    @property
    def smoothing_deviation_frames(self) -> float:
        """Return the standard deviation of the smoothing over time."""
        if self.smoothing_frames is not None:
            return self.smoothing_frames
        return 1.5 if self.guidance == "tangent" else 0.0

    @property
    def start_variation(self) -> float:
        """Return the share of the noise to start from."""
        if self.variation is not None:
            return self.variation
        return 0.0 if self.guidance == "tangent" else 1.0

    @property
    def measures_floor(self) -> bool:
        """Return whether the floor is a measurement."""
        return self.use_floor if self.use_floor is not None else not self.use_head_motion

    @property
    def planting_strength(self) -> float:
        """Return the strength of foot planting, 0 to 1."""
        if self.foot_planting is not None:
            return self.foot_planting
        return 1.0 if self.guidance == "tangent" else 0.0

    @property
    def elbow_limit_deg(self) -> float:
        """Return the largest bend of the elbows."""
        if self.max_elbow_bend_deg is not None:
            return self.max_elbow_bend_deg
        return 150.0 if self.guidance == "tangent" else 180.0

    @property
    def denoising_steps(self) -> int:
        """Return the number of steps to take."""
        if self.steps is not None:
            return self.steps
        return 50 if self.guidance == "pigdm" else _STEPS[self.quality]

    @property
    def mirrored(self) -> bool:
        """Return whether the prior also denoises the mirror image."""
        return self.quality == "high" and self.guidance != "pigdm"
