# SPDX-License-Identifier: Apache-2.0
"""Time the official recipe on one chunk."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inpose_core.body.kinematics import position_operator
from inpose_core.body.skeleton import JOINT_COUNT, SENSOR_JOINTS
from inpose_core.evaluation.baselines.official import STEPS, OfficialGuidance, sample_ddpm_mean
from inpose_core.numerics import Backend
from inpose_core.prior.conditioning import CONDITION_SIZE, condition_features, window_heading
from inpose_core.prior.network import NetworkConfig
from inpose_core.sampling import Measurement, WindowedDenoiser, Windows
from inpose_core.sampling.guidance import GuidedEstimate
from inpose_core.training.module import TrainableTransformer

sys.path.insert(0, str(Path(__file__).parent))
from speed import BODY, elapsed_s, example_sensors


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
    seconds = elapsed_s(began, device)
    return {
        "steps": STEPS,
        "frames": frames,
        "parameters_m": round(sum(math.prod(w.shape) for w in network.weights.values()) / 1e6, 1),
        "seconds": round(seconds, 1),
        "frames_per_s": round(frames / seconds, 2),
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
