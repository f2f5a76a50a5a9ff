# SPDX-License-Identifier: Apache-2.0
"""Score a denoised window: rotations, joint positions relative to the head, and joint velocities."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..kinematics import forward_kinematics
from ..recording.types import SOLVER_FPS
from ..rotations import geodesic_angle, sixd_to_matrix
from ..skeleton import LEG_JOINTS, SENSOR_JOINTS


@dataclass(frozen=True)
class LossWeights:
    """Balance the terms; positions are those of a template adult, in metres."""

    rotation: float = 1.0
    position: float = 4.0
    velocity: float = 0.05


def denoising_loss(
    estimate: Tensor, x_0: Tensor, weight: Tensor, sigma: Tensor, offsets_m: Tensor, weights: LossWeights
) -> Tensor:
    """Return the training loss, a scalar.

    Args:
        estimate: denoised 6D rotations, (B, T, 22, 6).
        x_0: the truth, (B, T, 22, 6).
        weight: (B, T) weight of each frame.
        sigma: (B,) noise level: low noise counts up to five times as much, because its errors are small.
        offsets_m: (22, 3) template body.
        weights: balance of the terms.
    """
    frame_weight = weight / (sigma[:, None] ** 2 + 0.2)
    rotation = (estimate - x_0).square().mean(dim=(-2, -1))
    p_hat = _head_relative(sixd_to_matrix(estimate), offsets_m)
    p = _head_relative(sixd_to_matrix(x_0), offsets_m)
    position = (p_hat - p).square().sum(-1).mean(-1)
    error = p_hat - p
    velocity = ((error[:, 1:] - error[:, :-1]) * SOLVER_FPS).square().sum(-1).mean(-1)
    per_frame = weights.rotation * rotation + weights.position * position
    total = (per_frame * frame_weight).mean()
    return total + weights.velocity * (velocity * torch.minimum(frame_weight[:, 1:], frame_weight[:, :-1])).mean()


def validation_errors(estimate: Tensor, x_0: Tensor, weight: Tensor, offsets_m: Tensor) -> dict[str, float]:
    """Return mean errors: geodesic angle in degrees, head-aligned joint position in cm (all joints, legs)."""
    R_hat, R = sixd_to_matrix(estimate), sixd_to_matrix(x_0)
    angle_deg = torch.rad2deg(geodesic_angle(R_hat, R)).mean(-1)
    distance_cm = 100 * (_head_relative(R_hat, offsets_m) - _head_relative(R, offsets_m)).norm(dim=-1)
    total = weight.sum()
    return {
        "geodesic_deg": float((angle_deg * weight).sum() / total),
        "mpjpe_cm": float((distance_cm.mean(-1) * weight).sum() / total),
        "lower_cm": float((distance_cm[..., list(LEG_JOINTS)].mean(-1) * weight).sum() / total),
    }


def _head_relative(R: Tensor, offsets_m: Tensor) -> Tensor:
    positions_m = forward_kinematics(R, offsets_m)
    return positions_m - positions_m[..., SENSOR_JOINTS[0], None, :]
