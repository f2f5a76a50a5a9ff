# SPDX-License-Identifier: Apache-2.0
"""Tell how far a solution is to be trusted, frame by frame, from what the solver knows itself.

Two things are known without the truth. The denoiser's first estimate is a mean over all poses that the sensors allow:
the mean of rotations spread by an angle s has columns of length ``1 - s^2``, so their shrinkage tells the spread. And
the measurements turn that estimate on their way to the solution: the further, the less it knew.
Of hips, knees and ankles, together they tell how often the legs are right: the weights are those of a logistic
regression on validation people, of whether knees, ankles and toes are within 10 cm of the truth
(`benchmarks/confidence.py`). On people who chose nothing, frames are ordered by their error with a rank correlation of
0.6. The upper body is measured; it is trusted where the devices are. A leg whose foot is measured is trusted too:
however far the measurement turns it, it does not say that it is wrong.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.rotations import geodesic_angle, norm, sixd_to_matrix
from ..body.skeleton import ANKLE_JOINTS, HIP_JOINTS, KNEE_JOINTS
from ..numerics import Array, namespace_of
from .in_pieces import in_pieces
from .smoothing import smooth_in_time

_LEGS: Final[list[int]] = [*HIP_JOINTS, *KNEE_JOINTS, *ANKLE_JOINTS]
_PER_RAD: Final[float] = 69.5
"""Weight of the mean turn of a leg's joints."""
_PER_SHRINKAGE: Final[float] = 43.4
_SURE: Final[float] = 3.42
"""Score of a frame with neither turn nor spread."""
_SMOOTHING_FRAMES: Final[float] = 5.0


def confidence(first_estimate: Array, R_world: Array, measured: Array, feet_measured: Array | None = None) -> Array:
    """Return the confidence in each frame, (F,): the share of such frames whose legs are within 10 cm of the truth.

    Args:
        first_estimate: 6D rotations that the denoiser made of nothing but its condition, (F, 22, 6).
        R_world: the solution, (F, 22, 3, 3).
        measured: whether head and hands are measured, (F, 3) bool; the confidence is multiplied by their share.
        feet_measured: whether each foot is measured, (F, 2) bool; None: no foot is.
    """
    xp = namespace_of(R_world)
    shrinkage = smooth_in_time(in_pieces(_shrinkage, first_estimate), _SMOOTHING_FRAMES)
    turn = xp.sqrt(smooth_in_time(in_pieces(_turn_2, first_estimate, R_world), _SMOOTHING_FRAMES))
    share = smooth_in_time(xp.astype_of(measured, turn).mean(axis=-1), _SMOOTHING_FRAMES)
    guessed = xp.full((len(turn), 2), 1.0, turn)
    if feet_measured is not None:
        guessed = smooth_in_time(guessed - xp.astype_of(feet_measured, turn), _SMOOTHING_FRAMES)
    turned = (turn.reshape(len(turn), -1, 2) * guessed[:, None]).mean(axis=(1, 2))
    score = _SURE - _PER_RAD * turned - _PER_SHRINKAGE * shrinkage.clip(min=0) * guessed.mean(axis=-1)
    return share * (0.5 + 0.5 * xp.tanh(0.5 * score))


def score_of(confidence: FloatArray) -> FloatArray:
    """Return the score of frames whose devices are all measured, (F,)."""
    inside = np.clip(confidence, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def _shrinkage(columns_6d: Array) -> Array:
    legs = columns_6d[:, _LEGS]
    return 1 - norm(legs.reshape(len(legs), -1, 3)).mean(axis=-1)


def _turn_2(first_estimate: Array, R_world: Array) -> Array:
    return geodesic_angle(sixd_to_matrix(first_estimate[:, _LEGS]), R_world[:, _LEGS]) ** 2
