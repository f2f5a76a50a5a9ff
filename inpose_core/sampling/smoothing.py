# SPDX-License-Identifier: Apache-2.0
"""Smooth series over time."""

from __future__ import annotations

import torch
from torch import Tensor


def smooth_in_time(values: Tensor, deviation_frames: float) -> Tensor:
    """Return a series (F, ...) filtered by a Gaussian of the given deviation, its ends held; 0 changes nothing.

    6D rotations may be filtered so, since what neighbouring frames differ by is small: Gram-Schmidt brings them back.
    """
    radius = int(3 * deviation_frames + 0.5)
    if radius == 0:
        return values
    place = torch.arange(-radius, radius + 1, device=values.device)
    kernel = torch.exp(-0.5 * (place / deviation_frames) ** 2)
    flat = values.flatten(1) if values.dim() > 1 else values[:, None]
    padded = torch.cat((flat[:1].expand(radius, -1), flat, flat[-1:].expand(radius, -1)))
    smooth = torch.nn.functional.conv1d(padded.T[:, None], (kernel / kernel.sum())[None, None])[:, 0].T
    return smooth.reshape(values.shape)
