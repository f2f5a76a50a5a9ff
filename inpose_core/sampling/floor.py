# SPDX-License-Identifier: Apache-2.0
"""Measure the floor: the lowest foot stands on it.

Differencing the positions throws the head's height away; this row returns it. It is soft three times: the lowest foot
is chosen softly, so that the support passes smoothly from foot to foot; the residual is smoothed in time, so that it
cannot shake the body; its tolerance grows with the residual, so that a jump or a step on a box is not pulled down.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..body.kinematics import chain_offsets, rotated_chains
from ..body.skeleton import FOOT_JOINTS
from .measurement import Measurement
from .smoothing import smooth_in_time

_TOLERANCE_RATIO = 0.015
"""Standard deviation of the standing foot's height over the body size: 2 cm for an adult."""
_SURPRISE_RATIO = 0.06
"""Residual over body size at which the variance has doubled: 9 cm."""
_SOFTNESS_RATIO = 0.012
_SMOOTHING_FRAMES = 5.0


@dataclass(frozen=True)
class FloorMeasurement:
    """Hold one scalar measurement per frame: the height of the head above the standing foot."""

    v: Tensor
    """(F, J, 3) rotated chain of head minus lowest foot."""
    residual_m: Tensor
    """(F,) measured minus solved height."""
    variance: Tensor
    """(F,) in m^2."""


class FloorLikelihood:
    """Compare the head's measured height with the one that the solved legs give it."""

    def __init__(self, measurement: Measurement) -> None:
        self.height_m = measurement.head_height_m
        self.body_size_m = measurement.body_size_m
        self.head_kappa = measurement.kappa[:1]
        self.foot_kappa = chain_offsets(measurement.offsets_m, FOOT_JOINTS)

    @property
    def kappa(self) -> Tensor:
        """Return the chains that are looked at, (1 + feet, 22, 3)."""
        return torch.cat((self.head_kappa, self.foot_kappa))

    def measure(self, R: Tensor, joints: Tensor) -> FloorMeasurement:
        """Return the measurement linearised at the rotations (F, J, 3, 3) of all joints that carry anything in it."""
        head = rotated_chains(R, self.head_kappa[:, joints])[:, 0]
        feet = rotated_chains(R, self.foot_kappa[:, joints])
        foot_height_m = feet[..., 1].sum(dim=-1)
        share = torch.softmax(-foot_height_m / (_SOFTNESS_RATIO * self.body_size_m), dim=-1)
        v = head - torch.einsum("fm,fmja->fja", share, feet)
        residual_m = smooth_in_time(self.height_m - v[..., 1].sum(dim=-1), _SMOOTHING_FRAMES)
        surprise = residual_m / (_SURPRISE_RATIO * self.body_size_m)
        variance = (_TOLERANCE_RATIO * self.body_size_m) ** 2 * (1 + surprise.square())
        return FloorMeasurement(v, residual_m, variance)
