# SPDX-License-Identifier: Apache-2.0
"""Measure the body by differences of positions, head minus each other point, because the root is unknown.

The likelihood of two hands and a head with the root marginalised is that of two differences (paper, Section 3.3), and
any further point is one more. Their noise is correlated, because all contain the head's: with variances h of the head
and p of the points it is ``h 1 1^T + diag(p)``. The paper's three cyclic differences are a singular version of the
same.
"""

from __future__ import annotations

from typing import Final

from ..numerics import Array, frames_last, namespace_of
from .measurement import Measurement

_LOST_RATIO: Final[float] = 2.0
"""Noise of a lost device in body sizes. No pose can differ by so much. It is still small enough that float32 keeps the
millimetres of a measured hand beside a lost head."""


def difference_positions(y_m: Array) -> Array:
    """Return head minus each other point, (F, P - 1, 3), of positions (F, P, 3)."""
    return y_m[:, :1] - y_m[:, 1:]


def difference_noise(
    measurement: Measurement,
    position_noise_ratio: float,
    beyond_reach_m: Array | None = None,
    other_points_m: Array | None = None,
) -> Array:
    """Return the covariance of the differences in m^2, frames last; a lost device gives almost no information.

    Args:
        measurement: which devices are measured, and how well.
        position_noise_ratio: standard deviation over the body size; a larger known noise counts instead.
        beyond_reach_m: (P - 1, F) additional standard deviation of the points but the head, from `Reach.limit`.
        other_points_m: (Q, F) standard deviation of Q more points that the head is compared with, whose places are
            guesses. They count from the place where the body gets its head: also where that is lost.

    Returns:
        (3 (P - 1 + Q), 3 (P - 1 + Q), F).
    """
    xp = namespace_of(measurement.noise_m)
    known = frames_last(measurement.noise_m) / measurement.body_size_m
    ratio = xp.where(frames_last(measurement.measured), known.clip(min=position_noise_ratio), _LOST_RATIO)
    variance = (ratio * measurement.body_size_m) ** 2
    points = variance[1:] if beyond_reach_m is None else variance[1:] + beyond_reach_m**2
    measured = len(points)
    if other_points_m is not None:
        points = xp.concat((points, other_points_m**2))
    count, frames = points.shape
    noise = xp.zeros((count, 3, count, 3, frames), points)
    placed = xp.where(frames_last(measurement.measured)[0], variance[0], 0.0 * variance[0])
    for axis in range(3):
        noise[:, axis, :, axis] = placed
        noise[:measured, axis, :measured, axis] = variance[0]
        for point in range(count):
            noise[point, axis, point, axis] += points[point]
    return noise.reshape(3 * count, 3 * count, frames)
