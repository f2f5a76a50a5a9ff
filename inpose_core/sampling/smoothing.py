# SPDX-License-Identifier: Apache-2.0
"""Smooth series over time."""

from __future__ import annotations

import math

from ..numerics import Array, namespace_of
from .in_pieces import pieces


def smooth_in_time(values: Array, deviation_frames: float) -> Array:
    """Return a series (F, ...) filtered by a Gaussian of the given deviation, its ends held; 0 changes nothing.

    6D rotations can be filtered so, because neighbouring frames differ little; Gram-Schmidt normalises them again.
    """
    radius = int(3 * deviation_frames + 0.5)
    if radius == 0:
        return values
    xp = namespace_of(values)
    kernel = [math.exp(-0.5 * (place / deviation_frames) ** 2) for place in range(-radius, radius + 1)]
    weights = [weight / sum(kernel) for weight in kernel]
    ends = (radius, *values.shape[1:])
    padded = xp.concat((xp.broadcast_to(values[:1], ends), values, xp.broadcast_to(values[-1:], ends)))

    def smooth(part: slice) -> Array:
        # A sum of shifted series is ten times as fast as a convolution of many channels with one kernel.
        total = weights[0] * padded[part]
        for shift, weight in enumerate(weights[1:], start=1):
            total += weight * padded[part.start + shift : part.stop + shift]
        return total

    return xp.concat(xp.map_parts(smooth, pieces(len(values)), values))
