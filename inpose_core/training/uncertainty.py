# SPDX-License-Identifier: Apache-2.0
"""Measure how far denoised rotations are from the truth, per joint and noise level, on held-out people."""

from __future__ import annotations

import torch

from ..body.rotations import geodesic_angle, sixd_to_matrix
from ..prior.schedule import NoiseSchedule
from ..prior.uncertainty import Uncertainty
from .augmentation import Examples
from .losses import state_of
from .module import TrainableTransformer

_LEVELS = 12
_MOST_WINDOWS = 256


@torch.no_grad()
def measure_uncertainty(
    network: TrainableTransformer, schedule: NoiseSchedule, examples: Examples, device: torch.device
) -> Uncertainty:
    """Return the mean squared tangent residual per axis, joint and noise level; the mean of the left and right sides.

    The residual is ``omega = log(R_hat^T R)``; with equal variance on three axes, ``E|omega|^2 = 3 variance``.
    """
    generator = torch.Generator().manual_seed(1)
    chosen = torch.randperm(len(examples), generator=generator)[:_MOST_WINDOWS]
    x_0, condition, weight = examples.x_0[chosen], examples.condition[chosen], examples.weight[chosen]
    R = sixd_to_matrix(x_0)
    times = schedule.times(_LEVELS)[:-1]
    variances = []
    for t in times:
        squared = []
        for first in range(0, len(x_0), 64):
            part = slice(first, first + 64)
            state = state_of(x_0[part], network.config.columns)
            noise = torch.randn(state.shape, generator=generator)
            x_t = float(schedule.alpha(t)) * state + float(schedule.sigma(t)) * noise
            log_snr = torch.full((len(x_t),), float(schedule.log_snr(t)))
            denoised = network(x_t.to(device), log_snr.to(device), condition[part].to(device))
            squared.append(geodesic_angle(sixd_to_matrix(denoised.x_0[..., :6].float().cpu()), R[part]).square())
        angle2 = (torch.cat(squared) * weight[..., None]).sum(dim=(0, 1)) / weight.sum()
        variances.append(angle2 / 3)
    # `times` runs from noise to data, which is increasing log-SNR.
    return Uncertainty(schedule.log_snr(times), torch.stack(variances).numpy()).of_both_sides()
