# SPDX-License-Identifier: Apache-2.0
"""Score a denoised window: rotations, joint positions relative to the head, and joint velocities."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..body.kinematics import forward_kinematics
from ..body.rotations import geodesic_angle, sixd_to_matrix
from ..body.skeleton import LEG_JOINTS, SENSOR_JOINTS
from ..recording.types import SOLVER_FPS
from .augmentation import Examples


@dataclass(frozen=True)
class LossWeights:
    """Balance the terms; positions are those of a template adult, in metres."""

    rotation: float = 1.0
    position: float = 4.0
    velocity: float = 0.1
    contact: float = 0.02
    absolute: bool = True
    """Score errors by their length instead of its square: towards the posterior's median instead of its mean, and
    several times as fast towards either, since small errors still pull."""

    @classmethod
    def squared(cls) -> LossWeights:
        """Return the weights of squared errors that the shipped prior was trained with."""
        return cls(rotation=0.33, position=8.0, absolute=False)


def denoising_loss(
    estimate: Tensor,
    contact_logits: Tensor,
    examples: Examples,
    sigma: Tensor,
    offsets_m: Tensor,
    weights: LossWeights,
) -> Tensor:
    """Return the training loss, a scalar.

    Args:
        estimate: denoised rotations, (B, T, 22, 6), or (B, T, 22, 9) for whole matrices.
        contact_logits: (B, T, 2).
        examples: the truth and the weight of each frame.
        sigma: (B,) noise level: low noise counts up to five times as much, because its errors are small.
        offsets_m: (22, 3) template body.
        weights: balance of the terms.
    """
    frame_weight = examples.weight / (sigma[:, None] ** 2 + 0.2)
    length = _length if weights.absolute else _half_square
    rotation = length(estimate - state_of(examples.x_0, estimate.shape[-1] // 3)).mean(dim=-1)
    error = _head_relative(state_to_matrix(estimate), offsets_m) - _head_relative(
        sixd_to_matrix(examples.x_0), offsets_m
    )
    position = length(error).mean(-1)
    velocity = length((error[:, 1:] - error[:, :-1]) * SOLVER_FPS).mean(-1)
    contact = binary_cross_entropy_with_logits(contact_logits, examples.contact, reduction="none").mean(-1)
    per_frame = weights.rotation * rotation + weights.position * position + weights.contact * contact
    total = (per_frame * frame_weight).mean()
    return total + weights.velocity * (velocity * torch.minimum(frame_weight[:, 1:], frame_weight[:, :-1])).mean()


def state_of(sixd: Tensor, columns: int) -> Tensor:
    """Return 6D rotations as a state of two or three columns, (..., 3 columns)."""
    return sixd if columns == 2 else torch.cat((sixd, torch.linalg.cross(sixd[..., :3], sixd[..., 3:])), dim=-1)


def state_to_matrix(state: Tensor) -> Tensor:
    """Return matrices (..., 3, 3): of two columns by Gram-Schmidt, three columns as they are."""
    return sixd_to_matrix(state) if state.shape[-1] == 6 else state.unflatten(-1, (3, 3)).transpose(-1, -2)


def _half_square(error: Tensor) -> Tensor:
    return 0.5 * error.square().sum(-1)


def _length(error: Tensor) -> Tensor:
    """Return the length (..., n) -> (...), smooth at zero."""
    return (error.square().sum(-1) + 1e-6).sqrt()


def validation_errors(estimate: Tensor, x_0: Tensor, weight: Tensor, offsets_m: Tensor) -> dict[str, float]:
    """Return mean errors: geodesic angle in degrees, head-aligned joint position in cm (all joints, legs)."""
    R_hat, R = sixd_to_matrix(estimate[..., :6]), sixd_to_matrix(x_0)
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
