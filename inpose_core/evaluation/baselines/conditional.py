# SPDX-License-Identifier: Apache-2.0
"""Solve with a network conditioned on positions: the baselines, which differ from each other in small ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...body.kinematics import rotated_chains
from ...body.motion import Motion
from ...body.quaternions import continuous_signs
from ...body.rotations import matrix_to_quaternion_wxyz
from ...body.skeleton import JOINT_COUNT, Skeleton
from ...numerics import Backend
from ...options.solve import SolveSettings
from ...prior.checkpoint import Prior
from ...prior.conditioning import window_heading
from ...sampling import Measurement, WindowedDenoiser, Windows, sample_ddim, steady_poses
from ...sampling.guidance import Guidance
from ...sampling.pseudoinverse import PseudoinverseGuidance
from ...solver.solving import origin_below
from ...training.augmentation import ConditionBuilder, SensedWindows
from ...training.losses import state_to_matrix
from ..simulation import Trial
from .alternatives import DpsGuidance, ExactTangentGuidance, LocalAngleGuidance, MatrixPseudoinverseGuidance
from .official import STEPS, OfficialGuidance, sample_ddpm_mean
from .unguided import Unguided

RuleName = Literal["none", "official", "pigdm", "dps", "local angles", "matrix pigdm", "exact tangent", "regression"]

_POSITION_NOISE_RATIO = SolveSettings().position_noise_ratio
_DDIM_STEPS = 50
_TORCH: Final[Backend] = Backend("torch")
"""The rivals backpropagate."""


@dataclass(frozen=True)
class ConditionalSettings:
    """Choose a baseline's input and its sampling."""

    rule: RuleName
    see_hands: bool = False
    """Condition on the hands' positions, or on their reach."""
    see_head: bool = False
    """Condition on the head's position and velocity: in metres or scale-free, as the network was trained."""
    steps: int | None = None
    """Sampling steps; by default 49 for the official recipe, else 50 of DDIM."""
    variation: float = 1.0
    """Share of noise at the start, as in our solver's settings."""
    dps_zeta: float = 0.1
    """DPS' step; the best of five on training people (benchmarks/dps_step.py)."""


@dataclass(frozen=True)
class Sampled:
    """Hold a baseline's samples."""

    state: Tensor
    """(F, 22, 6), or (F, 22, 9) from a network of whole matrices: the raw output of the network."""
    measurement: Measurement
    guidance: Guidance
    origins_m: list[NDArray[np.float64]]
    """(3,) per clip: the origin that it was solved around."""

    def root_m(self, R_world: Tensor) -> Tensor:
        """Return the pelvis position, (F, 3), that puts the head at its measured place, relative to the origin."""
        return self.measurement.y_m[:, 0] - rotated_chains(R_world, self.measurement.kappa[:1]).sum(dim=-2)[:, 0]


@dataclass(frozen=True)
class ConditionalSystem:
    """Solve as the compared systems do: the root follows from the head, and the measured rotations are put back."""

    prior: Prior
    condition: ConditionBuilder
    settings: ConditionalSettings
    seed: int = 0

    def solve_all(self, trials: Sequence[Trial]) -> list[Motion]:
        """Return the motions of all joints; clips of one body are denoised in one batch."""
        together = [list(group) for _, group in groupby(trials, key=lambda trial: trial.skeleton.offsets_m.tobytes())]
        solved: list[Motion] = []
        for group in together:
            sampled = self.sample(group)
            R_world = sampled.guidance.finish(state_to_matrix(sampled.state[..., :6]))
            root_m = sampled.root_m(R_world)
            wxyz = matrix_to_quaternion_wxyz(R_world)
            first = 0
            for trial, origin_m in zip(group, sampled.origins_m, strict=True):
                part = slice(first, first + len(trial.truth))
                first = part.stop
                solved.append(
                    Motion(
                        continuous_signs(wxyz[part].numpy()),
                        root_m[part].numpy().astype(np.float64) + origin_m,
                        trial.skeleton,
                        trial.sensors.fps,
                    )
                )
        return solved

    def sample(self, trials: Sequence[Trial]) -> Sampled:
        """Return the sampled state of clips of one body, one after the other."""
        skeleton = trials[0].skeleton
        origins_m = [origin_below(trial.sensors) for trial in trials]
        # All systems get the same positions as our solver, so that only the methods differ.
        steady = [
            steady_poses(
                replace(trial.sensors, positions_m=trial.sensors.positions_m - origin_m),
                skeleton.standing_head_height_m,
            )
            for trial, origin_m in zip(trials, origins_m, strict=True)
        ]
        measurements = [Measurement.from_sensors(one.sensors, skeleton, _TORCH, one.noise_m) for one in steady]
        measurement = Measurement.joined(measurements)
        windows = Windows.joined([Windows.for_network(self.prior.network, len(one.y_m)) for one in measurements])
        denoiser = self._denoiser(measurement, windows, skeleton)
        guidance = self._guidance(measurement, denoiser)
        generator = torch.Generator().manual_seed(self.seed)
        state = (len(measurement.y_m), JOINT_COUNT, 3 * self.prior.network.config.columns)
        noise = self.settings.variation * torch.randn(state, generator=generator)
        return Sampled(self._sample(denoiser, guidance, noise), measurement, guidance, origins_m)

    def _denoiser(self, measurement: Measurement, windows: Windows, skeleton: Skeleton) -> WindowedDenoiser:
        index = torch.from_numpy(windows.index)
        # The height of a planted foot joint counts as the floor, as in training.
        positions_m = measurement.y_m - measurement.y_m.new_tensor((0.0, skeleton.sole_height_m, 0.0))
        # The rivals receive the flag that the floor is known; our solver must detect it.
        see_head = torch.full((windows.frames,), self.settings.see_head)
        scale_free = replace(
            measurement.scale_free(use_head_motion=True, use_hand_reach=self.settings.see_hands),
            head_motion_known=see_head,
        )
        sensed = SensedWindows(
            scale_free=scale_free.windowed(index),
            positions_m=positions_m[index],
            positions_known=torch.full(index.shape, self.settings.see_hands),
            offsets_m=measurement.offsets_m.expand(len(index), -1, -1),
        )
        R_world_heading = window_heading(sensed.scale_free.R_world_sensor[:, :, 0])
        condition = self.condition(sensed, R_world_heading)
        return WindowedDenoiser(self.prior.to(_TORCH).network, windows, R_world_heading, condition)

    def _guidance(self, measurement: Measurement, denoiser: WindowedDenoiser) -> Guidance:
        rules: dict[RuleName, Callable[[], Guidance]] = {
            "none": lambda: Unguided(measurement),
            "regression": lambda: Unguided(measurement),
            "official": lambda: OfficialGuidance(measurement, denoiser),
            "pigdm": lambda: PseudoinverseGuidance(measurement, denoiser, _POSITION_NOISE_RATIO),
            "dps": lambda: DpsGuidance(measurement, denoiser, self.settings.dps_zeta),
            "local angles": lambda: LocalAngleGuidance(measurement),
            "exact tangent": lambda: ExactTangentGuidance(measurement, denoiser, _POSITION_NOISE_RATIO),
            "matrix pigdm": lambda: MatrixPseudoinverseGuidance(measurement, denoiser, _POSITION_NOISE_RATIO),
        }
        return rules[self.settings.rule]()

    def _sample(self, denoiser: WindowedDenoiser, guidance: Guidance, noise: Tensor) -> Tensor:
        schedule, rule = self.prior.schedule, self.settings.rule
        if rule == "regression":
            return denoiser(torch.zeros_like(noise), schedule.pure_noise_log_snr).x_0
        if rule == "official":
            ends = schedule.log_snr(np.array((schedule.t_max, schedule.t_min))).tolist()
            return sample_ddpm_mean(denoiser, guidance, noise, (ends[0], ends[1]), self.settings.steps or STEPS)
        return sample_ddim(denoiser, guidance, schedule, noise, schedule.times(self.settings.steps or _DDIM_STEPS)).x_0
