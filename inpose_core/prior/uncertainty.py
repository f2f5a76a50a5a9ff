# SPDX-License-Identifier: Apache-2.0
"""Say how far the prior's estimates are from the truth."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from ..arrays import FloatArray
from ..body.skeleton import MIRROR_JOINTS
from ..numerics import Array


@dataclass(frozen=True)
class Uncertainty:
    """Hold how far the denoised rotations are from the truth, as measured on held-out people.

    The guidance uses these variances to weigh the prior's estimate against the measured positions. (A calibrated
    covariance matters more than backpropagation through the network.)
    """

    log_snr: FloatArray
    """(L,) levels of noise, increasing."""
    variance: Array
    """(L, 22) tangent variance of each joint in rad^2, per axis: a third of the mean squared geodesic angle."""

    def of_both_sides(self) -> Uncertainty:
        """Return the uncertainty with the mean of the left and the right joint for both.

        People and their mirror images are equally probable. A difference of the sides is chance, but would make the
        solution of a mirrored recording another than the mirrored solution.
        """
        return Uncertainty(self.log_snr, (self.variance + self.variance[:, list(MIRROR_JOINTS)]) / 2)

    def at(self, log_snr: float) -> Array:
        """Return the variance of each joint at a noise level by linear interpolation, (22,)."""
        levels = self.log_snr.tolist()
        upper = min(max(bisect_left(levels, log_snr), 1), len(levels) - 1)
        low, high = levels[upper - 1], levels[upper]
        share = min(1.0, max(0.0, (log_snr - low) / (high - low)))
        return (1 - share) * self.variance[upper - 1] + share * self.variance[upper]
