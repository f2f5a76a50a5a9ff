# SPDX-License-Identifier: Apache-2.0
"""Smooth series over time."""

from __future__ import annotations

import torch
from torch import Tensor

from .in_pieces import FRAMES_AT_ONCE


def smooth_in_time(values: Tensor, deviation_frames: float) -> Tensor:
    """Return a series (F, ...) filtered by a Gaussian of the given deviation, its ends held; 0 changes nothing.

    6D rotations may be filtered so, since what neighbouring frames differ by is small: Gram-Schmidt brings them back.
    """
    radius = int(3 * deviation_frames + 0.5)
    if radius == 0:
        return values
    place = torch.arange(-radius, radius + 1)
    kernel = torch.exp(-0.5 * (place / deviation_frames) ** 2)
    kernel /= kernel.sum()
    ends = (radius, *values.shape[1:])
    padded = torch.cat((values[:1].expand(ends), values, values[-1:].expand(ends)))
    smooth = torch.zeros_like(values)
    for first in range(0, len(values), FRAMES_AT_ONCE):
        piece = smooth[first : first + FRAMES_AT_ONCE]
        for shift, weight in enumerate(kernel.tolist(), start=first):
            # A sum of shifted series is ten times as fast as a convolution of many channels with one kernel.
            piece.add_(padded[shift : shift + len(piece)], alpha=weight)
    return smooth
