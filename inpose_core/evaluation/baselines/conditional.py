# SPDX-License-Identifier: Apache-2.0
"""Solve with a network that is conditioned on positions: the baselines, each a small change of one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ...kinematics import rotated_chains
from ...motion import Motion
from ...prior.checkpoint import Prior
from ...prior.conditioning import window_heading
from ...quaternions import continuous_signs
from ...recording.types import Sensors
from ...rotations import matrix_to_quaternion_wxyz
from ...sampling import Measurement, WindowedDenoiser, Windows, sample_posterior
from ...sampling.guidance import Guidance, PseudoinverseGuidance
from ...skeleton import Skeleton
from ...training.augmentation import ConditionBuilder, SensedWindows
from ...training.losses import state_to_matrix
from .alternatives import DpsGuidance, LocalAngleGuidance, MatrixPseudoinverseGuidance
from .official import OfficialGuidance, UnguidedConditional, sample_ddpm_mean

RuleName = Literal["none", "official", "pigdm", "dps", "local angles", "matrix pigdm", "regression"]

_POSITION_NOISE_RATIO = 0.002
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class ConditionalSettings:
    """Choose what a baseline sees and how it samples."""

    rule: RuleName
    see_hands: bool = False
    """Condition on the hands' positions."""
    see_head: bool = False
    """Condition on the head's position and velocity: in metres, or free of scale, as the network was trained."""
    steps: int = 50
    """DDIM steps, where the rule does not bring its own schedule."""
    dps_zeta: float = 1.0


@dataclass(frozen=True)
class Sampled:
    """Hold what a baseline sampled."""

    state: Tensor
    """(F, 22, 6), or (F, 22, 9) from a network of whole matrices: as the network left it."""
    measurement: Measurement
    guidance: Guidance


@dataclass(frozen=True)
class ConditionalSystem:
    """Solve as the compared systems do: the root from the head, the measured rotations in their place."""

    prior: Prior
    condition: ConditionBuilder
    settings: ConditionalSettings
    seed: int = 0

    def solve(self, sensors: Sensors, skeleton: Skeleton) -> Motion:
        """Return the motion of all joints."""
        sampled = self.sample(sensors, skeleton)
        return as_motion(sampled, state_to_matrix(sampled.state[..., :6]), sensors, skeleton)

    def sample(self, sensors: Sensors, skeleton: Skeleton) -> Sampled:
        """Return the sampled state."""
        origin_m = np.median(sensors.positions_m[:, 0], axis=0) * (1.0, 0.0, 1.0)
        near = replace(sensors, positions_m=sensors.positions_m - origin_m)
        measurement = Measurement.from_sensors(near, skeleton, _CPU)
        denoiser = self._denoiser(measurement, skeleton)
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(len(measurement.y_m), 22, 3 * self.prior.network.config.columns, generator=generator)
        return Sampled(self._sample(denoiser, measurement, noise), measurement, self._guidance(measurement, denoiser))

    def _denoiser(self, measurement: Measurement, skeleton: Skeleton) -> WindowedDenoiser:
        settings, network = self.settings, self.prior.network
        windows = Windows.for_network(network, measurement.measured)
        index = windows.index
        # A foot joint that stands counts as the floor, as in training.
        positions_m = measurement.y_m - measurement.y_m.new_tensor((0.0, skeleton.sole_height_m, 0.0))
        sensed = SensedWindows(
            scale_free=measurement.scale_free(settings.see_head).windowed(index),
            positions_m=positions_m[index],
            positions_known=torch.full(index.shape, settings.see_hands),
            offsets_m=measurement.offsets_m.expand(len(index), -1, -1),
        )
        R_world_heading = window_heading(sensed.scale_free.R_world_sensor[:, :, 0])
        return WindowedDenoiser(network, windows, R_world_heading, self.condition(sensed, R_world_heading))

    def _guidance(self, measurement: Measurement, denoiser: WindowedDenoiser) -> Guidance:
        rules: dict[RuleName, Callable[[], Guidance]] = {
            "none": lambda: UnguidedConditional(measurement),
            "regression": lambda: UnguidedConditional(measurement),
            "official": lambda: OfficialGuidance(measurement, denoiser),
            "pigdm": lambda: PseudoinverseGuidance(measurement, denoiser, _POSITION_NOISE_RATIO),
            "dps": lambda: DpsGuidance(measurement, denoiser, self.settings.dps_zeta),
            "local angles": lambda: LocalAngleGuidance(measurement),
            "matrix pigdm": lambda: MatrixPseudoinverseGuidance(measurement, denoiser, _POSITION_NOISE_RATIO),
        }
        return rules[self.settings.rule]()

    def _sample(self, denoiser: WindowedDenoiser, measurement: Measurement, noise: Tensor) -> Tensor:
        schedule, rule = self.prior.schedule, self.settings.rule
        if rule == "regression":
            highest = float(schedule.log_snr(torch.tensor(schedule.t_max)))
            return denoiser(torch.zeros_like(noise), highest)
        guidance = self._guidance(measurement, denoiser)
        if rule == "official":
            ends = schedule.log_snr(torch.tensor((schedule.t_max, schedule.t_min))).tolist()
            return sample_ddpm_mean(denoiser, guidance, noise, (ends[0], ends[1]))
        return sample_posterior(denoiser, guidance, schedule, noise, self.settings.steps)


def as_motion(sampled: Sampled, R_world: Tensor, sensors: Sensors, skeleton: Skeleton) -> Motion:
    """Return rotations (F, 22, 3, 3) as a motion whose head is where it was measured."""
    with torch.no_grad():
        R_world = sampled.guidance.finish(R_world)
        head_m = rotated_chains(R_world, sampled.measurement.kappa[:1]).sum(dim=-2)[:, 0]
    wxyz = continuous_signs(matrix_to_quaternion_wxyz(R_world).numpy())
    return Motion(wxyz, sensors.positions_m[:, 0] - head_m.numpy().astype(np.float64), skeleton, sensors.fps)
