# SPDX-License-Identifier: Apache-2.0
"""Define the systems of the comparison, all with one interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from ..body.motion import Motion
from ..body.quaternions import normalize_quaternion
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior
from ..solver.solving import solve
from .baselines.conditional import ConditionalSettings, ConditionalSystem
from .baselines.networks import NETWORKS
from .simulation import Trial


class System(Protocol):
    """Solve a body's motion from three points."""

    @property
    def prior(self) -> Prior:
        """Return the network of the system."""
        ...

    def solve_all(self, trials: Sequence[Trial]) -> list[Motion]:
        """Return the motion of all joints for each clip."""
        ...


@dataclass(frozen=True)
class SolverSystem:
    """Solve with the product's solver."""

    prior: Prior
    settings: SolveSettings
    samples: int = 1
    """If more than one: the mean of this many samples, with seeds counted up from the settings' seed."""

    def solve_all(self, trials: Sequence[Trial]) -> list[Motion]:
        """Return the motion of all joints for each clip."""
        return [self._solve(trial) for trial in trials]

    def _solve(self, trial: Trial) -> Motion:
        solved = [
            solve(trial.sensors, trial.skeleton, replace(self.settings, seed=self.settings.seed + sample), self.prior)
            for sample in range(self.samples)
        ]
        if len(solved) == 1:
            return solved[0]
        first = solved[0].rotations_wxyz
        same_sign = [np.sign((s.rotations_wxyz * first).sum(-1, keepdims=True)) * s.rotations_wxyz for s in solved]
        return replace(
            solved[0],
            rotations_wxyz=normalize_quaternion(np.mean(same_sign, axis=0)),
            root_translation_m=np.mean([s.root_translation_m for s in solved], axis=0),
        )


@dataclass(frozen=True)
class Entry:
    """Define one row of the comparison."""

    network: str
    """Name of the trained network: one of `NETWORKS`, or "shipped"."""
    settings: ConditionalSettings | SolveSettings
    samples: int = 1

    def build(self, priors: Mapping[str, Prior]) -> System:
        """Return the system, given the trained networks by name."""
        prior = priors[self.network]
        if isinstance(self.settings, SolveSettings):
            return SolverSystem(prior, self.settings, self.samples)
        return ConditionalSystem(prior, NETWORKS[self.network].condition, self.settings)


OURS: Final[str] = "ours"
SHIPPED: Final[str] = "ours, shipped prior"
OURS_HIGH: Final[str] = "ours, high quality"
SHIPPED_HIGH: Final[str] = "ours, shipped prior, high quality"
OFFICIAL: Final[str] = "ΠGDM, official recipe"

SYSTEMS: Final[Mapping[str, Entry]] = {
    "BoDiffusion (Global)": Entry("global", ConditionalSettings("none", see_hands=True, see_head=True)),
    "BoDiffusion (Local)": Entry("local", ConditionalSettings("none", see_hands=True, see_head=True)),
    "regression transformer": Entry("regression", ConditionalSettings("regression", see_hands=True, see_head=True)),
    "shape-augmented": Entry("shape", ConditionalSettings("none", see_hands=True, see_head=True)),
    "DPS": Entry("rotations", ConditionalSettings("dps")),
    OFFICIAL: Entry("rotations", ConditionalSettings("official")),
    "InPose": Entry("rotations", ConditionalSettings("pigdm")),
    "InPose (head)": Entry("rotations", ConditionalSettings("pigdm", see_head=True)),
    OURS: Entry("ours", SolveSettings(device="cpu")),
    OURS_HIGH: Entry("ours", SolveSettings(quality="high", device="cpu")),
    SHIPPED: Entry("shipped", SolveSettings(device="cpu")),
    SHIPPED_HIGH: Entry("shipped", SolveSettings(quality="high", device="cpu")),
}
"""The comparison: all but the last two are trained with the same budget, data and trainer."""

ABLATIONS: Final[Mapping[str, Entry]] = {
    "no guidance": Entry("shipped", SolveSettings(guidance="none", device="cpu")),
    "no hands' reach": Entry("shipped", SolveSettings(use_hand_reach=False, device="cpu")),
    "no head motion, no floor": Entry("shipped", SolveSettings(use_floor=False, use_head_motion=False, device="cpu")),
    "no head motion, but the floor": Entry("shipped", SolveSettings(use_head_motion=False, device="cpu")),
    "head motion and the floor": Entry("shipped", SolveSettings(use_floor=True, device="cpu")),
    "no smoothing": Entry("shipped", SolveSettings(smoothing_frames=0.0, device="cpu")),
    "a sample instead of the mean": Entry("shipped", SolveSettings(variation=1.0, device="cpu")),
    "the mean of 8 samples": Entry("shipped", SolveSettings(variation=1.0, device="cpu"), samples=8),
    "no foot planting": Entry("shipped", SolveSettings(foot_planting=0.0, device="cpu")),
    "draft quality, 1 step": Entry("shipped", SolveSettings(quality="draft", device="cpu")),
    "3 steps": Entry("shipped", SolveSettings(steps=3, device="cpu")),
    "10 steps": Entry("shipped", SolveSettings(steps=10, device="cpu")),
    "ΠGDM as published, 50 steps": Entry(
        "shipped", SolveSettings(guidance="pigdm", use_hand_reach=False, device="cpu")
    ),
    "ours, equal budget: a sample, no smoothing": Entry(
        "ours", SolveSettings(variation=1.0, smoothing_frames=0.0, device="cpu")
    ),
    "BoDiffusion (Global), from nothing": Entry(
        "global", ConditionalSettings("none", see_hands=True, see_head=True, variation=0.0)
    ),
    "InPose (head), from nothing": Entry("rotations", ConditionalSettings("pigdm", see_head=True, variation=0.0)),
    "paper's prior, no guidance": Entry("rotations", ConditionalSettings("none")),
    "paper's prior, guidance on local angles": Entry("rotations", ConditionalSettings("local angles", steps=10)),
}
"""Ablations: parts of the solver, rivals started from zeros instead of noise, and two of the paper's ablations."""
