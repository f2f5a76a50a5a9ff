# SPDX-License-Identifier: Apache-2.0
"""Run all GPU work in one command: ``python benchmarks/gpu_day.py --data PACK.npz --out runs/gpu_day``.

The steps, each saving its result: agreement of CPU and GPU; speed; the prior, from scratch; the rivals, all with the
same large budget; ablations of the prior. It stops after ``--minutes``; another call continues from the folder.
Make PACK.npz with ``inpose pack DATA -o PACK.npz --join``. The weights are in ``prior/prior.safetensors``.
``--miniature`` runs all steps in a minute on a CPU, as a test.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import torch

from inpose_core import Skeleton, calibrate, load_recording, solve
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.calibration import CalibrationSettings
from inpose_core.evaluation.baselines.networks import NETWORKS, Budget, train_network
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import load_prior
from inpose_core.prior.conditioning import CONDITION_SIZE, THREE_POINT_SIZE
from inpose_core.prior.network import NetworkConfig
from inpose_core.training.split import HELD_OUT, load_split
from inpose_core.training.trainer import Trainer, TrainingSettings

ROOT: Final[Path] = Path(__file__).parent.parent
MOST_DISAGREEMENT_DEG: Final[float] = 0.05
_FEWEST_SECONDS: Final[float] = 20.0
"""A step does not begin with less time than this."""


@dataclass(frozen=True)
class Day:
    """Hold the settings of a day's work."""

    data: Path
    out: Path
    device: torch.device
    ends_at: float
    """`time.monotonic` at the end."""
    prior: TrainingSettings
    """Settings of the prior, except its steps, which follow from its seconds and the device's speed."""
    prior_seconds: float
    rival_budget: Budget
    ablation_steps: int
    miniature: bool

    @property
    def seconds_left(self) -> float:
        """Return the time until the end."""
        return self.ends_at - time.monotonic()


ABLATIONS: Final[Mapping[str, Callable[[TrainingSettings], TrainingSettings]]] = {
    "base": lambda base: base,
    "no direct foot positions": lambda base: replace(base, network=replace(base.network, feet=False)),
    "no loss on standing and lifted feet": lambda base: replace(
        base, loss=replace(base.loss, standing_toes=0.0, lifted=0.0)
    ),
    "no trackers in training": lambda base: replace(base, augmentation=replace(base.augmentation, trackers=0.0)),
    "half the window": lambda base: replace(base, network=replace(base.network, window=base.network.window // 2)),
    "half as many frames a token": lambda base: replace(
        base, network=replace(base.network, frames_per_token=base.network.frames_per_token // 2)
    ),
}
"""Variants of the prior, each trained for the same few steps."""


def main() -> int:
    """Run the remaining steps while there is time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="packed motion: a file or a folder")
    parser.add_argument("--out", type=Path, default=Path("runs/gpu_day"))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=25.0, help="when to stop; call again to go on")
    parser.add_argument("--prior-minutes", type=float, default=14.0, help="training of the prior, over all calls")
    parser.add_argument("--miniature", action="store_true")
    options = parser.parse_args()
    day = plan(options)
    day.out.mkdir(parents=True, exist_ok=True)
    steps: Mapping[str, Callable[[Day], dict[str, object] | None]] = {
        "agreement": agreement,
        "speed": speed,
        "prior": prior,
        "rivals": rivals,
        "ablations": ablations,
    }
    for name, step in steps.items():
        path = day.out / f"{name}.json"
        if path.exists():
            continue
        if day.seconds_left < _FEWEST_SECONDS:
            print(f"{name}: no time left; call again")
            return 0
        began = time.monotonic()
        figures = step(day)
        if figures is None:
            print(f"{name}: not done yet; call again")
            return 0
        figures["seconds"] = round(time.monotonic() - began, 1)
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {json.dumps(figures)}", flush=True)
    return 0


def plan(options: argparse.Namespace) -> Day:
    """Return the day's work for the options."""
    device = torch.device(options.device)
    settings = TrainingSettings(
        batch=1024,
        learning_rate=1.2e-3,
        warmup_steps=1000,
        ema_decay=0.9995,
        compiled=device.type == "cuda",
        validate_every=1000,
        checkpoint_every=1000,
    )
    budget = Budget(steps=6000, batch=128)
    ablation_steps = 2500
    if options.miniature:
        network = NetworkConfig(CONDITION_SIZE, window=64, frames_per_token=8, width=48, depth=2, heads=2, feet=True)
        settings = replace(settings, batch=8, network=network, compiled=False, warmup_steps=2, validate_every=10)
        rival = NetworkConfig(THREE_POINT_SIZE, window=32, frames_per_token=4, width=16, depth=1, heads=2)
        budget = Budget(steps=3, batch=4, network=rival)
        ablation_steps = 2
    return Day(
        data=options.data,
        out=options.out,
        device=device,
        ends_at=time.monotonic() + 60 * options.minutes,
        prior=settings,
        prior_seconds=60 * options.prior_minutes,
        rival_budget=budget,
        ablation_steps=ablation_steps,
        miniature=options.miniature,
    )


def agreement(day: Day) -> dict[str, object]:
    """Solve the example on the CPU and on the device, and compare.

    Raises:
        RuntimeError: they do not agree.
    """
    body = Skeleton.template()
    recording = load_recording(ROOT / "examples" / "walk_wave_crouch.csv")
    sensors = calibrate(recording, body, CalibrationSettings()).sensors
    motions = [
        solve(sensors, body, SolveSettings(device=device, precision="float32"), load_prior())
        for device in ("cpu", day.device.type)
    ]
    angle_deg = np.rad2deg(geodesic_angle(motions[0].rotations_wxyz, motions[1].rotations_wxyz))
    if angle_deg.mean() > MOST_DISAGREEMENT_DEG:
        raise RuntimeError(f"CPU and {day.device} differ by {angle_deg.mean():.3f} degrees on average.")
    return {"mean_deg": float(angle_deg.mean()), "largest_deg": float(angle_deg.max())}


def speed(day: Day) -> dict[str, object]:
    """Run the benchmark on the device."""
    path = day.out / "bench.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "bench.py"), "--device", day.device.type, "--out", str(path)]
    if day.miniature:
        command.append("--quick")
    try:
        subprocess.run(command, check=True, timeout=max(_FEWEST_SECONDS, min(240.0, day.seconds_left)), cwd=ROOT)
    except subprocess.TimeoutExpired:
        return {"file": None, "why": "it took too long"}
    return {"file": path.name}


def prior(day: Day) -> dict[str, object] | None:
    """Train the prior while there is time, and return its results after the last step."""
    data, validation = load_split(day.data, day.prior.network)
    folder = day.out / "prior"
    plan_path = day.out / "prior_plan.json"
    if not plan_path.exists():
        with TemporaryDirectory() as scratch:
            trial = Trainer(data, {}, Path(scratch), day.prior, day.device, decisive_set=HELD_OUT)
            step_s = _seconds_per_step(trial)
        steps = max(20, int(day.prior_seconds / step_s))
        plan_path.write_text(json.dumps({"steps": steps, "seconds_per_step": step_s}) + "\n", encoding="utf-8")
        print(f"prior: {steps} steps of {1000 * step_s:.1f} ms", flush=True)
    planned = json.loads(plan_path.read_text(encoding="utf-8"))
    settings = replace(day.prior, steps=planned["steps"])
    trainer = Trainer(data, validation, folder, settings, day.device, decisive_set=HELD_OUT)
    if not trainer.advance(day.seconds_left - _FEWEST_SECONDS):
        return None
    trained = trainer.finish()
    return {
        **planned,
        "batch": settings.batch,
        "megabytes": round((folder / "prior.safetensors").stat().st_size / 1e6, 2),
        "validation": json.loads(trained.training["validation"]),
    }


def rivals(day: Day) -> dict[str, object] | None:
    """Train every network of the comparison with the same budget; `inpose evaluate --runs` measures them."""
    for name in NETWORKS:
        if day.seconds_left < _FEWEST_SECONDS:
            return None
        train_network(name, day.data, day.out / "rivals", day.rival_budget, day.device)
    return {"steps": day.rival_budget.steps, "batch": day.rival_budget.batch, "networks": list(NETWORKS)}


def ablations(day: Day) -> dict[str, object] | None:
    """Train each variant for the same few steps and return its validation errors."""
    results = day.out / "ablations.jsonl"
    done = {row["name"]: row for row in map(json.loads, results.read_text().splitlines())} if results.exists() else {}
    for name, vary in ABLATIONS.items():
        if name in done:
            continue
        if day.seconds_left < _FEWEST_SECONDS:
            return None
        settings = vary(replace(day.prior, steps=day.ablation_steps, validate_every=10**9))
        data, validation = load_split(day.data, settings.network)
        with TemporaryDirectory() as scratch:
            trainer = Trainer(data, validation, Path(scratch), settings, day.device, decisive_set=HELD_OUT)
            trainer.advance()
            row = {"name": name, "steps": settings.steps, "validation": trainer.validate()}
        done[name] = row
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    return {"rows": list(done.values())}


def _seconds_per_step(trainer: Trainer, warm: int = 10, counted: int = 30) -> float:
    for _ in range(warm):
        float(trainer.train_step())
    began = time.monotonic()
    for _ in range(counted - 1):
        trainer.train_step()
    float(trainer.train_step())
    return (time.monotonic() - began) / counted


if __name__ == "__main__":
    sys.exit(main())
