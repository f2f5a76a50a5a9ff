# SPDX-License-Identifier: Apache-2.0
"""Train the network that finds the hands in unknown devices (`calibration.hand_network`)."""

from __future__ import annotations

import copy
import json
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from ..body.rotations import geodesic_angle
from ..calibration.hand_network import (
    USUAL_PLACE_ERROR_M,
    USUAL_TURN_ERROR_RAD,
    FoundOffsets,
    HandNetwork,
    HandNetworkConfig,
    find_offsets,
    hand_weight_shapes,
)
from ..calibration.hand_views import HandViews, Offsets
from ..calibration.hand_weights import save_hand_finder
from ..numerics import to_numpy
from ..system.output import append_line
from .dataset import MotionData
from .hand_takes import HandTakes, HandTakeSettings, draw_hand_takes
from .split import HELD_OUT, load_training_motion, load_validation_motion

_LOG: Final[logging.Logger] = logging.getLogger(__name__)
_METRES_PER_RADIAN: Final[float] = 5.0
"""A place that is off by 20 cm counts as a rotation that is off by a radian."""
_EARLY_ROUND: Final[float] = 0.4
_UNCERTAINTY: Final[float] = 0.1
"""Share of the likelihood of the errors in the loss. It does not change the estimates."""
_LOG_ERROR_LIMIT: Final[float] = 3.0


@dataclass(frozen=True)
class HandFinderSettings:
    """Set up a training; the defaults train the shipped network."""

    steps: int = 3000
    batch: int = 24
    """Takes per step; each has two hands."""
    learning_rate: float = 2e-3
    warmup_steps: int = 100
    decay_share: float = 0.5
    """The learning rate falls to zero over this last share of the steps."""
    weight_decay: float = 0.02
    ema_decay: float = 0.997
    dropout: float = 0.1
    log_every: int = 100
    validation_takes: int = 128
    seed: int = 0
    network: HandNetworkConfig = field(default_factory=HandNetworkConfig)
    takes: HandTakeSettings = field(default_factory=HandTakeSettings)


class TrainableHandFinder(nn.Module):
    """Hold the network's weights as torch parameters."""

    def __init__(self, config: HandNetworkConfig, dropout: float) -> None:
        super().__init__()
        self.config, self.dropout = config, dropout
        shapes = hand_weight_shapes(config)
        # A parameter's name must not contain dots.
        self._attributes = {name: name.replace(".", "_") for name in shapes}
        for name, attribute in self._attributes.items():
            self.register_parameter(attribute, nn.Parameter(_initial(name, shapes)))

    @property
    def named_weights(self) -> dict[str, Tensor]:
        """Return the parameters by the network's names."""
        return {name: getattr(self, attribute) for name, attribute in self._attributes.items()}

    def take(self, network: HandNetwork) -> None:
        """Take the weights of a trained network of the same form."""
        with torch.no_grad():
            for name, weights in network.weights.items():
                self.named_weights[name].copy_(torch.from_numpy(weights))

    def network(self) -> HandNetwork:
        """Return the network with the present weights."""
        return HandNetwork(
            self.config, {name: to_numpy(weight.detach()).copy() for name, weight in self.named_weights.items()}
        )

    def forward(self, views: HandViews) -> list[FoundOffsets]:
        """Return each round's estimate; arguments as in `find_offsets`."""
        return find_offsets(self.config, self.named_weights, views, self._drop_channels)

    def _drop_channels(self, frames: Tensor) -> Tensor:
        """Drop channels of a whole take at once."""
        if not self.training or self.dropout == 0:
            return frames
        return frames * nn.functional.dropout(frames.new_ones(len(frames), 1, frames.shape[-1]), self.dropout)


def train_hand_finder(
    data: Path, folder: Path, settings: HandFinderSettings, device: torch.device, start: HandNetwork | None = None
) -> HandNetwork:
    """Train on every packed file of a folder and return the network.

    The run's folder gets ``hand_finder.safetensors``, again with every line of its log, and ``log.jsonl``.

    Args:
        data: folder of packed ``.npz`` motion, or one file of it.
        folder: the run's folder.
        settings: how to train.
        device: where to train.
        start: a trained network to go on from, of the form in the settings.

    Raises:
        InPoseError: the folder holds no packed motion.
        OutputError: the run's folder cannot be written.
    """
    motion = load_training_motion(data).to(device)
    validation = load_validation_motion(data)[HELD_OUT].to(device)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    network = TrainableHandFinder(settings.network, settings.dropout)
    if start is not None:
        network.take(start)
    network.to(device)
    averaged = copy.deepcopy(network).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
    )
    generator = torch.Generator(device).manual_seed(settings.seed)
    began, losses = time.monotonic(), []
    for step in range(settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _learning_rate_factor(step, settings)
        losses.append(_train_step(network, motion, settings, generator, optimizer))
        decay = min(settings.ema_decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1 - decay)
        if (step + 1) % settings.log_every == 0 or step + 1 == settings.steps:
            figures = validate_hand_finder(averaged, validation, settings)
            record = {"step": step + 1, "loss": float(torch.stack(losses).mean()), **figures}
            line = json.dumps({**record, "seconds": round(time.monotonic() - began)})
            _LOG.info(line)
            append_line(folder / "log.jsonl", line)
            losses.clear()
            facts = {
                "steps": str(step + 1),
                "batch": str(settings.batch),
                "data_minutes": f"{motion.duration_s / 60:.1f}",
            }
            save_hand_finder(averaged.network(), folder / "hand_finder.safetensors", facts)
    return averaged.network()


def validate_hand_finder(
    network: TrainableHandFinder, data: MotionData, settings: HandFinderSettings
) -> Mapping[str, float]:
    """Return the median errors on takes of held-out people whose wrists bend only as they were captured."""
    plain = HandTakeSettings(stretch=0.0, mirror=0.0, habit_deg=(0.0, 0.0, 0.0), bends=0.0)
    generator = torch.Generator(data.root_m.device).manual_seed(1)
    takes = draw_hand_takes(data, settings.validation_takes, plain, generator, plain.most_frames)
    network.eval()
    with torch.no_grad():
        errors = _errors(network(takes.views)[-1].offsets, takes.truth)
    turns_deg, places_cm = torch.rad2deg(errors[0]), 100 * errors[1]
    return {"rotation_deg": round(float(turns_deg.median()), 2), "position_cm": round(float(places_cm.median()), 2)}


def _train_step(
    network: TrainableHandFinder,
    data: MotionData,
    settings: HandFinderSettings,
    generator: torch.Generator,
    optimizer: torch.optim.Optimizer,
) -> Tensor:
    takes = draw_hand_takes(data, settings.batch, settings.takes, generator)
    loss = _loss(network.train()(takes.views), takes)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.detach()


def _loss(found: list[FoundOffsets], takes: HandTakes) -> Tensor:
    total = takes.truth.wrist_m.new_zeros(())
    for number, round_ in enumerate(found):
        turn_rad, place_m = _errors(round_.offsets, takes.truth)
        share = 1.0 if number + 1 == len(found) else _EARLY_ROUND
        logs = round_.log_errors.clamp(-_LOG_ERROR_LIMIT, _LOG_ERROR_LIMIT)
        # The uncertainty learns from the errors, but not the reverse.
        scaled = torch.stack((turn_rad / USUAL_TURN_ERROR_RAD, place_m / USUAL_PLACE_ERROR_M), dim=-1).detach()
        likelihood = (scaled * torch.exp(-logs) + logs).sum(-1)
        total = total + share * (turn_rad + _METRES_PER_RADIAN * place_m + _UNCERTAINTY * likelihood).mean()
    return total


def _errors(found: Offsets, truth: Offsets) -> tuple[Tensor, Tensor]:
    turn_rad = geodesic_angle(found.R_device_wrist, truth.R_device_wrist)
    return turn_rad, ((found.wrist_m - truth.wrist_m).square().sum(-1) + 1e-8).sqrt()


def _learning_rate_factor(step: int, settings: HandFinderSettings) -> float:
    remaining = (settings.steps - step) / max(1.0, settings.decay_share * settings.steps)
    return min(1.0, (step + 1) / max(1, settings.warmup_steps), remaining)


def _initial(name: str, shapes: Mapping[str, tuple[int, ...]]) -> Tensor:
    """Return a weight's initial value. The last layers begin at zero: nothing is corrected."""
    layer, _, kind = name.rpartition(".")
    if kind == "scale":
        return torch.ones(shapes[name])
    if kind == "shift" or layer.endswith(("vote", "sum.1")):
        return torch.zeros(shapes[name])
    bound = 1 / math.sqrt(shapes[name][0] if kind == "neighbours" else shapes[f"{layer}.weight"][1])
    return torch.empty(shapes[name]).uniform_(-bound, bound)
