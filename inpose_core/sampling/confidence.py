# SPDX-License-Identifier: Apache-2.0
"""Tell how far a solution is to be trusted, frame by frame, from what the solver knows itself.

Two things are known without the truth. The denoiser's first estimate is a mean over all poses that the sensors allow:
the mean of rotations spread by an angle s has columns of length ``1 - s^2``, so their shrinkage tells the spread. And
the measurements turn that estimate on their way to the solution: the further, the less it knew.
Within people and motions that the prior was not trained on, together they order frames by their error with rank
correlations of 0.43 to 0.62 (`benchmarks/solver_choices.py`): enough to show where to look, not to tell centimetres.
"""

from __future__ import annotations

from typing import Final

from ..body.rotations import geodesic_angle, norm, sixd_to_matrix
from ..numerics import Array, namespace_of
from .in_pieces import in_pieces
from .smoothing import smooth_in_time

_HALF_TRUSTED_RAD: Final[float] = 0.25
"""Spread at which the confidence is a half."""
_SMOOTHING_FRAMES: Final[float] = 5.0


def confidence(first_estimate: Array, R_world: Array, measured: Array) -> Array:
    """Return the confidence in each frame, (F,), from 1 (certain) towards 0 (a guess).

    Args:
        first_estimate: 6D rotations that the denoiser made of nothing but its condition, (F, 22, 6).
        R_world: the solution, (F, 22, 3, 3).
        measured: which devices are measured, (F, 3) bool; without any of them the pose is a guess.
    """
    xp = namespace_of(R_world)
    spread_2 = in_pieces(_spread_2, first_estimate)
    turn = in_pieces(_mean_turn, first_estimate, R_world)
    angle_2 = smooth_in_time(spread_2 + turn**2, _SMOOTHING_FRAMES)
    share = smooth_in_time(xp.astype_of(measured, angle_2).mean(axis=-1), _SMOOTHING_FRAMES)
    return share / (1 + angle_2 / _HALF_TRUSTED_RAD**2)


def _spread_2(first_estimate: Array) -> Array:
    columns = first_estimate.reshape(len(first_estimate), -1, 3)
    return (1 - norm(columns).mean(axis=-1)).clip(min=0)


def _mean_turn(first_estimate: Array, R_world: Array) -> Array:
    return geodesic_angle(sixd_to_matrix(first_estimate), R_world).mean(axis=-1)
