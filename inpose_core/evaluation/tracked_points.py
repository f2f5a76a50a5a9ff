# SPDX-License-Identifier: Apache-2.0
"""Measure the solver with more points than head and hands: perfect trackers, noisy ones, ones strapped on anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.points import joints_of_points
from ..body.quaternions import multiply_quaternions, rotate_vector, rotvec_to_quaternion
from ..body.skeleton import JOINT_NAMES, SENSOR_JOINTS, Skeleton
from ..calibration.rigid import RigidOffset
from ..calibration.strap_motion import StrappedTracker, refine_straps
from ..calibration.straps import DrawnPose, strap_of
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior
from ..recording.sensors import MeasuredPoint
from ..solver.solving import solve
from .bodies import DEFAULT_BODY
from .headset import Carelessness, with_t_pose
from .metrics import Figures, figures_of, mean_figures
from .simulation import PERFECT_SENSORS, SensorNoise, Trial, on_body, simulate

POINT_SETS: Final[tuple[str, ...]] = (
    "head,hands",
    "head,hands,hips",
    "head,hands,feet",
    "head,hands,hips,feet",
    "head,hands,hips,feet,knees,elbows,chest",
)
"""The sets of the tables."""
TRACKER_NOISE: Final[SensorNoise] = SensorNoise(position_m=0.01, rotation_deg=5.0)
_TOLD_M: Final[float] = 0.005
_T_POSE_S: Final[float] = 1.0
_LARGEST_STRAP_M: Final[float] = 0.08
_SLOPPY: Final[Carelessness] = Carelessness(drop_deg=5.0, forward_deg=5.0, bend_deg=5.0)
_SPREAD_DEG: Final[float] = 4.0
"""Standard deviation of the legs' rotations in the simulated T-poses, per axis."""


@dataclass(frozen=True)
class Condition:
    """Name how points are simulated and solved."""

    name: str
    noise: SensorNoise = PERFECT_SENSORS
    straps: bool = False
    """Trackers are strapped on at random, and calibrated by a careless T-pose."""
    settings: SolveSettings = SolveSettings(device="cpu")


CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition("perfect"),
    Condition("likelihood alone", settings=SolveSettings(device="cpu", use_trackers=False)),
    Condition("noise", TRACKER_NOISE),
    Condition("noise and unknown straps", TRACKER_NOISE, straps=True),
)


def measure_points(
    clips: Sequence[Motion],
    prior: Prior,
    sets: Sequence[str] = POINT_SETS,
    conditions: Sequence[Condition] = CONDITIONS,
    on_row: Callable[[str, str, Figures], None] | None = None,
) -> dict[str, dict[str, Figures]]:
    """Return the mean figures of each set of points under each condition, on the average body.

    Args:
        clips: captured motion.
        prior: the prior.
        sets: points by name, as `joints_of_points` reads them; without head or hands these are not measured.
        conditions: what to simulate.
        on_row: called with each mean as soon as it is known.
    """
    body = Skeleton.template()
    truths = [on_body(clip, DEFAULT_BODY, body) for clip in clips]
    rows: dict[str, dict[str, Figures]] = {}
    for names in sets:
        for condition in conditions:
            figures = []
            for seed, truth in enumerate(truths):
                trial = simulate_points(truth, joints_of_points(names), condition, seed, prior)
                solved = solve(trial.sensors, trial.skeleton, condition.settings, prior)
                figures.append(figures_of(trial.truth, solved))
            rows.setdefault(names, {})[condition.name] = mean_figures(figures)
            if on_row is not None:
                on_row(names, condition.name, rows[names][condition.name])
    return rows


def simulate_points(
    truth: Motion, joints: Sequence[int], condition: Condition, seed: int, prior: Prior | None = None
) -> Trial:
    """Return what measures these joints of ``truth``; the same seed gives the same result.

    Unknown straps are calibrated by a T-pose and then refined by the motion, with the prior.
    """
    trial = simulate(truth, condition.noise, seed)
    measured = trial.sensors.measured & np.isin(SENSOR_JOINTS, joints)
    random = np.random.default_rng((seed, 1))
    further = [joint for joint in joints if joint not in SENSOR_JOINTS]
    sensors = replace(trial.sensors, measured=measured)
    if condition.straps:
        posed = [_strapped(truth, joint, condition.noise, random) for joint in further]
        points = [tracker.point for tracker in refine_straps(sensors, posed, trial.skeleton, prior)]
    else:
        points = [_known(truth, joint, condition.noise, random) for joint in further]
    return replace(trial, sensors=sensors.with_points(*points))


def _known(truth: Motion, joint: int, noise: SensorNoise, random: np.random.Generator) -> MeasuredPoint:
    """Return a tracker whose place on the joint is known."""
    positions_m, wxyz = _trembling(truth.joint_positions_m[:, joint], truth.rotations_wxyz[:, joint], noise, random)
    told_m = _TOLD_M if noise.position_m else 0.0
    seen = np.ones(len(truth), np.bool_)
    return MeasuredPoint(joint, positions_m, seen, wxyz, noise_m=told_m)


def _strapped(truth: Motion, joint: int, noise: SensorNoise, random: np.random.Generator) -> StrappedTracker:
    """Return a tracker that is strapped on at random, and calibrated by a T-pose before the motion."""
    posed = with_t_pose(truth, _T_POSE_S, random, _SLOPPY)
    first = len(posed) - len(truth)
    held = slice(round(truth.fps), round(truth.fps) + round(_T_POSE_S * truth.fps))
    spread = rotvec_to_quaternion(np.deg2rad(_SPREAD_DEG) * random.standard_normal(3))
    direction = random.standard_normal(3)
    strap = RigidOffset(
        _LARGEST_STRAP_M * random.random() * direction / np.linalg.norm(direction),
        rotvec_to_quaternion(random.uniform(0, np.pi) * _unit(random.standard_normal(3))),
    )
    joint_m, joint_wxyz = posed.joint_positions_m[:, joint].copy(), posed.rotations_wxyz[:, joint].copy()
    # The legs of a T-pose are apart and turned as it happens; the simulated one stands like a drawing.
    joint_wxyz[held] = multiply_quaternions(spread, joint_wxyz[held])
    joint_m[held] += _stance_error_m(truth.skeleton, joint, random)
    device_m = joint_m + rotate_vector(joint_wxyz, strap.position_m)
    device_m, device_wxyz = _trembling(device_m, multiply_quaternions(joint_wxyz, strap.wxyz), noise, random)
    head_and_hands_m = posed.joint_positions_m[held][:, list(SENSOR_JOINTS)]
    pose = DrawnPose.of(head_and_hands_m, truth.skeleton)
    found = strap_of(joint, device_m[held], device_wxyz[held], pose, truth.skeleton.stature_m)
    name = JOINT_NAMES[joint]
    return StrappedTracker(name, found, device_m[first:], device_wxyz[first:], np.ones(len(truth), np.bool_))


def _stance_error_m(body: Skeleton, joint: int, random: np.random.Generator) -> FloatArray:
    """Return how far a joint is from its drawn place: the further from the hips, the further."""
    leg_m = max(0.0, float(body.rest_positions_m[0, 1] - body.rest_positions_m[joint, 1]))
    spread_m = np.deg2rad(_SPREAD_DEG) * leg_m * random.standard_normal(3)
    return np.asarray(spread_m * (1.0, 0.1, 1.0))


def _trembling(
    positions_m: FloatArray, wxyz: FloatArray, noise: SensorNoise, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    shift, turn = random.standard_normal((2, *positions_m.shape))
    trembling = rotvec_to_quaternion(np.deg2rad(noise.rotation_deg) * turn)
    return positions_m + noise.position_m * shift, multiply_quaternions(trembling, wxyz)


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector))


def points_table(rows: Mapping[str, Mapping[str, Figures]]) -> str:
    """Return the errors as a Markdown table: legs / all joints in cm under each condition."""
    names = list(next(iter(rows.values())))
    lines = [f"| points | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for points, by_condition in rows.items():
        cells = [f"{figures.lower_cm:.1f} / {figures.mpjpe_cm:.1f}" for figures in by_condition.values()]
        lines.append(f"| {points.replace(',', ', ')} | {' | '.join(cells)} |")
    return "\n".join(lines)
