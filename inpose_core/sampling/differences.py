# SPDX-License-Identifier: Apache-2.0
"""Measure the body by differences of positions, head minus each other point, because the root is unknown.

The likelihood of two hands and a head with the root marginalised is that of two differences (paper, Section 3.3). Their
noise is correlated, because all contain the head's: with variances h of the head and p of the points it is
``h 1 1^T + diag(p)``. The paper's three cyclic differences are a singular version of the same.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from .measurement import Measurement

_LOST_RATIO: Final[float] = 2.0
"""Noise of a lost device in body sizes: more than any pose can explain, yet not so much that float32 would lose a
measured hand's millimetres beside a lost head."""


def difference_positions(y_m: Tensor) -> Tensor:
    """Return head minus left hand and head minus right hand, (F, 2, 3), of positions (F, 3, 3)."""
    return y_m[:, :1] - y_m[:, 1:]


def difference_noise(
    measurement: Measurement, position_noise_ratio: float, other_points_m: Tensor | None = None
) -> Tensor:
    """Return the covariance of the differences in m^2, (F, 6, 6); a lost device is nearly no information.

    Args:
        measurement: which devices are measured, and how well.
        position_noise_ratio: standard deviation over the body size, where it is not known to be more.
        other_points_m: (F, P) standard deviation of P more points that the head is compared with; (F, 6 + 3 P, ...).
    """
    known = measurement.noise_m / measurement.body_size_m
    ratio = torch.where(measurement.measured, known.clamp(min=position_noise_ratio), _LOST_RATIO)
    deviation_m = ratio * measurement.body_size_m
    points_m = deviation_m[:, 1:]
    if other_points_m is not None:
        points_m = torch.cat((points_m, other_points_m), dim=-1)
    blocks = torch.diag_embed(points_m.square()) + deviation_m[:, :1, None].square()
    eye = torch.eye(3, device=blocks.device)
    return torch.einsum("fmn,ab->fmanb", blocks, eye).flatten(3, 4).flatten(1, 2)
