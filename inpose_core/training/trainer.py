# SPDX-License-Identifier: Apache-2.0
"""Train the prior: resumable, on CPU, CUDA or MPS, with validation on held-out people."""

from __future__ import annotations

import copy
import io
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from torch import Tensor, nn

from ..body.skeleton import Skeleton
from ..errors import WeightsError
from ..prior.checkpoint import Prior, save_prior
from ..prior.conditioning import CONDITION_SIZE
from ..prior.network import Denoised, DiffusionTransformer, NetworkConfig
from ..prior.schedule import NoiseSchedule
from ..system.output import append_line, write_output
from .augmentation import AugmentationSettings, ConditionBuilder, Examples, draw_examples, scale_free_condition
from .dataset import MotionData
from .losses import LossWeights, denoising_loss, state_of, validation_errors
from .module import TrainableTransformer
from .origin import origin_of, require_same_origin
from .uncertainty import measure_uncertainty

_LOG = logging.getLogger(__name__)


def prior_network() -> NetworkConfig:
    """Return the shipped prior's form: windows of four seconds, and direct foot outputs."""
    return NetworkConfig(CONDITION_SIZE, window=256, frames_per_token=8, dropout=0.05, feet=True)


@dataclass(frozen=True)
class TrainingSettings:
    """Set up one training run; the defaults train the shipped prior."""

    steps: int = 6000
    batch: int = 64
    learning_rate: float = 6e-4
    warmup_steps: int = 200
    decay_share: float = 0.3
    """The learning rate falls to zero over this last share of the steps."""
    weight_decay: float = 0.03
    ema_decay: float = 0.999
    gradient_clip: float = 1.0
    pure_noise_share: float = 0.6
    """Share of examples at the highest noise, where few-step sampling begins and has most effect."""
    compiled: bool = False
    """Compile the network; this pays off on a GPU but not on a CPU."""
    regression: bool = False
    """Show the network no x_t at all, only the condition: a regressor instead of a denoiser (a baseline)."""
    validate_every: int = 500
    checkpoint_every: int = 200
    seed: int = 0
    network: NetworkConfig = field(default_factory=prior_network)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    validation: AugmentationSettings = field(default_factory=AugmentationSettings.none)
    """Variation of the validation windows."""
    loss: LossWeights = field(default_factory=LossWeights)


class Trainer:
    """Train one prior in one folder; a second call continues where the first one stopped, if it is the same run.

    The folder holds ``checkpoint.pt`` (everything needed to resume), ``best.pt`` (the best averaged
    weights so far, by the error on held-out people), ``log.jsonl`` and, in the end, ``prior.safetensors``.
    """

    def __init__(
        self,
        data: MotionData,
        validation: Mapping[str, Examples],
        folder: Path,
        settings: TrainingSettings,
        device: torch.device,
        decisive_set: str,
        condition: ConditionBuilder | None = None,
        start: DiffusionTransformer | None = None,
        data_hash: str = "",
    ) -> None:
        """Begin a run, or continue that of the folder.

        Args:
            data: the training motion.
            validation: windows of held-out people, by set.
            folder: the run's folder.
            settings: how to train.
            device: where to train.
            decisive_set: the validation set that chooses the best weights.
            condition: what the network sees of a window.
            start: trained network to start from, with the form in the settings.
            data_hash: a hash of the data, to know them again; empty if nobody asks.

        Raises:
            WeightsError: the folder's run has other data, another start or other settings, or is damaged.
        """
        self._origin = origin_of(asdict(settings), data_hash, start)
        self.settings, self.device, self.folder = settings, device, folder
        self.decisive_set = decisive_set
        self.condition = condition or scale_free_condition(settings.network.condition_size)
        self.data = data.to(device)
        self.validation = validation
        self.schedule = NoiseSchedule()
        self.offsets_m = torch.tensor(Skeleton.template().offsets_m, dtype=torch.float32, device=device)
        torch.manual_seed(settings.seed)
        begun = TrainableTransformer(settings.network) if start is None else TrainableTransformer.of(start)
        self.network = begun.to(device)
        self._denoise = torch.compile(self.network) if settings.compiled else self.network
        self.ema = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, settings.weight_decay),
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
        )
        self.generator = torch.Generator(device).manual_seed(settings.seed)
        self.step = 0
        self.best_error_cm = float("inf")
        folder.mkdir(parents=True, exist_ok=True)
        if self._checkpoint_path.exists():
            self._resume()

    @property
    def _checkpoint_path(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def _best_path(self) -> Path:
        return self.folder / "best.pt"

    def run(self) -> Prior:
        """Train to the last step, write the prior to the folder and return it."""
        self.advance()
        return self.finish()

    def advance(self, seconds: float = float("inf")) -> bool:
        """Train to the last step or the time limit, save a checkpoint, and return whether the last step is done."""
        began, first_step = time.monotonic(), self.step
        losses: list[Tensor] = []
        while self.step < self.settings.steps and time.monotonic() - began < seconds:
            losses.append(self.train_step())
            if self.step % 50 == 0:
                rate = (self.step - first_step) * self.settings.batch / (time.monotonic() - began)
                self._log({"step": self.step, "loss": float(torch.stack(losses).mean()), "windows_per_s": rate})
                losses.clear()
            # The checkpoint must include the validation result, or a worse network could replace the best.
            if self.step % self.settings.validate_every == 0:
                self._validate_and_keep_best()
            if self.step % self.settings.checkpoint_every == 0:
                self._save_checkpoint()
        done = self.step >= self.settings.steps
        if done and self.step % self.settings.validate_every:
            self._validate_and_keep_best()
        self._save_checkpoint()
        return done

    def finish(self) -> Prior:
        """Measure the best averaged network's uncertainty on the held-out people, write it and return it."""
        if self._best_path.exists():
            self.ema.load_state_dict(torch.load(self._best_path, map_location=self.device, weights_only=True))
        figures = self.validate()
        uncertainty = measure_uncertainty(self.ema, self.schedule, self.validation[self.decisive_set], self.device)
        training = {
            "steps": str(self.step),
            "batch": str(self.settings.batch),
            "data_minutes": f"{self.data.duration_s / 60:.1f}",
            "validation": json.dumps(figures),
        }
        prior = Prior(self.ema.network(), self.schedule, uncertainty, training)
        save_prior(prior, self.folder / "prior.safetensors")
        return prior

    def _validate_and_keep_best(self) -> None:
        """Validate, and keep the averaged weights if they are the best so far on the decisive set."""
        figures = self.validate()
        self._log({"step": self.step, "validation": figures})
        error_cm = figures[self.decisive_set]["mpjpe_cm"]
        if error_cm < self.best_error_cm:
            self.best_error_cm = error_cm
            write_output(self._best_path, [_saved(self.ema.state_dict())])

    @torch.no_grad()
    def validate(self) -> dict[str, dict[str, float]]:
        """Denoise held-out windows from pure noise in one step with the averaged weights; errors by set."""
        figures = {}
        for name, examples in self.validation.items():
            denoised = denoise_from_noise(
                self.ema, self.schedule, examples, self.device, regression=self.settings.regression
            )
            figures[name] = validation_errors(denoised, examples, self.offsets_m.cpu())
        return figures

    def train_step(self) -> Tensor:
        """Take one step and return its loss, a scalar that stays on the device: reading it would stall a GPU."""
        settings = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * self._learning_rate_factor()
        examples = draw_examples(
            self.data, settings.batch, settings.network.window, settings.augmentation, self.generator, self.condition
        )
        t = self._draw_times(len(examples))
        sigma, alpha = self.schedule.sigma(t), self.schedule.alpha(t)
        x_0 = state_of(examples.x_0, settings.network.columns)
        noise = torch.randn(x_0.shape, generator=self.generator, device=self.device)
        x_t = alpha[:, None, None, None] * x_0 + sigma[:, None, None, None] * noise
        if settings.regression:
            x_t = torch.zeros_like(x_t)
        # bfloat16 is 2 to 3 times as fast on CPUs that have it and needs no loss scaling.
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type != "mps"):
            denoised = self._denoise(x_t, self.schedule.log_snr(t), examples.condition)
        denoised = Denoised(*(output.float() for output in denoised))
        loss = denoising_loss(denoised, examples, sigma, self.offsets_m, settings.loss)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), settings.gradient_clip)
        self.optimizer.step()
        self.step += 1
        decay = min(settings.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.ema.parameters()), list(self.network.parameters()), 1 - decay)
        return loss.detach()

    def _draw_times(self, batch: int) -> Tensor:
        if self.settings.regression:
            return torch.full((batch,), self.schedule.t_max, device=self.device)
        uniform = torch.rand(batch, generator=self.generator, device=self.device)
        pure = torch.rand(batch, generator=self.generator, device=self.device) < self.settings.pure_noise_share
        t = self.schedule.t_min + (self.schedule.t_max - self.schedule.t_min) * uniform
        return torch.where(pure, torch.full_like(t, self.schedule.t_max), t)

    def _learning_rate_factor(self) -> float:
        settings = self.settings
        remaining = (settings.steps - self.step) / max(1.0, settings.decay_share * settings.steps)
        return min(1.0, (self.step + 1) / max(1, settings.warmup_steps), remaining)

    def _save_checkpoint(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            # Dropout draws from torch's global generator of the device.
            "global_generator": _dropout_random_state(self.device),
            "step": self.step,
            "best_error_cm": self.best_error_cm,
            "network_config": asdict(self.settings.network),
            "origin": json.dumps(self._origin),
        }
        write_output(self._checkpoint_path, [_saved(state)])

    def _resume(self) -> None:
        try:
            state = torch.load(self._checkpoint_path, map_location=self.device, weights_only=True)
            if state["network_config"] != asdict(self.settings.network):
                raise WeightsError(
                    f"The checkpoint in {self.folder} is of a network of another size.",
                    "Choose another folder with --out.",
                )
            # Checkpoints of earlier versions do not say what they were trained on.
            require_same_origin(self._origin, json.loads(state.get("origin", "{}")), self.folder)
            self.network.load_state_dict(state["network"])
            self.ema.load_state_dict(state["ema"])
        except (RuntimeError, KeyError, EOFError, OSError, UnpicklingError) as error:
            raise WeightsError(
                f"The checkpoint in {self.folder} is damaged, or of another version of InPose ({str(error)[:200]}).",
                "Delete it to begin again.",
            ) from error
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"].cpu())
        _restore_dropout_random_state(self.device, state["global_generator"])
        self.step = int(state["step"])
        self.best_error_cm = float(state["best_error_cm"])
        _LOG.info("Resumed at step %d.", self.step)

    def _log(self, record: dict[str, object]) -> None:
        line = json.dumps({"time": round(time.time(), 1), **record})
        _LOG.info(line)
        append_line(self.folder / "log.jsonl", line)


@torch.no_grad()
def denoise_from_noise(
    network: TrainableTransformer,
    schedule: NoiseSchedule,
    examples: Examples,
    device: torch.device,
    *,
    regression: bool = False,
) -> Denoised:
    """Return the result of one step from the highest noise (for a regressor: from zeros), on the CPU."""
    generator = torch.Generator().manual_seed(0)
    t = np.float64(schedule.t_max)
    alpha, sigma = float(schedule.alpha(t)), float(schedule.sigma(t))
    parts = []
    for first in range(0, len(examples), 64):
        x_0 = state_of(examples.x_0[first : first + 64], network.config.columns)
        noise = torch.randn(x_0.shape, generator=generator)
        x_t = torch.zeros_like(x_0) if regression else alpha * x_0 + sigma * noise
        log_snr = torch.full((len(x_0),), schedule.pure_noise_log_snr)
        condition = examples.condition[first : first + 64]
        denoised = network(x_t.to(device), log_snr.to(device), condition.to(device))
        parts.append([output.float().cpu() for output in denoised])
    return Denoised(*(torch.cat(outputs) for outputs in zip(*parts, strict=True)))


def _saved(state: object) -> bytes:
    packed = io.BytesIO()
    torch.save(state, packed)
    return packed.getvalue()


def _dropout_random_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _restore_dropout_random_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state.cpu(), device)
    else:
        torch.set_rng_state(state.cpu())


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    matrices = [p for p in network.parameters() if p.dim() >= 2]
    vectors = [p for p in network.parameters() if p.dim() < 2]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
