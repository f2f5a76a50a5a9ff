# SPDX-License-Identifier: Apache-2.0
"""Measure the floor: the lowest foot stands on it.

The differences of positions do not contain the head's height; this row adds it. It is soft in three ways. The lowest
foot is a soft minimum, so the support passes smoothly from foot to foot. The residual is smoothed in time, so it cannot
shake the body. The tolerance grows with the residual, so a jump or a step on a box is not pulled down to the floor.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..body.kinematics import chain_offsets
from ..body.skeleton import FOOT_JOINTS
from ..numerics import Array, namespace_of
from .measurement import Measurement
from .smoothing import smooth_in_time
from .tangent import chains

_TOLERANCE_RATIO = 0.015
"""Standard deviation of the standing foot's height over the body size: 2 cm for an adult."""
_SURPRISE_RATIO = 0.06
"""Residual over body size at which the variance has doubled: 9 cm."""
_SOFTNESS_RATIO = 0.012
_SMOOTHING_FRAMES = 5.0


@dataclass(frozen=True)
class FloorMeasurement:
    """Hold one scalar measurement per frame: the height of the head above the standing foot."""

    v: Array
    """(J, 3, F) rotated chain of head minus lowest foot."""
    residual_m: Array
    """(F,) measured minus solved height."""
    variance: Array
    """(F,) in m^2."""


class FloorLikelihood:
    """Compare the measured height of the head with its height above the solved feet."""

    def __init__(self, measurement: Measurement) -> None:
        self.height_m = measurement.head_height_m
        self.body_size_m = measurement.body_size_m
        self.kappa = namespace_of(measurement.kappa).concat(
            (measurement.kappa[:1], chain_offsets(measurement.offsets_m, FOOT_JOINTS))
        )
        """(1 + feet, 22, 3) chains of the head and the feet."""

    def measure(self, R: Array, joints: Array) -> FloorMeasurement:
        """Return the measurement, linearised at the rotations (J, 3, 3, F) of all joints that it depends on."""
        xp = namespace_of(R)
        every = chains(R, self.kappa[:, joints])
        head, feet = every[0], every[1:]
        foot_height_m = feet[:, :, 1].sum(axis=1)
        share = xp.softmax(-foot_height_m / (_SOFTNESS_RATIO * self.body_size_m), axis=0)
        v = head - (share[:, None, None] * feet).sum(axis=0)
        residual_m = smooth_in_time(self.height_m - v[:, 1].sum(axis=0), _SMOOTHING_FRAMES)
        surprise = residual_m / (_SURPRISE_RATIO * self.body_size_m)
        variance = (_TOLERANCE_RATIO * self.body_size_m) ** 2 * (1 + surprise**2)
        return FloorMeasurement(v, residual_m, variance)
