# SPDX-License-Identifier: Apache-2.0
"""Make the example for pins: a lunge, of which head and hands tell little.

The script prescribes the head and both feet; the prior samples the rest of the motion. This is the truth. Only its head
and hands are recorded, so a solve of the recording has wrong legs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.euler import euler_to_quaternion
from ..body.motion import SOLVER_FPS, Motion
from ..body.skeleton import ANKLE_JOINTS, TOE_JOINTS, Skeleton
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior
from ..recording.sensors import MeasuredPoint, Sensors
from ..recording.tables.csv_format import write_csv
from ..solver.solving import solve
from .example import EXAMPLE_STATURE_M, _between, _with_t_pose, record_motion

LUNGE_S: Final[tuple[float, float]] = (2.6, 6.2)
"""From the first step to the last."""
_STEP_S: Final[float] = 0.55
_STRIDE: Final[float] = 0.42
"""Distance of the step, over the stature."""
_DEPTH: Final[float] = 0.15
"""How far the head comes down, over its standing height."""
_DURATION_S: Final[float] = 8.0


def write_lunge(path: Path, prior: Prior | None = None) -> None:
    """Write the recording of the lunge as a CSV of grip poses.

    Raises:
        OutputError: the file cannot be written.
        WeightsError: the prior's weights are missing.
    """
    write_csv(record_motion(lunge_motion(prior), np.random.default_rng(3)), path)


def lunge_motion(prior: Prior | None = None) -> Motion:
    """Return the true motion of the lunge: the right foot steps forward, and the left heel lifts."""
    body = Skeleton.template(EXAMPLE_STATURE_M)
    time_s = np.arange(0.0, _DURATION_S, 1.0 / SOLVER_FPS)
    return solve(_choreograph(body, time_s), body, SolveSettings(device="cpu"), prior)


def _choreograph(body: Skeleton, time_s: NDArray[np.float64]) -> Sensors:
    height_m = body.standing_head_height_m + body.sole_height_m
    start_s, end_s = LUNGE_S
    down = _between(time_s, start_s + 0.4 * _STEP_S, end_s - 0.4 * _STEP_S, ease_s=1.1)
    ahead = _between(time_s, start_s, end_s, ease_s=_STEP_S)
    stride_m = _STRIDE * EXAMPLE_STATURE_M
    head_m = np.zeros((len(time_s), 3))
    head_m[:, 1] = height_m * (0.985 - _DEPTH * down)
    head_m[:, 2] = 0.5 * stride_m * _between(time_s, start_s, end_s, ease_s=1.0) + 0.02 * down
    head_wxyz = euler_to_quaternion(np.stack((0 * down, 0.08 * down, 0 * down), axis=-1), "YXZ")
    head_alone = Sensors(
        positions_m=np.repeat(head_m[:, None], 3, axis=1),
        rotations_wxyz=np.repeat(head_wxyz[:, None], 3, axis=1),
        measured=np.broadcast_to([True, False, False], (len(time_s), 3)),
        fps=SOLVER_FPS,
    )
    return _with_t_pose(head_alone, time_s, body).with_points(*_feet(body, time_s, ahead, down, stride_m))


def _feet(
    body: Skeleton, time_s: NDArray[np.float64], ahead: NDArray[np.float64], down: NDArray[np.float64], stride_m: float
) -> list[MeasuredPoint]:
    """Return the ankles and toes: the right foot steps, the left one turns about its toes."""
    rest_m = body.rest_positions_m
    floor_m = body.sole_height_m - rest_m[list(TOE_JOINTS), 1].min()
    lift_m = 0.12 * np.sin(np.pi * ahead.clip(0, 1)) * (np.abs(np.gradient(ahead)) > 0)
    points = []
    for side, (ankle, toe) in enumerate(zip(ANKLE_JOINTS, TOE_JOINTS, strict=True)):
        ankle_m = np.tile(rest_m[ankle] + (0.0, floor_m, 0.0), (len(time_s), 1))
        toe_m = np.tile(rest_m[toe] + (0.0, floor_m, 0.0), (len(time_s), 1))
        if side == 1:
            for joint_m in (ankle_m, toe_m):
                joint_m[:, 2] += stride_m * ahead
                joint_m[:, 1] += lift_m
        else:
            pitch = 0.75 * down
            away_m = rest_m[ankle] - rest_m[toe]
            ankle_m = toe_m + np.stack(
                (
                    np.full(len(time_s), away_m[0]),
                    away_m[1] * np.cos(pitch) - away_m[2] * np.sin(pitch),
                    away_m[2] * np.cos(pitch) + away_m[1] * np.sin(pitch),
                ),
                axis=-1,
            )
        known = np.ones(len(time_s), np.bool_)
        points += [MeasuredPoint(ankle, ankle_m, known), MeasuredPoint(toe, toe_m, known)]
    return points
