# SPDX-License-Identifier: Apache-2.0
"""Time the solver and its network alone; each function returns the figures of one process.

It loads no torch for numpy, whose memory is measured.
"""

from __future__ import annotations

import math
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from inpose_core import CalibrationSettings, Motion, Sensors, Skeleton, calibrate, load_prior, load_recording, solve
from inpose_core.body.points import joints_of_points
from inpose_core.body.skeleton import JOINT_COUNT, SENSOR_JOINTS
from inpose_core.numerics.products import multiplies_fast
from inpose_core.options.solve import SolveSettings
from inpose_core.recording.sensors import MeasuredPoint
from inpose_core.sampling import Measurement, WindowedDenoiser
from inpose_core.solver.backends import choose_backend

EXAMPLE: Final[Path] = Path(__file__).parent.parent / "examples" / "walk_wave_crouch.csv"
BODY: Final[Skeleton] = Skeleton.template(1.75)


def example_sensors(frames: int) -> Sensors:
    """Return the example, repeated forwards and backwards to the given length."""
    once = calibrate(load_recording(EXAMPLE), BODY, CalibrationSettings(pose="grip", stature_m=1.75)).sensors
    there_and_back = np.concatenate((np.arange(len(once.measured)), np.arange(len(once.measured))[::-1]))
    index = np.resize(there_and_back, frames)
    return Sensors(once.positions_m[index], once.rotations_wxyz[index], once.measured[index], once.fps)


def with_points(sensors: Sensors, motion: Motion, points: str) -> Sensors:
    """Return sensors that also measure the further joints of a motion among ``points``, by perfect trackers."""
    seen = np.ones(len(motion), np.bool_)
    positions_m = motion.joint_positions_m
    further = [joint for joint in joints_of_points(points) if joint not in SENSOR_JOINTS]
    return sensors.with_points(
        *(MeasuredPoint(joint, positions_m[:, joint], seen, motion.rotations_wxyz[:, joint]) for joint in further)
    )


def measure_solve(
    seconds: str,
    guidance: str,
    device: str,
    quality: str = "default",
    library: str = "auto",
    precision: str = "auto",
    points: str = "head,hands",
) -> dict[str, Any]:
    """Solve a recording of the given length three times, an hour twice; report the best time."""
    frames = round(60 * float(seconds))
    settings = SolveSettings(guidance=guidance, quality=quality, device=device, library=library, precision=precision)  # type: ignore[arg-type]  # names from the command line; SolveSettings checks them
    prior = load_prior()
    solve(example_sensors(300), BODY, settings, prior)
    sensors = example_sensors(frames)
    if points != "head,hands":
        sensors = with_points(sensors, solve(sensors, BODY, settings, prior), points)
    runs_s = []
    for _ in range(3 if frames < 100_000 else 2):
        began = time.perf_counter()
        motion = solve(sensors, BODY, settings, prior)
        runs_s.append(elapsed_s(began, device))
    best_s = min(runs_s)
    hand_error_m = motion.sensor_error_m
    assert hand_error_m is not None
    return {
        "points": points,
        "guidance": guidance,
        "quality": quality,
        "steps": settings.denoising_steps,
        "library": choose_backend(settings).library,
        "precision": precision,
        "blas": multiplies_fast(),
        "device": device,
        "frames": frames,
        "seconds_of_each": [round(seconds, 3) for seconds in runs_s],
        "seconds": round(best_s, 3),
        "frames_per_s": round(frames / best_s),
        "times_real_time": round(frames / sensors.fps / best_s, 1),
        **peak_memory_mb(device),
        "hand_error_cm": round(100 * float(np.nanmean(hand_error_m[:, 1 : len(SENSOR_JOINTS)])), 3),
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


def peak_memory_mb(device: str = "cpu") -> dict[str, int]:
    """Return this process' peak resident memory, and the device's."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"peak_memory_mb": round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))}
    if device == "cuda":
        import torch  # noqa: PLC0415 (numpy's memory is to be its own)

        figures["peak_device_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return figures


def _best_s(run: Any, device: str) -> float:
    run()
    seconds = []
    for _ in range(8):
        began = time.perf_counter()
        run()
        seconds.append(elapsed_s(began, device))
    return min(seconds)


def elapsed_s(began: float, device: str) -> float:
    """Return the seconds since ``began``, when the device has done its work."""
    if device == "cuda":
        import torch  # noqa: PLC0415

        torch.cuda.synchronize()
    return time.perf_counter() - began
