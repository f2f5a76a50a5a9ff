# SPDX-License-Identifier: Apache-2.0
"""Make the rows of the likelihood that all measured points have in common: head minus each other point.

Guidance, foot planting and seats measure the same points, and each adds rows of its own. So a new kind of measurement
of a joint's position or rotation needs no code here: it is one more point of the `Sensors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..numerics import Array, frames_last, namespace_of
from .differences import difference_noise, difference_positions
from .measurement import Measurement
from .reach import Reach
from .tangent import TangentRows, carriers_of, carrying_joints, chains, turn_towards

_BEFORE_GUESSES: Final[float] = 4.0
"""How many times as exactly points are met beside a guessed place as without it. A planted foot may be a decimetre out
of reach of a character with short legs, and with equal noise it takes the hands along by 2 cm. With 4 they stay within
1.6 mm, on all rigs and clips, and feet slide no more (``benchmarks/solver_choices.py``)."""


@dataclass(frozen=True)
class PointRows:
    """Hold the measured points of some frames as differences, within reach, with further differences after them."""

    seen: Measurement
    """The measurement of these frames, without points that are measured in none of them."""
    kappa: Array
    """(M + Q, J, 3) chains of head minus each point, then of Q further differences."""
    joints: Array
    """(J,) the joints that carry these chains."""
    variance: Array
    """(J,) or (J, F) tangent variance of these joints, after their own rotations were measured."""
    carriers: tuple[Array, ...]
    """Which of the J joints carry each of the M + Q differences."""
    _reach: Reach

    @classmethod
    def of(cls, seen: Measurement, variance: Array, *further: Array) -> PointRows:
        """Return the rows of the measured points, and of further chains.

        Args:
            seen: the measurement of the frames.
            variance: tangent variance of every joint, (22,).
            further: chains of further differences, (Q, 22, 3) each.
        """
        used = seen.of_points_with_positions()
        points = used.kappa[:1] - used.kappa[1:]
        kappa = namespace_of(points).concat((points, *further)) if further else points
        joints = carrying_joints(kappa)
        kappa, left = kappa[:, joints], seen.variance_left(variance)[joints]
        return cls(used, kappa, joints, left, carriers_of(kappa), Reach.of(points, joints))

    @property
    def count(self) -> int:
        """Return the number M of measured differences."""
        return len(self.seen.joints) - 1

    def targets(self, R: Array) -> PointTargets:
        """Return what the differences should be, for an estimate of the rotations, (J, 3, 3, F)."""
        difference_m, beyond_reach_m = self._reach.limit(R, frames_last(difference_positions(self.seen.y_m)))
        return PointTargets(difference_m, beyond_reach_m, frames_last(self.seen.measured[:, 1:])[:, None])

    def turned(self, R: Array, position_noise_ratio: float, iterations: int) -> Array:
        """Return rotations (J, 3, 3, F) after steps towards the points alone."""
        targets = self.targets(R)
        noise, carriers = self.noise(targets, position_noise_ratio), self.carriers[: self.count]
        for _ in range(iterations):
            v = chains(R, self.kappa[: self.count])
            residual_m = targets.residual_m(v.sum(axis=1)).reshape(len(noise), -1)
            R = turn_towards(R, TangentRows(v, residual_m, noise, carriers=carriers), self.variance)
        return R

    def noise(self, targets: PointTargets, position_noise_ratio: float, guessed_points_m: Array | None = None) -> Array:
        """Return the covariance of the points and Q others, (3 (M + Q), 3 (M + Q), F), as `difference_noise` does.

        The places of the others, feet and hips, are guesses. Where the body cannot have both, the measured points stay.
        """
        ratio = position_noise_ratio if guessed_points_m is None else position_noise_ratio / _BEFORE_GUESSES
        return difference_noise(self.seen, ratio, targets.beyond_reach_m, guessed_points_m)


@dataclass(frozen=True)
class PointTargets:
    """Hold the measured differences of head and points, as far as the limbs reach."""

    difference_m: Array
    """(M, 3, F)"""
    beyond_reach_m: Array
    """(M, F) additional standard deviation."""
    known: Array
    """(M, 1, F) whether the point is measured; a lost one is ignored."""

    def residual_m(self, solved_m: Array) -> Array:
        """Return measured minus solved differences, (M, 3, F)."""
        return (self.difference_m - solved_m) * self.known
