# SPDX-License-Identifier: Apache-2.0
"""Guide in the rotations' tangent space: the default."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from ..body.kinematics import rotated_chains
from ..body.rotations import matrix_to_sixd, sixd_to_matrix
from ..prior.checkpoint import ResidualCalibration
from ..prior.schedule import log_snr_of
from .differences import difference_noise, difference_positions
from .floor import FloorLikelihood
from .gaps import fade_into_gaps
from .guidance import GuidedEstimate
from .in_pieces import FRAMES_AT_ONCE, in_pieces
from .measurement import Measurement
from .reach import beyond_variance, within_reach
from .tangent import TangentRows, carrying_joints, turn_towards

FINAL_ITERATIONS: Final[int] = 5
"""Fast hands of real recordings need them; three left 0.4 cm where five leave 0.05."""
ITERATIONS_BEFORE_REFINEMENT: Final[int] = 2
"""Refining goes on from there: hands and joints end where five put them, to a hundredth of a centimetre."""


class TangentGuidance:
    """Correct rotations on the manifold, without backpropagation, by a calibrated covariance.

    One Gauss-Newton step of the posterior in each denoising step (`turn_towards`), where s_j^2 is the denoiser's mean
    squared residual at this noise level.

    Where the floor is known it is measured too: the lowest foot stands on it, give or take a tolerance. That returns
    the head's height, which differencing throws away, for a body of any shape.
    """

    first_log_snr: float = -4.0
    """Below it the estimate says too little for a linearisation."""

    def __init__(
        self,
        measurement: Measurement,
        calibration: ResidualCalibration,
        position_noise_ratio: float,
        floor: FloorLikelihood | None = None,
        final_iterations: int = FINAL_ITERATIONS,
    ) -> None:
        self.measurement, self.calibration, self.floor = measurement, calibration, floor
        self.final_iterations = final_iterations
        self.difference_kappa = measurement.kappa[:1] - measurement.kappa[1:]
        self.difference_m = difference_positions(measurement.y_m)
        self.noise_variance = difference_noise(measurement, position_noise_ratio)
        chains = (self.difference_kappa,) if floor is None else (self.difference_kappa, floor.kappa)
        self.joints = carrying_joints(*chains)

    def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate after one Gauss-Newton step towards the measured positions."""
        R_hat = self.measurement.pin_rotations(in_pieces(sixd_to_matrix, x_0))
        log_snr = log_snr_of(alpha, sigma)
        if log_snr >= self.first_log_snr:
            R_hat = self.correct(R_hat, log_snr)
        return GuidedEstimate(in_pieces(matrix_to_sixd, R_hat))

    def finish(self, R_world: Tensor) -> Tensor:
        """Return the rotations after the last Gauss-Newton steps, which take up what linearising and smoothing left."""
        met = self._meet(R_world)
        if bool(self.measurement.measured.all()):
            return met
        # What fades is what the measurement has done; what is still measured is met again.
        return self._meet(fade_into_gaps(R_world, met, self.measurement.measured))

    def _meet(self, R_world: Tensor) -> Tensor:
        pinned = self.measurement.pin_rotations(R_world)
        return self.correct(pinned, float(self.calibration.log_snr[-1]), self.final_iterations)

    def correct(self, R_hat: Tensor, log_snr: float, iterations: int = 1) -> Tensor:
        """Return rotations (F, 22, 3, 3) after Gauss-Newton steps at a noise level."""
        variance = self.calibration.at(log_snr)[self.joints]
        # The floor looks over the neighbouring frames; without it each frame is by itself, and an hour of them, taken
        # in pieces, stays in the processor's cache.
        at_once = FRAMES_AT_ONCE if self.floor is None else len(R_hat)
        corrected = R_hat.clone()
        for first in range(0, len(R_hat), at_once):
            part = slice(first, first + at_once)
            difference_m, beyond_m = within_reach(R_hat[part], self.difference_kappa, self.difference_m[part])
            noise = self.noise_variance[part] + beyond_variance(beyond_m)
            R = R_hat[part][:, self.joints]
            for _ in range(iterations):
                R = turn_towards(R, self._linearise(R, difference_m, noise, part), variance)
            corrected[part, self.joints] = R
        return corrected

    def _linearise(self, R: Tensor, difference_m: Tensor, noise: Tensor, part: slice) -> TangentRows:
        v = rotated_chains(R, self.difference_kappa[:, self.joints])
        # Where a hand is lost its place means nothing.
        residual_m = ((difference_m - v.sum(dim=-2)) * self.measurement.measured[part, 1:, None]).flatten(-2)
        if self.floor is None:
            return TangentRows(v, residual_m, noise, tuple(range(6)))
        floor = self.floor.measure(R, self.joints)
        noise = torch.nn.functional.pad(noise, (0, 1, 0, 1))
        noise[:, -1, -1] = floor.variance
        # Of head minus foot only the height is measured.
        return TangentRows(
            torch.cat((v, floor.v[:, None]), dim=1),
            torch.cat((residual_m, floor.residual_m[:, None]), dim=-1),
            noise,
            (*range(6), 7),
        )
