# SPDX-License-Identifier: Apache-2.0
"""Guide in the rotations' tangent space: the default."""

from __future__ import annotations

from typing import Final

from ..body.rotations import matrix_to_sixd, sixd_to_matrix
from ..numerics import Array, frames_first, frames_last, namespace_of
from ..prior.schedule import log_snr_of
from ..prior.uncertainty import Uncertainty
from .floor import FloorLikelihood
from .gaps import fade_into_gaps
from .guidance import GuidedEstimate
from .in_pieces import in_pieces, pieces
from .measurement import Measurement
from .point_rows import PointRows
from .tangent import TangentRows, chains, turn_towards

FINAL_ITERATIONS: Final[int] = 5
"""Final corrections. Fast hands of real recordings need five: three left an error of 0.4 cm, five leave 0.05 cm."""
ITERATIONS_BEFORE_REFINEMENT: Final[int] = 2
"""Final corrections if `refine` follows: hands and joints then end at the same places, to a hundredth of a
centimetre."""


class TangentGuidance:
    """Correct rotations on the manifold, without backpropagation, by a calibrated covariance.

    One Gauss-Newton step of the posterior in each denoising step (`turn_towards`), where s_j^2 is the denoiser's mean
    squared residual at this noise level.

    If the floor is known it is a measurement too: the lowest foot stands on it, within a tolerance. This restores the
    head's height, which the differences do not contain, for a body of any shape.
    """

    first_log_snr: float = -4.0
    """Below this, the estimate is too uncertain for a linearisation."""

    def __init__(
        self,
        measurement: Measurement,
        uncertainty: Uncertainty,
        position_noise_ratio: float,
        floor: FloorLikelihood | None = None,
        final_iterations: int = FINAL_ITERATIONS,
    ) -> None:
        self.measurement, self.uncertainty, self.floor = measurement, uncertainty, floor
        self.position_noise_ratio, self.final_iterations = position_noise_ratio, final_iterations

    def guide(self, x_0: Array, x_t: Array, alpha: float, sigma: float) -> GuidedEstimate:  # noqa: ARG002 (interface)
        """Return the estimate after one Gauss-Newton step towards the measured positions."""
        log_snr = log_snr_of(alpha, sigma)
        R_hat = self.measurement.pin_rotations(in_pieces(sixd_to_matrix, x_0), self.uncertainty.at(log_snr))
        if log_snr >= self.first_log_snr:
            R_hat = self.correct(R_hat, log_snr)
        return GuidedEstimate(in_pieces(matrix_to_sixd, R_hat))

    def finish(self, R_world: Array) -> Array:
        """Return the rotations after the last Gauss-Newton steps, which remove errors of linearising and smoothing."""
        met = self._meet(R_world)
        if bool(self.measurement.known_anywhere.all()):
            return met
        # The correction by the measurement fades in gaps. The devices that are still measured are then met again.
        return self._meet(fade_into_gaps(met, self.measurement.known_anywhere))

    def _meet(self, R_world: Array) -> Array:
        log_snr = float(self.uncertainty.log_snr[-1])
        pinned = self.measurement.pin_rotations(R_world, self.uncertainty.at(log_snr))
        return self.correct(pinned, log_snr, self.final_iterations)

    def correct(self, R_hat: Array, log_snr: float, iterations: int = 1) -> Array:
        """Return rotations (F, 22, 3, 3) after Gauss-Newton steps at a noise level."""
        xp = namespace_of(R_hat)
        variance = self.uncertainty.at(log_snr)
        floor_kappa = () if self.floor is None else (self.floor.kappa,)

        corrected = xp.copy(R_hat)

        def turn(part: slice) -> None:
            rows = PointRows.of(self.measurement.part(part), variance, *floor_kappa)
            R = frames_last(R_hat[part][:, rows.joints])
            if self.floor is None:
                R = rows.turned(R, self.position_noise_ratio, iterations)
            else:
                R = self._turned_above_floor(R, rows, self.floor, iterations)
            corrected[part, rows.joints] = frames_first(R)

        # The floor looks over the neighbouring frames; without it each frame is by itself, and an hour of them, taken
        # in pieces, stays in the processor's cache.
        parts = pieces(len(R_hat)) if self.floor is None else [slice(0, len(R_hat))]
        xp.map_parts(turn, parts, R_hat)
        return corrected

    def _turned_above_floor(self, R: Array, rows: PointRows, floor: FloorLikelihood, iterations: int) -> Array:
        xp, size = namespace_of(R), 3 * rows.count
        targets = rows.targets(R)
        noise = xp.zeros((size + 1, size + 1, R.shape[-1]), R)
        noise[:size, :size] = rows.noise(targets, self.position_noise_ratio)
        for _ in range(iterations):
            v, standing = chains(R, rows.kappa[: rows.count]), floor.measure(R, rows.joints)
            residual_m = targets.residual_m(v.sum(axis=1)).reshape(size, -1)
            noise[size, size] = standing.variance
            # Of head minus foot only the height is measured.
            linear = TangentRows(
                xp.concat((v, standing.v[None])),
                xp.concat((residual_m, standing.residual_m[None])),
                noise,
                (*range(size), size + 1),
            )
            R = turn_towards(R, linear, rows.variance)
        return R
