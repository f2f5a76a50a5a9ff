# SPDX-License-Identifier: Apache-2.0
"""Find rooms that lean: the floor was set up on a slope, so everything is turned about a level axis.

Three things show it, and must agree: performers stand as tall in every place; over time, heads roll to no side,
and nod alike in all directions; in a T-pose, both hands are equally high. Who looks down in one direction all the time
does not show whether the room leans that way.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ...arrays import FloatArray
from ...body.quaternions import multiply_quaternions, normalize_quaternion, rotate_vector
from .defects import Poses
from .rooms import t_pose_frames

_SAMPLE_S: Final[float] = 0.1
_INDEPENDENT_S: Final[float] = 2.0
"""Poses that are this far apart count as independent."""
_MOST_INDEPENDENT: Final[float] = 12.0
"""Longer takes say no more: who always looks down to the same table rolls and nods alike again and again."""
_SHORTEST_S: Final[float] = 6.0
_HEIGHT_DEVIATION_M: Final[float] = 0.05
_ROLL_DEVIATION, _USUAL_ROLL_DEVIATION = np.radians((7.0, 2.5)).tolist()
"""From moment to moment, and of the mean of a whole take."""
_NOD_DEVIATION, _USUAL_NOD, _USUAL_NOD_DEVIATION = np.radians((12.0, -8.0, 20.0)).tolist()
_POSE_DEVIATION: Final[float] = float(np.radians(3.0))
_LEAN_M: Final[float] = 0.03
"""How much lower people stand at one end of where they go than at the other."""
_UNKNOWN: Final[float] = 30.0
"""Deviation of what nothing is known about, in the unit of the unknown."""
_OUTLYING: Final[float] = 1.5
_ROUNDS: Final[int] = 25

_LEAST_RAD: Final[float] = np.radians(5.0)
_MOST_RAD: Final[float] = np.radians(25.0)
_FEWEST_DEVIATIONS: Final[float] = 3.5
"""From level, for a tilt to be told; of 72 clean takes of people of the training data, one got to 3.3."""
_SURE_DEVIATIONS: Final[float] = 4.0
_LARGEST_DEVIATION: Final[float] = np.radians(4.0)
_MOST_APART: Final[float] = 4.0
"""Of the squared distance, in deviations, between what heights and what turns say."""
_UPRIGHT_M, _LEAST_UPRIGHT = 0.08, 0.5
"""Share of the take in which the head is within this of one height above the slope; acrobats have no such height."""


class Tilt(NamedTuple):
    """Hold how a room leans."""

    slope: FloatArray
    """(2,) x and z of the true vertical in the recording's axes, over its y."""
    deviation_rad: float
    """Standard deviation of the angle."""
    sure: bool
    """Sure enough to level the room."""

    @property
    def angle_rad(self) -> float:
        """Return the angle between the recording's y axis and the true vertical."""
        return float(np.arctan(np.linalg.norm(self.slope)))

    def levelled(self, poses: Poses) -> Poses:
        """Return the poses turned about the origin so that the true vertical is y."""
        up = np.array((self.slope[0], 1.0, self.slope[1]))
        up /= np.linalg.norm(up)
        turn = normalize_quaternion(np.array((1.0 + up[1], -up[2], 0.0, up[0])))
        return Poses(
            rotate_vector(turn, poses.positions_m),
            multiply_quaternions(turn, poses.rotations_wxyz),
            poses.measured,
        )


def find_tilt(times_s: FloatArray, poses: Poses) -> Tilt | None:
    """Return how the room leans; None if it may be level."""
    seen = np.flatnonzero(poses.measured[:, 0])
    seen = seen[:: max(1, round(_SAMPLE_S / max(float(np.median(np.diff(times_s))), 1e-6)))]
    if len(seen) < 2 or times_s[seen[-1]] - times_s[seen[0]] < _SHORTEST_S:
        return None
    independent = min(float(times_s[seen[-1]] - times_s[seen[0]]) / _INDEPENDENT_S, _MOST_INDEPENDENT)
    weight = min(1.0, independent / len(seen))
    by_heights = _slope_of_heights(poses.positions_m[seen, 0], weight)
    by_turns = _slope_of_turns(poses.rotations_wxyz[seen, 0], weight, _hands_of_t_pose(times_s, poses))
    (heights, heights_of), (turns, turns_of) = by_heights, by_turns
    apart = heights - turns
    if apart @ np.linalg.solve(heights_of + turns_of, apart) > _MOST_APART:
        return None
    information = np.linalg.inv(heights_of) + np.linalg.inv(turns_of)
    covariance = np.linalg.inv(information)
    slope = covariance @ (np.linalg.solve(heights_of, heights) + np.linalg.solve(turns_of, turns))
    deviation = float(np.sqrt(np.linalg.eigvalsh(covariance)[-1]))
    deviations = float(np.sqrt(slope @ information @ slope))
    tilt = Tilt(slope, deviation, deviations > _SURE_DEVIATIONS)
    if deviations < _FEWEST_DEVIATIONS or deviation > _LARGEST_DEVIATION:
        return None
    if not _LEAST_RAD < tilt.angle_rad < _MOST_RAD or not _stands(poses.positions_m[seen, 0], slope):
        return None
    return tilt


def _stands(head_m: FloatArray, slope: FloatArray) -> bool:
    """Say whether the head is mostly at one height above the slope."""
    above_m = np.sort(head_m[:, 1] + head_m[:, (0, 2)] @ slope)
    within = np.searchsorted(above_m, above_m + 2 * _UPRIGHT_M) - np.arange(len(above_m))
    return bool(within.max() >= _LEAST_UPRIGHT * len(above_m))


def _slope_of_heights(head_m: FloatArray, weight: float) -> tuple[FloatArray, FloatArray]:
    """Return the slope that makes the head equally high everywhere, and its covariance."""
    places_m = head_m[:, (0, 2)] - np.median(head_m[:, (0, 2)], axis=0)
    usual_m = float(np.percentile(head_m[:, 1], 80))
    rows = np.column_stack((-places_m, np.ones(len(head_m)))) / _HEIGHT_DEVIATION_M
    seen = (head_m[:, 1] - usual_m) / _HEIGHT_DEVIATION_M
    prior = np.eye(3) / _UNKNOWN**2
    found, covariance = _fit(rows, seen, weight, prior, np.zeros(3))
    spread_m2, axes = np.linalg.eigh(np.cov(places_m.T))
    lean = axes @ np.diag(_LEAN_M**2 / np.maximum(spread_m2, 1e-6)) @ axes.T
    return found[:2], covariance[:2, :2] + lean


def _slope_of_turns(head_wxyz: FloatArray, weight: float, hands_m: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Return the slope in which heads do not roll and nod alike in all directions, and its covariance."""
    right = rotate_vector(head_wxyz, (1.0, 0.0, 0.0))
    ahead = rotate_vector(head_wxyz, (0.0, 0.0, -1.0))
    ahead = ahead / np.maximum(np.linalg.norm(ahead[:, (0, 2)], axis=1, keepdims=True), 0.3)
    nothing, one = np.zeros(len(right)), np.ones(len(right))
    rolls = np.column_stack((-right[:, (0, 2)], nothing, one)) / _ROLL_DEVIATION
    nods = np.column_stack((-ahead[:, (0, 2)], one, nothing)) / _NOD_DEVIATION
    seen = np.concatenate((right[:, 1] / _ROLL_DEVIATION, ahead[:, 1] / _NOD_DEVIATION))
    prior = np.diag((1 / _UNKNOWN**2, 1 / _UNKNOWN**2, 1 / _USUAL_NOD_DEVIATION**2, 1 / _USUAL_ROLL_DEVIATION**2))
    known = np.array((0.0, 0.0, _USUAL_NOD / _USUAL_NOD_DEVIATION**2, 0.0))
    if hands_m is not None:
        across_m = float(np.hypot(hands_m[0], hands_m[2]))
        row = np.array((-hands_m[0], -hands_m[2], 0.0, 0.0)) / across_m
        prior = prior + np.outer(row, row) / _POSE_DEVIATION**2
        known = known + row * float(hands_m[1]) / across_m / _POSE_DEVIATION**2
    found, covariance = _fit(np.concatenate((rolls, nods)), seen, weight, prior, known)
    return found[:2], covariance[:2, :2]


def _fit(
    rows: FloatArray, seen: FloatArray, weight: float, prior: FloatArray, known: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the unknowns and their covariance; rows that do not fit count less."""
    found = np.zeros(len(known))
    information = prior
    for _ in range(_ROUNDS):
        weights = weight / (1 + np.square((rows @ found - seen) / _OUTLYING))
        information = prior + rows.T @ (rows * weights[:, None])
        found = np.linalg.solve(information, known + rows.T @ (weights * seen))
    return found, np.linalg.inv(information)


def _hands_of_t_pose(times_s: FloatArray, poses: Poses) -> FloatArray | None:
    """Return the way from the left to the right hand in the T-pose, (3,); None without one."""
    posed = t_pose_frames(times_s, poses)
    if not posed.any():
        return None
    return np.asarray(np.median(poses.positions_m[posed, 2] - poses.positions_m[posed, 1], axis=0))
