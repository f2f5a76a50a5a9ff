# SPDX-License-Identifier: Apache-2.0
"""Choose the prior's design by measurement: ``python benchmarks/experiments.py --data FOLDER --out runs/experiments``.

Every variant differs from its base in one thing. Variants of the network's form are small, and trained from scratch for
the same computing time: their number of steps follows from their cost per step, timed against the base just before.
Variants of the loss and data continue a trained prior (``--start``), which already fits its data, so only
generalisation to other people matters.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import torch

from inpose_core.body.skeleton import JOINT_COUNT, Skeleton
from inpose_core.prior.checkpoint import DEFAULT_WEIGHTS, Prior, load_prior
from inpose_core.prior.conditioning import CONDITION_SIZE
from inpose_core.prior.network import DiffusionTransformer, NetworkConfig
from inpose_core.training.augmentation import AugmentationSettings, draw_examples, scale_free_condition
from inpose_core.training.losses import LossWeights, validation_errors
from inpose_core.training.module import TrainableTransformer
from inpose_core.training.split import HELD_OUT, load_split, load_training_motion, load_validation_motion
from inpose_core.training.trainer import Trainer, TrainingSettings, denoise_from_noise

_CPU: Final[torch.device] = torch.device("cpu")
_SMALL: Final[NetworkConfig] = NetworkConfig(CONDITION_SIZE, width=192, depth=6, heads=4)
SCRATCH: Final[TrainingSettings] = TrainingSettings(
    steps=400,
    batch=32,
    learning_rate=1e-3,
    warmup_steps=50,
    ema_decay=0.99,
    validate_every=10**9,
    network=_SMALL,
)
CONTINUED: Final[TrainingSettings] = TrainingSettings(
    steps=120,
    learning_rate=3e-4,
    warmup_steps=20,
    decay_share=0.8,
    ema_decay=0.97,
    validate_every=10**9,
)


def _network(**changes: object) -> TrainingSettings:
    return replace(SCRATCH, network=replace(_SMALL, **changes))  # type: ignore[arg-type]  # fields by name


def _augmentation(**changes: float) -> TrainingSettings:
    return replace(CONTINUED, augmentation=replace(AugmentationSettings(), **changes))


def _loss(**changes: float) -> TrainingSettings:
    return replace(CONTINUED, loss=replace(LossWeights(), **changes))


FROM_SCRATCH: Final[dict[str, TrainingSettings]] = {
    "base (window 128, 4 frames a token, width 192, depth 6, x_0)": SCRATCH,
    "window 64": _network(window=64),
    "window 256": _network(window=256),
    "2 frames a token": _network(frames_per_token=2),
    "8 frames a token": _network(frames_per_token=8),
    "width 288, depth 8": _network(width=288, depth=8, heads=6),
    "width 128, depth 4": _network(width=128, depth=4),
    "v-prediction": _network(prediction="v"),
    "x_t at unit variance": _network(input_scale="unit"),
    "squared errors": replace(SCRATCH, loss=LossWeights.squared()),
    "a fifth instead of 0.6 at pure noise": replace(SCRATCH, pure_noise_share=0.2),
    "without the hands' reach": replace(
        SCRATCH,
        augmentation=replace(AugmentationSettings(), position_loss=1.0),
        validation=replace(AugmentationSettings.none(), position_loss=1.0),
    ),
}
FROM_TRAINED: Final[dict[str, TrainingSettings]] = {
    "continued": CONTINUED,
    "continued, no sensor noise": _augmentation(
        mount_error_deg=0.0,
        rotation_noise_deg=0.0,
        height_noise=0.0,
        heading_error_deg=0.0,
        hand_place_error=0.0,
        arm_length_error=0.0,
    ),
    "continued, a fifth of upper and lower bodies recombined": _augmentation(recombine=0.2),
    "continued, own proportions only": _augmentation(proportion=0.0),
    "continued, no position loss": _loss(position=0.0),
    "continued, no velocity loss": _loss(velocity=0.0),
    "continued, no contact loss": _loss(contact=0.0),
    "continued, dropout 0.25": replace(CONTINUED, network=replace(CONTINUED.network, dropout=0.25)),
    "continued, weight decay 0.3": replace(CONTINUED, weight_decay=0.3),
}
VARIANTS: Final[dict[str, TrainingSettings]] = FROM_SCRATCH | FROM_TRAINED


def main() -> int:
    """Train and validate the variants; append rows to ``results.jsonl``, skipping existing rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=DEFAULT_WEIGHTS, help="the prior that is continued")
    parser.add_argument(
        "--fit", action="store_true", help="only tell how the prior of --start fits those it trained on"
    )
    parser.add_argument("--variant", action="append", choices=list(VARIANTS), help="default: all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.fit:
        print(json.dumps(fit(load_prior(options.start), options.data), indent=1))
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / "results.jsonl"
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    done = {(row["variant"], row["seed"]) for row in map(json.loads, lines)}
    for name in options.variant or VARIANTS:
        if (name, options.seed) in done:
            continue
        settings = replace(VARIANTS[name], seed=options.seed)
        start = load_prior(options.start).network if name in FROM_TRAINED else None
        row = {"variant": name, "seed": options.seed} | run_variant(settings, options.data, start)
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)
    return 0


def run_variant(settings: TrainingSettings, data: Path, start: DiffusionTransformer | None) -> dict[str, object]:
    """Train one variant and return its validation figures and its cost."""
    if start is None and settings.network != _SMALL:
        cost = _seconds_per_step(settings, data) / _seconds_per_step(SCRATCH, data)
        settings = replace(settings, steps=round(SCRATCH.steps / cost))
    training, validation = load_split(data, settings.network, settings.validation)
    with TemporaryDirectory() as folder:
        trainer = Trainer(training, validation, Path(folder), settings, _CPU, decisive_set=HELD_OUT, start=start)
        while trainer.step < settings.steps:
            trainer.train_step()
        figures = trainer.validate()
    return {
        "steps": settings.steps,
        "parameters": sum(p.numel() for p in trainer.ema.parameters()),
        "forward_us_per_frame": round(_forward_us_per_frame(trainer.ema), 1),
        "validation": {name: {k: round(v, 2) for k, v in row.items()} for name, row in figures.items()},
    }


def fit(prior: Prior, data: Path, windows: int = 320) -> dict[str, dict[str, float]]:
    """Return the errors of one denoising step from pure noise, on training people and on held-out people.

    All windows are drawn as in training; "varied" windows also get the training variations.
    """
    settings = {"as captured": AugmentationSettings.none(), "varied": AugmentationSettings()}
    motions = {"training people": load_training_motion(data)} | load_validation_motion(data)
    offsets_m = torch.tensor(Skeleton.template().offsets_m, dtype=torch.float32)
    network = TrainableTransformer.of(prior.network).eval()
    figures = {}
    for people, motion in motions.items():
        for name, setting in settings.items():
            generator = torch.Generator().manual_seed(0)
            condition = scale_free_condition(prior.network.config.condition_size)
            examples = draw_examples(motion, windows, prior.network.config.window, setting, generator, condition)
            denoised = denoise_from_noise(network, prior.schedule, examples, _CPU)
            errors = validation_errors(denoised, examples, offsets_m)
            figures[f"{people}, {name}"] = {key: round(value, 2) for key, value in errors.items()}
    return figures


def _seconds_per_step(settings: TrainingSettings, data: Path) -> float:
    training, _ = load_split(data, settings.network)
    with TemporaryDirectory() as folder:
        trainer = Trainer(training, {}, Path(folder), settings, _CPU, decisive_set=HELD_OUT)
        seconds = []
        for _ in range(10):
            began = time.perf_counter()
            trainer.train_step()
            seconds.append(time.perf_counter() - began)
    # Use the least time, so that other load on the machine does not change a variant's training.
    return min(seconds)


def _forward_us_per_frame(network: TrainableTransformer) -> float:
    config = network.config
    x_t, condition = torch.randn(32, config.window, JOINT_COUNT, 6), torch.randn(32, config.window, CONDITION_SIZE)
    level = torch.zeros(32)
    with torch.inference_mode():
        network(x_t, level, condition)
        began = time.perf_counter()
        for _ in range(5):
            network(x_t, level, condition)
    return (time.perf_counter() - began) / (5 * 32 * config.window) * 1e6


if __name__ == "__main__":
    sys.exit(main())
