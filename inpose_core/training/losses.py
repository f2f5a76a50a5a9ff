# SPDX-License-Identifier: Apache-2.0
"""Score a denoised window: rotations, joint positions relative to the head, and joint velocities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..body.kinematics import forward_kinematics
from ..body.motion import SOLVER_FPS
from ..body.rotations import geodesic_angle, sixd_to_matrix
from ..body.skeleton import ANKLE_JOINTS, KNEE_JOINTS, LEG_JOINTS, SENSOR_JOINTS, TOE_JOINTS
from ..prior.network import Denoised
from .augmentation import Examples

_LOG_SCALE_RANGE: Final[tuple[float, float]] = (-6.0, 2.0)


@dataclass(frozen=True)
class LossWeights:
    """Hold the weights of the loss terms; positions are on a template adult, in metres."""

    rotation: float = 1.0
    position: float = 4.0
    velocity: float = 0.1
    contact: float = 0.02
    standing_toes: float = 0.1
    """Velocity of planted toes, in addition to `velocity`: foot sliding is the most visible error."""
    lifted: float = 2.0
    """Height of the left toes over the right ones, so that a lifted foot is lifted fully."""
    feet: float = 1.0
    """Foot positions from the network's direct output, in leg lengths."""
    feet_velocity: float = 0.1
    feet_scale: float = 0.02
    """Likelihood of the foot errors under the scale that the network predicts."""
    absolute: bool = True
    """Score errors by their length instead of its square. Training then approaches the posterior's median, not its
    mean, several times as fast, because small errors keep a gradient."""

    @classmethod
    def squared(cls) -> LossWeights:
        """Return the weights of the squared errors that trained the shipped prior."""
        return cls(rotation=0.33, position=8.0, standing_toes=0.0, lifted=0.0, absolute=False)


def denoising_loss(
    denoised: Denoised,
    examples: Examples,
    sigma: Tensor,
    offsets_m: Tensor,
    weights: LossWeights,
) -> Tensor:
    """Return the training loss, a scalar.

    Args:
        denoised: the network's output for the examples, in float32.
        examples: the ground truth and the weight of each frame.
        sigma: (B,) noise level; low noise has up to five times the weight, because its errors are small.
        offsets_m: (22, 3) template body.
        weights: balance of the terms.
    """
    frame_weight = examples.weight / (sigma[:, None] ** 2 + 0.2)
    step_weight = torch.minimum(frame_weight[:, 1:], frame_weight[:, :-1])
    length = _length if weights.absolute else _half_square
    rotation = length(denoised.x_0 - state_of(examples.x_0, denoised.x_0.shape[-1] // 3)).mean(dim=-1)
    error = _head_relative(state_to_matrix(denoised.x_0), offsets_m) - _head_relative(
        sixd_to_matrix(examples.x_0), offsets_m
    )
    # The head is measured, so a head-relative error is a world error; while the true foot is planted, it is sliding.
    speed = length((error[:, 1:] - error[:, :-1]) * SOLVER_FPS)
    standing = torch.minimum(examples.contact[:, 1:], examples.contact[:, :-1])
    slide = (speed[..., list(TOE_JOINTS)] * standing).mean(-1)
    toes = error[..., list(TOE_JOINTS), 1]
    lifted = length((toes[..., 0] - toes[..., 1])[..., None])
    contact = binary_cross_entropy_with_logits(denoised.contact_logits, examples.contact, reduction="none").mean(-1)
    per_frame = (
        weights.rotation * rotation
        + weights.position * length(error).mean(-1)
        + weights.lifted * lifted
        + weights.contact * contact
    )
    per_step = weights.velocity * speed.mean(-1) + weights.standing_toes * slide
    total = (per_frame * frame_weight).mean() + (per_step * step_weight).mean()
    if denoised.feet.shape[-2]:
        total = total + _feet_loss(denoised, examples, frame_weight, step_weight, weights)
    return total


def _feet_loss(
    denoised: Denoised, examples: Examples, frame_weight: Tensor, step_weight: Tensor, weights: LossWeights
) -> Tensor:
    error = denoised.feet - examples.feet
    distance = _length(error)
    # The scale learns from the errors, but not the reverse: uncertain places should still be as accurate as possible.
    log_scale = denoised.feet_log_scale.clamp(*_LOG_SCALE_RANGE)
    likelihood = distance.detach() * torch.exp(-log_scale) + 3 * log_scale
    speed = _length((error[:, 1:] - error[:, :-1]) * SOLVER_FPS).mean(-1)
    per_frame = weights.feet * distance.mean(-1) + weights.feet_scale * likelihood.mean(-1)
    return (per_frame * frame_weight).mean() + weights.feet_velocity * (speed * step_weight).mean()


def state_of(sixd: Tensor, columns: int) -> Tensor:
    """Return 6D rotations as a state of two or three columns, (..., 3 columns)."""
    return sixd if columns == 2 else torch.cat((sixd, torch.linalg.cross(sixd[..., :3], sixd[..., 3:])), dim=-1)


def state_to_matrix(state: Tensor) -> Tensor:
    """Return matrices (..., 3, 3): from two columns by Gram-Schmidt, or the three columns unchanged."""
    return sixd_to_matrix(state) if state.shape[-1] == 6 else state.unflatten(-1, (3, 3)).transpose(-1, -2)


def _half_square(error: Tensor) -> Tensor:
    return 0.5 * error.square().sum(-1)


def _length(error: Tensor) -> Tensor:
    """Return the length (..., n) -> (...), smooth at zero."""
    return (error.square().sum(-1) + 1e-6).sqrt()


def validation_errors(denoised: Denoised, examples: Examples, offsets_m: Tensor) -> dict[str, float]:
    """Return mean errors: geodesic angle in degrees, head-aligned joint position in cm, contacts, foot positions.

    Joint errors in cm on the body ``offsets_m``: all, legs, toes, and toes from the network's direct output. Sliding of
    planted toes in cm/s. Recall and precision of contacts in per cent.
    """
    R_hat, R, weight = sixd_to_matrix(denoised.x_0[..., :6]), sixd_to_matrix(examples.x_0), examples.weight
    angle_deg = torch.rad2deg(geodesic_angle(R_hat, R)).mean(-1)
    error = 100 * (_head_relative(R_hat, offsets_m) - _head_relative(R, offsets_m))
    distance_cm = error.norm(dim=-1)
    toes = list(TOE_JOINTS)
    slide_cm_s = (error[:, 1:, toes] - error[:, :-1, toes])[..., [0, 2]].norm(dim=-1) * SOLVER_FPS
    standing = torch.minimum(examples.contact[:, 1:], examples.contact[:, :-1])
    standing = standing * torch.minimum(weight[:, 1:], weight[:, :-1])[..., None]
    said, true = denoised.contact_logits > 0, examples.contact > 0.5
    both = ((said & true) * weight[..., None]).sum()
    figures = {
        "geodesic_deg": _mean(angle_deg, weight),
        "mpjpe_cm": _mean(distance_cm.mean(-1), weight),
        "lower_cm": _mean(distance_cm[..., list(LEG_JOINTS)].mean(-1), weight),
        "toes_cm": _mean(distance_cm[..., toes].mean(-1), weight),
        "slide_cm_s": float((slide_cm_s * standing).sum() / standing.sum().clamp(min=1)),
        "contact_recall": float(100 * both / (true * weight[..., None]).sum().clamp(min=1)),
        "contact_precision": float(100 * both / (said * weight[..., None]).sum().clamp(min=1)),
    }
    if denoised.feet.shape[-2]:
        leg_cm = 100 * float(offsets_m[[*KNEE_JOINTS, *ANKLE_JOINTS]].norm(dim=-1).sum() / 2)
        toes_told = leg_cm * (denoised.feet - examples.feet)[..., 2:, :].norm(dim=-1).mean(-1)
        figures["toes_told_cm"] = _mean(toes_told, weight)
    return figures


def _mean(values: Tensor, weight: Tensor) -> float:
    return float((values * weight).sum() / weight.sum())


def _head_relative(R: Tensor, offsets_m: Tensor) -> Tensor:
    positions_m = forward_kinematics(R, offsets_m)
    return positions_m - positions_m[..., SENSOR_JOINTS[0], None, :]
