# SPDX-License-Identifier: Apache-2.0
"""Measure training speed beside the device's limit: ``python benchmarks/training.py --data FOLDER [--device cuda]``.

Prints windows per second, the arithmetic that they need (6 operations per weight and token, forward and backward),
and the device's rate for large matrix products in bfloat16.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from inpose_core.training.devices import torch_device
from inpose_core.training.split import load_training_motion
from inpose_core.training.trainer import Trainer, TrainingSettings


def main() -> int:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    device = torch_device(options.device)
    settings = TrainingSettings(batch=options.batch)
    with TemporaryDirectory() as folder:
        data = load_training_motion(options.data)
        trainer = Trainer(data, {}, Path(folder), settings, device, decisive_set="held_out")
        step_s = _seconds(trainer.train_step, options.steps, device)
    weights = sum(p.numel() for p in trainer.network.parameters() if p.dim() >= 2)
    tokens = settings.network.window // settings.network.frames_per_token
    rate = 6 * weights * tokens * settings.batch / step_s
    peak = _matrix_rate(device)
    row = {
        "device": torch.cuda.get_device_name() if device.type == "cuda" else f"cpu, {torch.get_num_threads()} threads",
        "batch": settings.batch,
        "windows_per_s": round(settings.batch / step_s, 1),
        "gflop_per_s": round(rate / 1e9),
        "matrix_gflop_per_s": round(peak / 1e9),
        "share_of_peak": round(rate / peak, 3),
    }
    print(json.dumps(row))
    return 0


def _matrix_rate(device: torch.device, size: int = 3072) -> float:
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * size**3 / _seconds(lambda: a @ b, 5, device)


def _seconds(work: Callable[[], object], repeats: int, device: torch.device) -> float:
    for _ in range(3):
        work()
    _wait(device)
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    _wait(device)
    return (time.perf_counter() - began) / repeats


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    sys.exit(main())
