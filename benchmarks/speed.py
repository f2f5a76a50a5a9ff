# SPDX-License-Identifier: Apache-2.0
"""Time the solver, its network alone, and the official recipe; each function returns the figures of one process."""

from __future__ import annotations

import math
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from inpose_core import CalibrationSettings, Sensors, Skeleton, calibrate, load_prior, load_recording, solve
from inpose_core.body.kinematics import position_operator
from inpose_core.body.skeleton import JOINT_COUNT, SENSOR_JOINTS
from inpose_core.evaluation.baselines.official import STEPS, OfficialGuidance, sample_ddpm_mean
from inpose_core.numerics import Backend
from inpose_core.numerics.products import multiplies_fast
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.conditioning import CONDITION_SIZE, condition_features, window_heading
from inpose_core.prior.network import NetworkConfig
from inpose_core.sampling import Measurement, WindowedDenoiser, Windows
from inpose_core.sampling.guidance import GuidedEstimate
from inpose_core.solver.backends import choose_backend
from inpose_core.training.module import TrainableTransformer

EXAMPLE: Final[Path] = Path(__file__).parent.parent / "examples" / "walk_wave_crouch.csv"
BODY: Final[Skeleton] = Skeleton.template(1.75)


def example_sensors(frames: int) -> Sensors:
    """Return the example, repeated forwards and backwards to the given length."""
    once = calibrate(load_recording(EXAMPLE), BODY, CalibrationSettings(pose="grip", stature_m=1.75)).sensors
    there_and_back = np.concatenate((np.arange(len(once.measured)), np.arange(len(once.measured))[::-1]))
    index = np.resize(there_and_back, frames)
    return Sensors(once.positions_m[index], once.rotations_wxyz[index], once.measured[index], once.fps)


def measure_solve(
    seconds: str, guidance: str, device: str, quality: str = "default", library: str = "auto", precision: str = "auto"
) -> dict[str, Any]:
    """Solve a recording of the given length three times, an hour twice; report the best time."""
    frames = round(60 * float(seconds))
    settings = SolveSettings(guidance=guidance, quality=quality, device=device, library=library, precision=precision)  # type: ignore[arg-type]  # names from the command line; SolveSettings checks them
    prior = load_prior()
    solve(example_sensors(300), BODY, settings, prior)
    sensors = example_sensors(frames)
    runs_s = []
    for _ in range(3 if frames < 100_000 else 2):
        began = time.perf_counter()
        motion = solve(sensors, BODY, settings, prior)
        runs_s.append(_elapsed_s(began, device))
    elapsed_s = min(runs_s)
    hand_error_m = motion.sensor_error_m
    assert hand_error_m is not None
    return {
        "guidance": guidance,
        "quality": quality,
        "steps": settings.denoising_steps,
        "library": choose_backend(settings).library,
        "precision": precision,
        "blas": multiplies_fast(),
        "device": device,
        "frames": frames,
        "seconds_of_each": [round(seconds, 3) for seconds in runs_s],
        "seconds": round(elapsed_s, 3),
        "frames_per_s": round(frames / elapsed_s),
        "times_real_time": round(frames / sensors.fps / elapsed_s, 1),
        **peak_memory_mb(device),
        "hand_error_cm": round(100 * float(np.nanmean(hand_error_m[:, 1:])), 3),
    }


def measure_network(device: str) -> dict[str, Any]:
    """Time one denoising of a minute against its lower bound: operations over the device's rate for large matrices."""
    backend = choose_backend(SolveSettings(device=device))
    prior = load_prior(backend=backend)
    measurement = Measurement.from_sensors(example_sensors(3600), BODY, backend)
    bfloat16 = backend.computes_in_bfloat16("auto")
    denoiser = WindowedDenoiser.for_sensors(prior, measurement.scale_free(True), 60.0, in_bfloat16=bfloat16)
    x_t = backend.asarray(np.zeros((3600, JOINT_COUNT, 6)))
    seconds = _best_s(lambda: denoiser(x_t, 0.0), device)
    config = prior.network.config
    tokens = config.window // config.frames_per_token
    matrices = sum(
        math.prod(w.shape) for name, w in prior.network.weights.items() if w.ndim == 2 and "noise_level" not in name
    )
    attention = 2 * config.depth * tokens * config.width
    operations = 2 * len(denoiser.windows) * tokens * (matrices + attention)
    a = backend.asarray(np.random.default_rng(0).normal(size=(2048, 2048)))
    a = a.bfloat16() if bfloat16 else a
    rate = 2 * 2048**3 / _best_s(lambda: a @ a, device)
    return {
        "library": backend.library,
        "number_format": "bfloat16" if bfloat16 else "float32",
        "us_per_frame": round(1e6 * seconds / 3600, 2),
        "gflop_per_s": round(operations / seconds / 1e9, 1),
        "matrix_rate_gflop_per_s": round(rate / 1e9, 1),
        "share_of_rate": round(operations / seconds / rate, 3),
    }


def measure_official(device: str) -> dict[str, Any]:
    """Time the official recipe on one chunk of 401 frames: its network size, 49 passes with backpropagation.

    The weights are random, which takes the same time.
    """
    backend, frames = Backend("torch", device), 401
    where = torch.device(device)
    config = NetworkConfig(
        CONDITION_SIZE, window=41, frames_per_token=1, width=384, depth=12, heads=6, mlp_ratio=1, dropout=0.0
    )
    network = TrainableTransformer(config).to(where).network()
    measurement = Measurement.from_sensors(example_sensors(frames), BODY, backend)
    windows = Windows.cover(frames, 41, 20)
    windowed = measurement.scale_free(True).windowed(torch.from_numpy(windows.index).to(where))
    heading = window_heading(windowed.R_world_sensor[:, :, 0])
    denoiser = WindowedDenoiser(network, windows, heading, condition_features(windowed, heading, 60.0))
    guidance = _DenselyInverted(measurement, denoiser)
    began = time.perf_counter()
    sample_ddpm_mean(denoiser, guidance, torch.randn(frames, JOINT_COUNT, 6, device=where), (-8.0, 8.0))
    elapsed_s = _elapsed_s(began, device)
    return {
        "steps": STEPS,
        "frames": frames,
        "parameters_m": round(sum(math.prod(w.shape) for w in network.weights.values()) / 1e6, 1),
        "seconds": round(elapsed_s, 1),
        "frames_per_s": round(frames / elapsed_s, 2),
    }


class _DenselyInverted(OfficialGuidance):
    """Invert a window's 369 x 369 matrix by singular values in every step, as the released code does."""

    def __init__(self, measurement: Measurement, denoiser: WindowedDenoiser) -> None:
        super().__init__(measurement, denoiser)
        A = position_operator(measurement.offsets_m, SENSOR_JOINTS)
        cyclic = torch.kron(torch.eye(3, device=A.device), self.difference)
        self.gram_of_window = torch.block_diag(*[cyclic @ A @ A.T @ cyclic.T] * 41)

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
        """Return the recipe's guidance shift, after the inversion."""
        eye = torch.eye(len(self.gram_of_window), device=x_0.device)
        torch.linalg.pinv(self.gram_of_window + 0.1 / sigma**2 * eye)
        return super().guide(x_0, x_t, alpha, sigma)


def peak_memory_mb(device: str = "cpu") -> dict[str, int]:
    """Return this process' peak resident memory, and the device's."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"peak_memory_mb": round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))}
    if device == "cuda":
        figures["peak_device_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return figures


def _best_s(run: Any, device: str) -> float:
    run()
    seconds = []
    for _ in range(8):
        began = time.perf_counter()
        run()
        seconds.append(_elapsed_s(began, device))
    return min(seconds)


def _elapsed_s(began: float, device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began
