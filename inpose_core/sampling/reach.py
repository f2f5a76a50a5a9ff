# SPDX-License-Identifier: Apache-2.0
"""Limit the targets of the hands to what the arms can reach.

A hand that was measured farther from the shoulder than the arm is long, on shorter arms or after a wrong calibration,
has no solution, and Gauss-Newton steps towards it grow without bound where the arm is nearly straight. So the target is
brought to little more than the arm's reach on the same line, and a part of what it lies beyond is noise: the
arm straightens towards the target, the trunk follows a little, and the rest is left over as the reported error.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from ..body.kinematics import rotated_chains
from ..body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS

_ARM_JOINTS: Final[tuple[int, ...]] = (*SHOULDER_JOINTS, *ELBOW_JOINTS)
"""Upper arms and forearms: what they carry lies beyond the shoulders."""
_TRUNK_SHARE: Final[float] = 0.15
"""How far beyond its reach an arm may be drawn, in its own length: the trunk and the collar bones give so much."""
_NOISE_SHARE: Final[float] = 0.1
"""Noise of a target over its distance beyond reach; without it the wrists jerk hundreds of times as much."""
_STRAIGHT: Final[float] = 0.998


def within_reach(R_world: Tensor, difference_kappa: Tensor, difference_m: Tensor) -> tuple[Tensor, Tensor]:
    """Return targets that the arms can nearly reach, (F, 2, 3), and how far these are beyond their reach, (F, 2).

    Args:
        R_world: the estimate, of which the shoulders are taken, (F, 22, 3, 3).
        difference_kappa: chains of head minus each hand, (2, 22, 3).
        difference_m: measured head minus each hand, (F, 2, 3).
    """
    arms = difference_kappa.new_zeros(difference_kappa.shape)
    arms[:, list(_ARM_JOINTS)] = difference_kappa[:, list(_ARM_JOINTS)]
    length_m = _STRAIGHT * arms.norm(dim=-1).sum(dim=-1)
    head_minus_shoulder_m = rotated_chains(R_world, difference_kappa - arms).sum(dim=-2)
    shoulder_minus_hand_m = difference_m - head_minus_shoulder_m
    distance_m = shoulder_minus_hand_m.norm(dim=-1)
    beyond_m = (distance_m - length_m).clamp(min=0)
    give_m = _TRUNK_SHARE * length_m
    allowed_m = torch.minimum(distance_m, length_m + give_m * torch.tanh(beyond_m / give_m.clamp(min=1e-6)))
    share = (allowed_m / distance_m.clamp(min=1e-6))[..., None]
    return head_minus_shoulder_m + share * shoulder_minus_hand_m, (allowed_m - length_m).clamp(min=0)


def beyond_variance(beyond_m: Tensor, extra_rows: int = 0) -> Tensor:
    """Return the covariance that targets beyond reach, (F, 2), add to that of the differences, (F, 6 + extra, ...)."""
    variance = (_NOISE_SHARE * beyond_m).square().repeat_interleave(3, dim=-1)
    return torch.diag_embed(torch.nn.functional.pad(variance, (0, extra_rows)))
